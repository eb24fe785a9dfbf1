"""The monthly report by e-mail to managers: planned once for each month and account, sent at least once.

Nothing waits for a letter: alerts and deadlines do not know of them. Addresses stand in no log and in no history.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from traceback import extract_tb

import structlog

from triage.errors import Refused, StoreUnavailable, TransportError
from triage.policy import monthly_report
from triage.policy.access import Role
from triage.policy.monthly_report import KIND, LEASE, Letter, last_day_of, month_due, read_month, write_month
from triage.policy.sla_paper import MOST_STORIES, sla_paper
from triage.ports import PrintsPaper, SendsMail
from triage.services.accounts import people
from triage.services.desk import Desk
from triage.services.sla_report import Question, sla_report
from triage.store import Session, accounts, letters
from triage.store.models import Account

log = structlog.get_logger()

Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A letter to be sent. `attempt` is the fence: a later one makes this one void."""

    letter_id: int
    account_id: int
    to: str
    month: date
    attempt: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """What letters go out by. `public_url` is where the console is, `domain` is that of our address."""

    mail: SendsMail
    printer: Callable[[], PrintsPaper]
    public_url: str
    domain: str


@dataclass(frozen=True, slots=True)
class ByHand:
    """To which addresses letters went out, and to which not, with why."""

    sent: list[str] = field(default_factory=list)
    failed: list[tuple[str, str]] = field(default_factory=list)


def plan_monthly(desk: Desk, now: datetime) -> int:
    """The letters of the month before, once its report falls due; how many are new. Safe to repeat."""
    month = month_due(now, desk.terms)
    if month is None:
        return 0
    with desk.store.read() as session:  # most rounds find all of them planned
        if not _lacking(session, month):
            return 0
    with desk.store.write() as tx:
        lacking = _lacking(tx.session, month)
        letters.plan(tx.session, KIND, write_month(month), lacking, now)
        return len(lacking)


def claim_letters(desk: Desk, now: datetime, most: int) -> list[Task]:
    """Letters that are due. Each comes due again when its lease ends, unless it is settled before.

    Who is no manager any more gets none.
    """
    tasks = []
    with desk.store.write() as tx:
        for letter, account in letters.due(tx.session, now, most):
            month = read_month(letter.about)
            if not _gets_reports(account) or month is None:
                letter.next_attempt_at, letter.reason = None, None
                continue
            letter.attempts += 1
            letter.next_attempt_at = now + LEASE
            tasks.append(
                Task(letter_id=letter.id, account_id=account.id, to=account.email, month=month, attempt=letter.attempts)
            )
    return tasks


def carry_out(desk: Desk, post: Post, task: Task, clock: Clock) -> None:
    """Write and send one letter, outside any transaction, and write down how it went."""
    try:
        letter = _write_and_send(desk, post, task.month, task.to, f"account-{task.account_id}", clock())
    except TransportError as error:
        _failed(desk, task, error, clock())
        return
    with desk.store.write() as tx:
        found = letters.one(tx.session, task.letter_id)
        if found is None or found.sent_at is not None:
            return
        now = clock()
        letters.went_out(tx.session, found, now)
        tx.record(
            "report_mailed", at=now, actor="system", account=task.account_id, month=found.about, sha256=_hash(letter)
        )


def send_by_hand(desk: Desk, post: Post, month: date, to: str | None, *, actor: str, now: datetime) -> ByHand:
    """The report of a month to one address, or to every manager. One that fails does not keep back the others.

    It settles what was planned for whoever gets it. Raises Refused where there is nobody to send it to.
    """
    with desk.store.read() as session:
        managers = {account.email: account.id for account, *_ in accounts.every(session) if _gets_reports(account)}
    wanted = [(managers.get(email), email) for email in ([to] if to is not None else managers)]
    if not wanted:
        raise Refused("no account has the role manager: invite one, or name an address with --to")
    done = ByHand()
    for account_id, address in wanted:
        whose = f"by-hand-{int(now.timestamp())}-{account_id or 0}"
        try:
            letter = _write_and_send(desk, post, month, address, whose, now)
        except TransportError as error:
            done.failed.append((address, error.reason))
            continue
        done.sent.append(address)
        with desk.store.write() as tx:
            planned = letters.about(tx.session, KIND, write_month(month), account_id) if account_id else None
            if planned is not None:
                letters.went_out(tx.session, planned, now)
            tx.record(
                "report_mailed", at=now, actor=actor, account=account_id, month=write_month(month), sha256=_hash(letter)
            )
    return done


