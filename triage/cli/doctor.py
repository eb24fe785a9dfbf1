"""`afterhours doctor`: what is wrong with the set-up, and how to mend it."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

from config.settings import SHIPPED_POLICY, Settings
from triage.bootstrap import PhoneSystem, Program, build, build_phone_system
from triage.cli import doctor_watch as watch
from triage.cli.doctor_account import examine_account
from triage.cli.doctor_machine import examine_files, examine_packages, examine_units
from triage.cli.doctor_reach import examine_address, examine_port
from triage.cli.doctor_settings import examine_phones, examine_settings
from triage.cli.finding import Finding
from triage.errors import ConfigurationError, FolderUnusable, StoreUnavailable, TransportError, TriageError
from triage.policy import disks
from triage.policy.case_words import clock
from triage.policy.disks import Level
from triage.policy.ladder import unknown_targets
from triage.policy.lengths import exactly
from triage.policy.limits import MOST_GAPS, SWEEP_MAY_TAKE, is_backup_old, is_list_late, is_test_call_old
from triage.policy.monthly_report import trouble_in_words
from triage.policy.number_settings import CAPABILITIES, FALLBACK
from triage.services.accounts import has_administrator
from triage.services.backups import last_failure, missing_in_last
from triage.services.canary import newest_over
from triage.services.coverage import coverage_gaps
from triage.services.disks import measure
from triage.services.letters import troubles
from triage.services.number_setup import number_settings
from triage.services.people import unreached
from triage.services.reconciler import behind_by
from triage.services.vital_signs import BACKUP, signs, why_not_ready
from triage.store import dealers, schema, sqlite
from triage.store.engine import Store
from triage.store.recording_folder import RecordingFolder

_TIMEOUT_SECONDS = 5
_POINTLESS_AFTER = {
    "database": {
        "scheduler",
        "roster",
        "account",
        "sign-in",
        "lists",
        "canary",
        "mail",
        "alarms",
        "heartbeat",
        "backup",
    },
    "twilio": {"account"},
}
"""What is not looked at where that is wrong: it needs the schema, or our credentials."""


def examine(settings: Settings) -> list[Finding]:
    """Every finding. Configuration that cannot be parsed raises ConfigurationError before anything is examined."""
    program = build(settings)
    checks: tuple[tuple[str, Callable[[Program], Iterator[Finding]]], ...] = (
        ("settings", lambda program: examine_settings(program.settings)),
        ("machine", _machine),
        ("policy", _policy),
        ("database", _database),
        ("recordings", _recordings),
        ("disk", _disks),
        ("scheduler", _scheduler),
        ("clock", _clock),
        ("zones", watch.zones),
        ("roster", _roster),
        ("twilio", _twilio),
        ("account", _account),
        ("lists", _lists),
        ("port", lambda program: examine_port(program.settings)),
        ("webhooks", lambda program: examine_address(program.settings, program.clock.watched())),
        ("canary", _canary),
        ("sign-in", _sign_in),
        ("mail", _mail),
        ("alarms", watch.alarms),
        ("heartbeat", watch.heartbeat),
        ("backup", _backup),
    )
    findings: list[Finding] = []
    for name, check in checks:
        if any(finding.is_wrong and name in _POINTLESS_AFTER.get(finding.check, ()) for finding in findings):
            continue
        try:
            findings += list(check(program))
        except TriageError as error:
            findings.append(Finding(name, str(error), "mend what it says, then run the doctor again"))
    program.close()
    return findings


def schema_revision(program: Program) -> str | None:
    return schema.revision(program.desk.store)


def _machine(program: Program) -> Iterator[Finding]:
    mounts = Path("/proc/mounts")
    yield from examine_files(program.settings, program.desk.store, mounts.read_text() if mounts.exists() else "")
    yield from examine_packages()
    yield from examine_units()


def _policy(program: Program) -> Iterator[Finding]:
    terms, name = program.desk.terms, program.settings.policy_file
    which = "the shipped contract" if name == SHIPPED_POLICY else str(name)
    yield Finding("policy", f"{which}, version {terms.version}, hours in {terms.zone}")
    for window in ("support_hours", "evening", "overnight", "other"):
        within = getattr(terms.windows, window).callback_within
        if terms.promise.at_risk_before >= within:
            yield Finding(
                "policy",
                f"windows.{window}: a case is at risk from its first second",
                "make promise.at_risk_before shorter than callback_within",
            )


def _database(program: Program) -> Iterator[Finding]:
    found, wanted = schema_revision(program), schema.newest()
    where = program.desk.store.url.render_as_string(hide_password=True)
    if found is not None and found > wanted:
        told = f"{where} is at {found}, made by a newer program: this one knows {wanted} at the most"
        yield Finding("database", told, "install the newer program again, or `afterhours restore` a backup from before")
    elif found != wanted:
        yield Finding("database", f"{where} is at {found or 'nothing'}", "run `afterhours migrate`")
    else:
        program.desk.foresee(program.roster_file)
        yield Finding("database", f"{where} is at {found}")
    if program.desk.store.is_sqlite:
        yield _sqlite_library()
    if program.desk.store.is_pooled():
        yield _pooler(program)


def _sqlite_library() -> Finding:
    library = f"SQLite {'.'.join(map(str, sqlite.version()))}"
    if sqlite.is_wal_sound(sqlite.version()):
        return Finding("database", f"{library}, whose write-ahead log is sound")
    told = f"{library} can damage a file by its write-ahead log, so that is not used: writers and readers wait"
    return Finding("database", told, "install requirements.lock again: its SQLite is mended")


def _pooler(program: Program) -> Finding:
    store = program.desk.store
    mend = "set AFTERHOURS_DATABASE_DIRECT_URL to the address of the PostgreSQL server itself"
    if store.direct_url == store.url:
        lost = "a pooler is before the database: schedulers hear no bell and look every second, backups cannot be made"
        return Finding("pooler", lost, mend)
    server = Store(store.direct_url.render_as_string(hide_password=False))
    try:
        if server.is_pooled():
            return Finding("pooler", "AFTERHOURS_DATABASE_DIRECT_URL is that of a pooler too", mend)
        return Finding("pooler", f"bell and backups go by {server.url.render_as_string(hide_password=True)}")
    except StoreUnavailable as error:
        return Finding("pooler", f"AFTERHOURS_DATABASE_DIRECT_URL does not answer: {error}", mend)
    finally:
        server.close()


def _recordings(program: Program) -> Iterator[Finding]:
    path = program.recordings.path
    mend = f"make room there, let the daemon's user write into {path}, or set AFTERHOURS_RECORDINGS_DIR"
    try:
        program.recordings.try_out()
    except FolderUnusable as error:
        yield Finding("recordings", str(error), mend)
        return
    yield Finding("recordings", f"{path} can be written")


def _disks(program: Program) -> Iterator[Finding]:
    for room in measure(program.places):
        is_fine = disks.level_of(room) is Level.FINE
        yield Finding("disk", f"of {room.holds}: {room.words}", "" if is_fine else disks.mend(room))
    if program.ballast is not None and not program.ballast.size():
        told = f"no reserve is laid by at {program.ballast.path}: the scheduler does where there is room for it"
        yield Finding("disk", told)


def _scheduler(program: Program) -> Iterator[Finding]:
    reason = why_not_ready(program.desk, program.clock.watched())
    if reason:
        yield Finding("scheduler", reason, "start `afterhours serve`, or afterhours-scheduler.service")
    else:
        yield Finding("scheduler", f"swept within the last {exactly(SWEEP_MAY_TAKE.total_seconds())}")


def _clock(program: Program) -> Iterator[Finding]:
    now = program.now()
    if program.settings.demo_clock_file is not None:
        yield Finding("clock", f"demo clock, {clock(now, program.desk.terms)}")
        return
    try:
        answer = subprocess.run(
            ["timedatectl", "show", "--property=NTPSynchronized", "--value"],  # noqa: S607 - wherever systemd has it # nosec B603, B607
            capture_output=True,
            text=True,
            timeout=_TIMEOUT_SECONDS,
            check=False,
        ).stdout.strip()
    except (OSError, subprocess.TimeoutExpired):
        answer = ""
    if answer == "no":
        mend = "run `timedatectl set-ntp true`: deadlines are only as right as the clock"
        yield Finding("clock", f"{clock(now, program.desk.terms)}, not synchronised", mend)
    else:
        known = "synchronised" if answer == "yes" else "synchronisation unknown here"
        yield Finding("clock", f"{clock(now, program.desk.terms)}, {known}")


def _roster(program: Program) -> Iterator[Finding]:
    terms, now = program.desk.terms, program.now()
    with program.desk.store.read() as session:
        roster = program.desk.roster(session)
        found = [(person.name, dealers.of_phone(session, person.phone)) for person in roster.people]
        shared = [(name, theirs.dealer.name) for name, theirs in found if theirs is not None]
    if not roster.people:
        yield Finding("roster", "nobody is on the roster", "set AFTERHOURS_ROSTER_FILE; the README shows one")
        return
    yield Finding("roster", f"{len(roster.people)} people, {len(roster.rotations)} rotations")
    yield from examine_phones(program.settings, roster)
    for name, dealer in shared:
        told = f"the number of {name} is one of dealer {dealer} too: their calls are taken for its own"
        yield Finding("roster", told, "take it away from one of them")
    for name, trouble in unreached(program.desk, now):
        yield Finding("roster", f"{name} is not reached. {trouble}", "see the page People, and send a test from there")
    for word in unknown_targets(terms, roster):
        lack = f"the ladder names {word}, which is no rotation of the roster"
        yield Finding("roster", lack, f"add a rotation {word}")
    for gap in coverage_gaps(terms, roster, now)[:MOST_GAPS]:
        span = f"{clock(gap.starts, terms)} to {clock(gap.ends, terms)}"
        yield Finding("roster", f"{gap.rotation} has nobody, {span}", "add an override")
    if not roster.with_role("manager"):
        yield Finding("roster", "no manager: nobody hears of a broken promise", "give somebody the role manager")


def _twilio(program: Program) -> Iterator[Finding]:
    if not program.settings.has_account:
        yield Finding("twilio", "no account: `afterhours serve` brings a simulated phone system")
        return
    try:
        phone_system = build_phone_system(program.settings)
        name = phone_system.calls.check()
    except ConfigurationError as error:
        yield Finding("twilio", str(error), "see the README's settings")
        return
    except TriageError as error:
        yield Finding("twilio", str(error), "check the account SID and the token")
        return
    yield Finding("twilio", f"credentials work, account {name}")
    yield from _number(program, phone_system)


def _number(program: Program, phone_system: PhoneSystem) -> Iterator[Finding]:
    ours, settings = program.settings.twilio_from, number_settings(phone_system.number, program.settings.public_url)
    if not program.settings.has_real_account:  # the simulated one keeps its own fallback
        settings = [setting for setting in settings if setting.name != FALLBACK]
    for setting in settings:
        if setting.name == CAPABILITIES and not setting.is_right:
            yield Finding("number", f"{ours} can do this only: {setting.found or 'nothing'}", setting.mend)
    wrong = [setting.name for setting in settings if not setting.is_right and setting.name != CAPABILITIES]
    if wrong:
        yield Finding("number", f"not as it should be: {', '.join(wrong)}", "run `afterhours twilio setup`")
    else:
        yield Finding("number", f"{ours} sends its webhooks to us")


def _account(program: Program) -> Iterator[Finding]:
    if program.settings.has_account:
        yield from examine_account(program, build_phone_system(program.settings).standing)


def _lists(program: Program) -> Iterator[Finding]:
    if program.settings.has_account and program.settings.twilio_from is None:
        told = "AFTERHOURS_TWILIO_FROM is not set: nothing makes up for a lost webhook, and no call goes out"
        yield Finding("lists", told, "set it to our number, also beside a messaging service")
        return
    behind = behind_by(program.desk, program.now())
    late = {name: by for name, by in behind.items() if is_list_late(by, program.desk.terms)}
    if not behind:
        yield Finding("lists", "not read yet: the scheduler reads them when it starts")
    elif not late:
        yield Finding("lists", "what webhooks do not tell is made up for")
    for name, by in late.items():
        minutes = int(by.total_seconds() // 60)
        told = f"Twilio's list of {name} is settled up to {minutes} min ago only: a webhook lost since may be missing"
        yield Finding("lists", told, "look for lists_failed or found_and_not_taken in the scheduler's log")


def _canary(program: Program) -> Iterator[Finding]:
    if program.desk.canary is None:
        yield Finding("canary", "no test calls: AFTERHOURS_CANARY_NUMBER is not set")
        return
    last = newest_over(program.desk)
    if last is None:
        yield Finding("canary", "no test call was made yet: `afterhours canary` makes one now")
        return
    at = clock(last.progress.started_at, program.desk.terms)
    if last.has_passed and is_test_call_old(last.progress.started_at, program.desk.terms, program.now()):
        told = f"the test call of {at} passed, but none was made since"
        yield Finding("canary", told, "look for canary in the scheduler's log, or run `afterhours canary`")
    elif last.has_passed:
        yield Finding("canary", f"the test call of {at} passed")
    else:
        told = f"the test call of {at} failed: not {last.progress.missing}"
        told += f", {last.why}" if last.why else ""
        yield Finding("canary", told, "mend what is wrong above, then run `afterhours canary`")


def _sign_in(program: Program) -> Iterator[Finding]:
    if not has_administrator(program.desk):
        yield Finding("sign-in", "no administrator can sign in yet: `afterhours account invite` makes the first")
    if program.provider is None:
        return
    try:
        told = program.provider.check()
    except TriageError as error:
        yield Finding("sign-in", str(error), "check AFTERHOURS_OIDC_ISSUER, and that this machine reaches it")
        return
    yield Finding("sign-in", told)


def _mail(program: Program) -> Iterator[Finding]:
    if program.post is None:
        yield Finding("mail", "no mail is sent: AFTERHOURS_SMTP_URL is not set")
        return
    where = program.post.mail.where
    try:
        program.post.mail.check()
    except TransportError as error:
        yield Finding("mail", f"{where}: {error.reason}", "check AFTERHOURS_SMTP_URL, and that the server is reached")
    else:
        yield Finding("mail", f"{where} takes our mail")
    for about, reason, is_given_up in troubles(program.desk):
        yield Finding("mail", *trouble_in_words(about, reason, is_given_up=is_given_up))


def _backup(program: Program) -> Iterator[Finding]:
    plan, failure = program.backups, last_failure(program.desk)
    made = signs(program.desk).get(BACKUP)
    age = f"the newest is {exactly((program.now() - made).total_seconds())} old" if made else "none was made yet"
    if plan is None:
        yield Finding("backup", f"{age}; none is made by itself: AFTERHOURS_BACKUP_DIR is not set")
        return
    try:
        RecordingFolder(plan.folder).try_out()
    except FolderUnusable as error:
        mend = f"let the daemon's user write into {plan.folder}, or set AFTERHOURS_BACKUP_DIR"
        yield Finding("backup", str(error), mend)
        return
    where = f"{plan.folder} can be written"
    if any({"database", "backups"} <= {*room.places} for room in measure(program.places)):
        where += ", on the disk of the database (copy them to another machine)"
    if failure is not None:
        yield Finding(
            "backup", f"the newest could not be made: {failure.reason}", "mend that, then `afterhours backup`"
        )
    elif made is not None and is_backup_old(made, program.now()):
        mend = "look for backup_crashed in the scheduler's log, or run `afterhours backup`"
        yield Finding("backup", f"{where}, but {age}", mend)
    elif missing := missing_in_last(program.desk):
        mend = "run `afterhours recording verify` and `afterhours audit verify`"
        yield Finding("backup", f"{where}; {age}, but {'; '.join(missing)}", mend)
    else:
        yield Finding("backup", f"{where}; {age}")
