"""Whose technician calls: by the number that the network shows, else by the PIN that they keyed in, else nobody knows.

A caller who is not known is not refused. Whoever left their dealer, or whose dealer left, still calls for it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import cast

from triage.errors import Refused
from triage.policy import ledger as rules
from triage.policy.account_words import DealerAccount, Drawn, callback, texted
from triage.policy.fields import WindowName
from triage.policy.hours import local
from triage.policy.notice_words import pins_guessed
from triage.policy.pins import DOUBTFUL_PIN, is_pin
from triage.policy.session_price import Work
from triage.policy.terms import ProductLine, Terms
from triage.policy.wording import Card
from triage.services import billing, billing_lines, ledger, pins
from triage.services.alerts import administrators, tell
from triage.services.desk import Desk
from triage.store import Session, calls, chain, dealers, sessions
from triage.store import ledger as ledger_rows
from triage.store.dealers import Matched
from triage.store.engine import Transaction
from triage.store.models import Call, Case, Dealer, DealerTechnician

_WITHHELD = ""
_MOST_NAMED = 5
_NUMBERS_WORTH = 10
"""Wrong PINs of so many numbers are too many from all together: anybody can show another number with each guess."""


def of_call(session: Session, call: Call) -> Matched | None:
    """Whose technician makes a call; None where nobody knows."""
    by_number = dealers.of_phone(session, call.from_number) if call.from_number else None
    if by_number is None and call.dealer_technician_id is not None:
        return dealers.of_technician(session, call.dealer_technician_id)
    return by_number


def may_key_pin(session: Session) -> bool:
    """Whether a caller whose number is not known is asked for a PIN: somebody has one."""
    return dealers.any_pin(session)


def are_pins_guessed(session: Session, number: str | None, terms: Terms, now: datetime) -> bool:
    """Whether too many were wrong, from a number or from all together. Then PINs still count, or whoever shows other
    people's numbers could switch them off; but no caller hears whether theirs was right, and people are told to ask."""
    since, most = now - terms.phone.pin_tries_within, terms.phone.pin_tries
    return (
        calls.wrong_pins_of(session, number or _WITHHELD, since) >= most
        or calls.wrong_pins(session, since) >= most * _NUMBERS_WORTH
    )


def pin_hash_of(desk: Desk, keys: str) -> str | None:
    """The hash of a PIN that was keyed in; None where it cannot be one. It takes time: not under a lock."""
    if not is_pin(keys):
        return None
    with desk.store.read() as session:
        return pins.pin_hash_of(session, keys)


def take_pin(tx: Transaction, desk: Desk, call: Call, pin_hash: str, repeats: int, now: datetime) -> None:
    """A PIN says who calls, or is counted as a wrong one: a right guess would charge a stranger's dealer."""
    session, phone = tx.session, desk.terms.phone
    if of_call(session, call) is not None or not may_key_pin(session):
        return
    found = dealers.of_pin(session, pin_hash)
    if found is not None and found.technician is not None:
        call.dealer_technician_id = found.technician.id
        session.flush()
        return
    since = now - phone.pin_tries_within
    calls.forget_wrong_pins(session, until=since)
    if calls.count_wrong_pin(session, call.sid, repeats, call.from_number or _WITHHELD, now):
        tx.record("pin_refused", at=now, actor="caller", call=call.sid, caller=call.from_number)
        if calls.wrong_pins(session, since) == phone.pin_tries * _NUMBERS_WORTH:
            words = pins_guessed(phone.pin_tries * _NUMBERS_WORTH)
            tell(tx, administrators(desk.roster(session)), words, terms=desk.terms, now=now)


