"""How a story ended, in a form that is the same after a crash: what is on record, and what people saw and heard.

Left out is what may differ after one (reliability.md I14): instants of our own, numbers of rows, the order of what
happens at one time, how long an alert call was (a key that comes again as its answer was lost is answered in fewer
words), and that something was unknown and looked for. An alert that nobody knows the outcome of is repeated once it is
proven not to be in the provider's list, marked as a repeat (I6): it counts as the one it repeats. A text to a caller is
never sent twice (I7): after a crash it may be missing, which is then on record. A test call may be placed twice.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

from sqlalchemy import select

from tests.support.crashes import CrashingWorld
from tests.support.world import CALLER, OUR_NUMBER
from triage.policy.backups import BackupPlan
from triage.policy.delivery import NOT_REPEATED
from triage.services.audit import verify_chain
from triage.services.recordings import verify_copies
from triage.store import Session
from triage.store.backup_folder import contents_of, manifest_beside
from triage.store.models import (
    Alert,
    BillableSession,
    BillingLine,
    Booking,
    Case,
    Delivery,
    Event,
    Invoice,
    InvoiceFile,
    LedgerEntry,
    Letter,
    RecordingCopy,
    Voicemail,
)
from triage.store.models.case import reference_of

_OF_A_CRASH = {
    "delivery_repeated",
    "delivery_unknown",
    "caller_learnt",  # asked for where the webhook that tells it was lost
    "found_by_reconciler",  # no webhook told of it
    "recording_played",  # whoever asks while a dead process holds it, for three minutes, hears that it is not here
    "outage",  # only in a story is more than a minute left out between two rounds
}
UNKNOWN = "delivery_unknown"
_OF_ALERTS = ("alert_made", "call_waits", "delivery_", "ladder_moved_on", "texts", "calls")
_WHO = ("person", "channel", "reason", "what", "why", "key", "account")

State = dict[str, Counter[str]]


def end_state(world: CrashingWorld) -> State:
    """Each part counts what there is of it, in words."""
    desk = world.program.desk
    with desk.store.read() as session:
        state = _on_record(session)
        names = _names(session)
        alert_calls = set(session.scalars(select(Delivery.provider_sid).where(Delivery.channel == "voice")))
        state["sent"], state["not on record, or twice"] = _sent(session, names)
    phones = {phone.number: phone.name or phone.number for phone in world.phones.phones()}
    said = [(phones.get(m.to, m.to), m.body) for m in world.phones.messages() if m.direction.startswith("outbound")]
    placed = [call for call in world.phones.calls() if call.direction.startswith("outbound")]
    calls = [call for call in placed if call.to != OUR_NUMBER]
    state["test calls"] = Counter({"placed": min(1, len(placed) - len(calls))})
    state["texts"] = Counter(f"{to}: {_worded(body, names)}" for to, body in said)
    lengths = {
        call.sid: "an alert" if call.sid in alert_calls else f"{call.direction}, {call.seconds} s" for call in calls
    }
    state["calls"] = Counter(f"{phones.get(call.to, call.to)}: {lengths[call.sid]}" for call in calls)
    state["not on record, or twice"] += Counter(_not_ours(world))
    state["at the provider"] = Counter(["a recording"] * len(world.phones.recordings()))
    state["in the mail"] = Counter(world.mail.letters.values())
    state["backups"] = Counter(_backups(world.program.backups))
    faults = verify_copies(desk, world.program.recordings)
    state["files"] = Counter(found.fault or "as it was fetched" for found in faults)
    state["history is broken at"] = Counter(str(bad) for bad in [verify_chain(desk).first_bad] if bad is not None)
    return state


def differences(expected: State, found: State, *, is_by_the_clock: bool) -> list[str]:
    """What is there too often, or is not there, and no rule permits; a line each.

    Where alerts go `by_the_clock` (how long phones ring and people sleep), one that a crash held up for the 40 s until
    it was proven unsent shifts those after it: somebody answers a rung earlier or later. No rung may have reached
    anybody twice then, and how many there were is not compared.
    """
    expected, found = _without_lost_texts(expected, found)
    if is_by_the_clock:
        once = Counter({rung: min(n, max(1, expected["sent"][rung])) for rung, n in found["sent"].items()})
        expected, found = _without_alerts(expected) | {"sent": once}, _without_alerts(found)
    return [
        f"{part}: {expected[part][words]} x expected, {found[part][words]} x found: {words}"
        for part in expected
        for words in sorted(expected[part].keys() | found[part].keys())
        if expected[part][words] != found[part][words]
    ]


def _without_lost_texts(expected: State, found: State) -> tuple[State, State]:
    """As if texts to callers that are on record as lost had been neither planned nor failed."""
    lost = Counter({words: count for words, count in found["history"].items() if NOT_REPEATED in words})
    missing = [words for words in (expected["texts"] - found["texts"]).elements() if words.startswith(CALLER)]
    if not lost or len(missing) > lost.total():
        return expected, found
    arrived = Counter({"delivery_accepted by phone system: sms": 1, "delivery_delivered by phone system: sms": 1})
    gone = Counter({words: count * len(missing) for words, count in arrived.items()})
    return (
        expected | {"texts": expected["texts"] - Counter(missing), "history": expected["history"] - gone},
        found | {"history": found["history"] - lost},
    )


def _without_alerts(state: State) -> State:
    kept = Counter({words: n for words, n in state["history"].items() if not words.startswith(_OF_ALERTS)})
    calls = Counter({words: n for words, n in state["calls"].items() if "outbound-dial" in words})
    return state | {"history": kept, "texts": Counter[str](), "calls": calls}


def _sent(session: Session, names: dict[str, str]) -> tuple[Counter[str], Counter[str]]:
    """What went out to people, by what it was for; and repeats that are not marked, or of what was not unknown (I6)."""
    rows = {row.id: row for row in session.scalars(select(Delivery).where(Delivery.person_id.is_not(None)))}
    alerts = {alert.id: alert for alert in session.scalars(select(Alert))}
    unknown = {event.details["delivery"] for event in session.scalars(select(Event).where(Event.kind == UNKNOWN))}

    def in_words(row: Delivery) -> str:
        alert = alerts.get(row.alert_id or 0)
        why = f"{alert.reason} {alert.round}.{alert.step}" if alert else _worded(row.body, names)
        return f"{row.person_id}, {row.channel}, {why}"

    def is_repeated_well(row: Delivery, first: Delivery) -> bool:
        is_marked = row.channel != "sms" or row.body.startswith("(repeat) ")
        return is_marked and first.id in unknown and first.provider_sid is None

    sent = [row for row in rows.values() if row.provider_sid is not None]
    twice = [row for row in sent if row.repeat_of and not is_repeated_well(row, rows[row.repeat_of])]
    return Counter(map(in_words, sent)), Counter(map(in_words, twice))


def _not_ours(world: CrashingWorld) -> list[str]:
    """What the phone system sent for us that is no delivery's: it went out twice (I6), or without being on record."""
    with world.program.desk.store.read() as session:
        known = set(session.scalars(select(Delivery.provider_sid)))
    texts = [(m.sid, m.to) for m in world.phones.messages() if m.direction == "outbound-api"]
    calls = [(call.sid, call.to) for call in world.phones.calls() if call.direction == "outbound-api"]
    return [to for sid, to in texts + calls if sid not in known and to != OUR_NUMBER]