def monthly_letter(desk: Desk, post: Post, month: date, to: str, whose: str, now: datetime) -> Letter:
    """The report of a month: figures in words, and the whole as PDF. `whose` tells apart letters about one month."""
    report = sla_report(desk, Question(first=month, last=last_day_of(month)), now, most_stories=MOST_STORIES)
    paper = post.printer().print(sla_paper(report, desk.terms, dict(people(desk))))
    about = write_month(month)
    return Letter(
        to=to,
        subject=monthly_report.subject(report),
        body=monthly_report.body(report, post.public_url),
        message_id=f"<promises-{about}-{whose}@{post.domain}>",
        attachments=((f"promises-{about}.pdf", "application/pdf", paper),),
    )


def troubles(desk: Desk) -> list[tuple[str, str, bool]]:
    """Letters that did not go out to people who still get them: about which month, why, and whether they are given
    up."""
    with desk.store.read() as session:
        return [
            (letter.about, letter.reason or "", letter.next_attempt_at is None)
            for letter, account in letters.failing(session)
            if _gets_reports(account)
        ]


def tally(session: Session) -> dict[str, int]:
    """How many letters went out, wait, and were given up; those of who gets no reports any more are no loss."""
    given_up = [
        letter
        for letter, account in letters.failing(session)
        if letter.next_attempt_at is None and _gets_reports(account)
    ]
    return {**letters.tally(session), "given_up": len(given_up)}


def _write_and_send(desk: Desk, post: Post, month: date, to: str, whose: str, now: datetime) -> Letter:
    """Raises TransportError, also for a letter that cannot be written: it would come due without end otherwise."""
    try:
        letter = monthly_letter(desk, post, month, to, whose, now)
        post.mail.send(letter)
    except (TransportError, StoreUnavailable):
        raise
    except Exception as error:
        place = extract_tb(error.__traceback__)[-1]  # alone: a whole traceback may show the address
        log.error("letter_cannot_be_written", error=type(error).__name__, place=f"{place.filename}:{place.lineno}")  # noqa: TRY400
        raise TransportError(f"the letter cannot be written ({type(error).__name__})", permanent=False) from error
    return letter


def _failed(desk: Desk, task: Task, error: TransportError, now: datetime) -> None:
    log.warning("letter_failed", letter=task.letter_id, attempt=task.attempt, reason=error.reason)
    with desk.store.write() as tx:
        found = letters.one(tx.session, task.letter_id)
        if found is None or found.attempts != task.attempt or found.sent_at is not None:
            return
        found.reason = error.reason[:120]
        found.next_attempt_at = monthly_report.next_attempt(
            found.attempts, planned_at=found.created_at, is_permanent=error.permanent, now=now
        )
        if found.next_attempt_at is None:
            tx.record(
                "report_not_mailed", at=now, actor="system", account=task.account_id, month=found.about,
                reason=found.reason,
            )  # fmt: skip


def _lacking(session: Session, month: date) -> list[int]:
    """The managers for whom no letter about this month is planned yet."""
    have = letters.accounts_with(session, KIND, write_month(month))
    return [account.id for account, *_ in accounts.every(session) if _gets_reports(account) and account.id not in have]


def _gets_reports(account: Account) -> bool:
    return account.role == Role.MANAGER and account.disabled_at is None and account.password_hash is not None


def _hash(letter: Letter) -> str:
    """Of what is attached."""
    return hashlib.sha256(letter.attachments[0][2]).hexdigest()