def recognise(
    tx: Transaction, desk: Desk, case: Case, now: datetime, *, number: str | None, technician_id: int | None = None
) -> None:
    """Whose case it is, as far as its caller's number says it, else the PIN of one of a dealer's technicians.

    What is known of a case stays, and so does what somebody set by hand.
    """
    found = dealers.of_phone(tx.session, number) if number else None
    by = "number"
    if found is None and technician_id is not None:
        found, by = dealers.of_technician(tx.session, technician_id), "PIN"
    if found is None or not _tells_more(case, found) or chain.last_of_kind(tx.session, [case.id], "dealer_set"):
        return
    _assign(tx, desk, case, found, now)
    name = found.technician.name if found.technician else None
    if by == "PIN" and are_pins_guessed(tx.session, number, desk.terms, now):
        case.flags, by = [*case.flags, DOUBTFUL_PIN], "doubtful PIN"
    tx.record_of(case, "dealer_recognised", at=now, actor="system", dealer=found.dealer.code, technician=name, by=by)


@dataclass(frozen=True, slots=True)
class Reassigned:
    """Whose a case is now; what was billed for it before, and what is now: None for nothing."""

    dealer: Dealer | None
    before: Decimal | None
    after: Decimal | None


def set_by_hand(
    tx: Transaction, desk: Desk, case: Case, written: str, now: datetime, *, actor: str, reason: str
) -> Reassigned:
    """Whose case it is by somebody's word: a dealer's code, the beginning of a name, or nothing for no dealer.

    Raises Refused where that names no dealer, or several, or where the case is theirs already.
    """
    dealer = _named(tx.session, written.strip()) if written.strip() else None
    if case.dealer_id == (dealer.id if dealer else None):
        raise Refused(f"The case is {f'of {dealer.name}' if dealer else 'of no dealer'} already. Nothing was changed.")
    was = tx.session.get(Dealer, case.dealer_id) if case.dealer_id else None
    before = _billed(tx, case)
    _assign(tx, desk, case, Matched(dealer, None) if dealer else None, now)
    case.flags = [flag for flag in case.flags if flag != DOUBTFUL_PIN]
    after = _billed(tx, case)
    tx.record_of(
        case,
        "dealer_set",
        at=now,
        actor=actor,
        dealer=dealer.code if dealer else None,
        before=was.code if was else None,
        amount=str(after) if after is not None else None,
        amount_before=str(before) if before is not None else None,
        reason=reason,
    )
    return Reassigned(dealer, before, after)


def _billed(tx: Transaction, case: Case) -> Decimal | None:
    work = sessions.of_case(tx.session, case.id)
    return billing_lines.total(sessions.lines_of(tx.session, work.id)) if work else None


def _named(session: Session, written: str) -> Dealer:
    found = dealers.matching(session, written)
    if len(found) == 1:
        return found[0]
    if not found:
        raise Refused("No dealer has that code, and no name begins so. Write the code, or the beginning of the name.")
    several = ", ".join(f"{one.name} ({one.code})" for one in found[:_MOST_NAMED])
    raise Refused(f"Several dealers fit: {several}. Write the code.")


def _tells_more(case: Case, found: Matched) -> bool:
    """Whether a match says something that the case does not have yet, and does not contradict it."""
    if case.dealer_id is None:
        return True
    return case.dealer_id == found.dealer.id and case.dealer_technician_id is None and found.technician is not None


def _assign(tx: Transaction, desk: Desk, case: Case, found: Matched | None, now: datetime) -> None:
    """The case and its session are a dealer's, or nobody's. What was billed for it is taken back and billed anew."""
    case.dealer_id = found.dealer.id if found else None
    case.dealer_technician_id = found.technician.id if found and found.technician else None
    work = sessions.of_case(tx.session, case.id)
    if work is None:
        return
    if work.closed_at is None and not sessions.lines_of(tx.session, work.id):
        work.dealer_id, work.dealer_technician_id = case.dealer_id, case.dealer_technician_id
        work.had_account = None  # that of whoever had it before says nothing of theirs
        return
    work.withdrawn_at = now
    billing.take_back(tx, desk, work, now)
    again = sessions.again_for(work, case.dealer_id, case.dealer_technician_id)
    tx.session.add(again)
    if again.closed_at is not None:
        billing.bill(tx, desk, again, now, is_billable=case.is_billable)