def _backups(plan: BackupPlan | None) -> list[str]:
    """Each copy in the folder: good where its manifest says what it holds, and that its history fits."""
    found = sorted(plan.folder.glob("afterhours-*")) if plan is not None else []
    copies = [path for path in found if path.suffix != ".json"]
    manifests = {path: manifest_beside(path) for path in copies if path.with_suffix(".json").exists()}
    good = [path for path, one in manifests.items() if contents_of(path).sha256 == one.sha256 and one.fault is None]
    return ["good" if path in good else "not good" for path in copies] + ["left over"] * (len(found) - 2 * len(copies))


def _on_record(session: Session) -> State:
    def every(model: Any) -> Any:
        return session.scalars(select(model)).all()

    return {
        "cases": Counter(
            f"{case.caller}: {case.state}, {case.owner}, {case.window}, due {case.callback_due}, {case.callback_basis},"
            f" {'late' if case.breached_at else 'in time'}, {sorted(case.flags)}"
            for case in every(Case)
        ),
        "messages": Counter(f"{one.status}, {one.left_at:%F %T}, {one.duration_s} s" for one in every(Voicemail)),
        "recordings": Counter(copy.state for copy in every(RecordingCopy)),
        "sessions": Counter(f"{one.person_id}, {one.rate}, {one.minutes} min" for one in every(BillableSession)),
        "lines": Counter(
            f"{line.rate}, {line.minutes} min, {line.amount}, {line.quarter}, revision {line.revision},"
            f" {'on an invoice' if line.invoice_id else 'open'}"
            for line in every(BillingLine)
        ),
        "ledger": Counter(f"{entry.lot}: {entry.kind} {entry.minutes}" for entry in every(LedgerEntry)),
        "invoices": Counter(f"{invoice.number}: {invoice.total}" for invoice in every(Invoice)),
        "files for accounting": Counter(f"{file.form}: {file.content}" for file in every(InvoiceFile)),
        "bookings": Counter(f"{booking.state}, {booking.next_due_at}" for booking in every(Booking)),
        "letters": Counter(f"{one.about}: {'sent' if one.sent_at else 'open'}" for one in every(Letter)),
        "history": _history(session),
    }


def _history(session: Session) -> Counter[str]:
    return Counter(_in_words(event) for event in session.scalars(select(Event)) if event.kind not in _OF_A_CRASH)


def _in_words(event: Event) -> str:
    told = [str(event.details[name]) for name in _WHO if event.details.get(name) is not None]
    return f"{event.kind} by {event.actor}: {', '.join(told)}"


def _names(session: Session) -> dict[str, str]:
    """What cases and bookings are called, first to last. A crash may use up a number on PostgreSQL."""
    cases = {
        reference_of(case): f"case {place}"
        for place, case in enumerate(session.scalars(select(Case.id).order_by(Case.id)))
    }
    bookings = enumerate(session.scalars(select(Booking.id).order_by(Booking.id)))
    return cases | {f"B{booking}": f"booking {place}" for place, booking in bookings}


def _worded(body: str, names: dict[str, str]) -> str:
    """Without what a repeat may differ by: its mark, and the minutes that are left by now."""
    for name, plain in names.items():
        body = re.sub(rf"\b{name}\b", plain, body)
    body = re.sub(r", \d+ (s|min) late", ", late", body.removeprefix("(repeat) "))
    return re.sub(r"\d+ min left", "some min left", body)