def account_of(session: Session, desk: Desk, found: Matched, now: datetime) -> DealerAccount:
    """What a dealer has left now, for whoever is told of it."""
    stands = ledger.standing(session, desk, found.dealer.id, now)
    return DealerAccount(
        dealer=found.dealer.name,
        technician=found.technician.name if found.technician else None,
        prepaid_minutes=stands.prepaid_minutes,
        credit_minutes=stands.credit_minutes,
        over_minutes=stands.over_minutes,
        must_prepay=stands.must_prepay,
    )


def drawn_by(session: Session, desk: Desk, case: Case, now: datetime) -> Drawn | None:
    """What the session of a case drew from its dealer's account; None for a case of no dealer."""
    found, work = of_case(session, case), sessions.of_case(session, case.id)
    if found is None or work is None:
        return None
    lots = {lot: -minutes for lot, minutes in ledger_rows.drawn_by(session, work.id).items()}
    prepaid = sum(minutes for lot, minutes in lots.items() if rules.is_prepaid(lot))
    over = sum(minutes for lot, minutes in lots.items() if rules.is_over(lot))
    return Drawn(
        dealer=found.dealer.name,
        prepaid_minutes=prepaid,
        credit_minutes=sum(lots.values()) - prepaid - over,
        over_minutes=over,
        left_minutes=ledger.standing(session, desk, found.dealer.id, now).left_minutes,
    )


def of_case(session: Session, case: Case) -> Matched | None:
    """Whose a case is; None where nobody knows."""
    if case.dealer_id is None:
        return None
    technician_id = case.dealer_technician_id
    dealer = session.get_one(Dealer, case.dealer_id)
    return Matched(dealer, session.get_one(DealerTechnician, technician_id) if technician_id else None)


def whose_in_words(session: Session, found: Sequence[Case]) -> Callable[[Case], dict[str, str | None]]:
    """Whose each of the cases is: the dealer's code and name, and who of them called, as far as that is known."""
    names = dealers.names_by_id(session, {case.dealer_id for case in found if case.dealer_id})
    people = dealers.technician_names(
        session, {case.dealer_technician_id for case in found if case.dealer_technician_id}
    )

    def whose(case: Case) -> dict[str, str | None]:
        code, name = names[case.dealer_id] if case.dealer_id else (None, None)
        technician = people[case.dealer_technician_id] if case.dealer_technician_id else None
        return {"dealer": code, "dealer_name": name, "dealer_technician": technician}

    return whose


def with_account(session: Session, desk: Desk, card: Card, case: Case, now: datetime) -> Card:
    """What an alert says of a case, with whose it is and who pays."""
    found = of_case(session, case)
    if found is None:
        return card
    account = account_of(session, desk, found, now)
    lines = texted(account, callback_of(case), desk.terms_of(session, case.policy))
    return replace(card, dealer=found.dealer.name, account=lines)


def callback_of(case: Case) -> Work:
    """The callback of a case, as it will be priced."""
    window, product = cast("WindowName", case.window), cast("ProductLine", case.product)
    return callback(window, case.rate, product, is_billable=case.is_billable)


def known_dealers(desk: Desk) -> list[tuple[str, str]]:
    """Every dealer by name, to choose one: code and name."""
    with desk.store.read() as session:
        return [(dealer.code, dealer.name) for dealer in dealers.every(session)]


def account_to_tell(session: Session, desk: Desk, call: Call, now: datetime) -> DealerAccount | None:
    """What the greeting tells of: the account of a technician's dealer, where they call from a phone of their own."""
    if not desk.terms.phone.tells_account or call.from_number is None:
        return None
    found = dealers.of_phone(session, call.from_number)
    if found is None or found.technician is None or who_left(found, desk.terms, now):
        return None
    return account_of(session, desk, found, now)


@dataclass(frozen=True, slots=True)
class Left:
    """Somebody who is gone, and since when."""

    name: str
    on: date


def who_left(found: Matched, terms: Terms, now: datetime) -> Left | None:
    """The dealer that left, else its technician, by the day in the contract's zone."""
    today = local(now, terms).date()
    one = (found.dealer, found.technician)
    return next((Left(who.name, who.left_on) for who in one if who and who.left_on and who.left_on <= today), None)
