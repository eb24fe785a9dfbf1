"""How a story ended, in a form that is the same after a crash: what is on record, and what people saw and heard.

Left out is what may differ after one (reliability.md I14): instants of our own, numbers of rows, the order of what
happens at one time, how long an alert call was (a key that comes again as its answer was lost is answered in fewer
words), and that something was unknown and looked for. An alert that nobody knows the outcome of is repeated once it is
proven not to be in the provider's list, marked as a repeat (I6): it counts as the one it repeats. A test call may be
placed twice. What else may differ is a rule of same_ends.py.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from typing import Any

from sqlalchemy import select

from tests.support.crashes import CrashingWorld
from tests.support.world import OUR_NUMBER
from triage.policy import ladder
from triage.policy.backups import BackupPlan
from triage.policy.delivery import DeliveryState
from triage.services.audit import verify_chain
from triage.services.bundles import NOBODY_NEEDED
from triage.services.phone_lines import LEFT_TO_A_LATER_CALL
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
    "recording_played",  # see "heard"
    "outage",  # only in a story is more than a minute left out between two rounds
}
UNKNOWN = "delivery_unknown"
_OF_ONE_DELIVERY = {"delivery_accepted", "delivery_delivered", "delivery_failed"}
_WHO = ("person", "channel", "reason", "what", "why", "key", "account")

NO_WEBHOOKS = "Twilio's webhooks do not reach us: "

State = dict[str, Counter[str]]
"""Each part counts what there is of it, in words."""


def end_state(world: CrashingWorld) -> State:
    """What there is now. Parts that are not compared are what the rules go by: "held up" and those after it."""
    desk = world.program.desk
    texts = {m.sid: m for m in world.phones.messages() if m.direction.startswith("outbound")}
    with desk.store.read() as session:
        names = _names(session)
        rows = {row.id: row for row in session.scalars(select(Delivery).where(Delivery.person_id.is_not(None)))}
        sent = {row.id: row for row in rows.values() if row.provider_sid is not None}
        state = _on_record(session, without=set(sent))
        alerts = {alert.id: alert for alert in session.scalars(select(Alert))}
        told = _told_of(session)
        bodies = {sid: _worded(text.body, names) for sid, text in texts.items()}
        state["sent"] = Counter(
            f"{_for_what(row, alerts)}: {', '.join([*told[row.id], bodies.get(row.provider_sid or '', '')])}"
            for row in sent.values()
        )
        state["not on record, or twice"] = _twice(session, rows, alerts)
        state["left out"] = Counter([*_left_to_later_calls(rows, alerts), *_not_needed_any_more(rows, alerts)])
        state["not texted again"] = Counter(_not_texted_again(rows, alerts))
        sids = {row.provider_sid for row in sent.values() if row.channel in {"sms", "voice"}}
    phones = {phone.number: phone.name or phone.number for phone in world.phones.phones()}
    said = [(phones.get(m.to, m.to), m.body) for m in texts.values() if m.sid not in sids]
    placed = [call for call in world.phones.calls() if call.direction.startswith("outbound")]
    calls = [call for call in placed if call.to != OUR_NUMBER]
    if (
        not world.store.is_sqlite
    ):  # who asks while a dead process holds it, for three minutes, hears that it is not here
        state["heard"].clear()
    state["test calls"] = Counter({"placed": min(1, len(placed) - len(calls))})
    state["texts"] = Counter(f"{to}: {_worded(body, names)}" for to, body in said)
    state["calls"] = Counter(
        f"{phones.get(call.to, call.to)}: {call.direction}, {call.seconds} s" for call in calls if call.sid not in sids
    )
    state["unanswered"] = Counter(phones.get(who, who) for path, who in world.unanswered if path == "/twilio/sms")
    state["lost webhooks"] = Counter(path for path, _ in world.unanswered)
    state["not on record, or twice"] += Counter(_not_ours(world))
    state["at the provider"] = Counter(["a recording"] * len(world.phones.recordings()))
    state["in the mail"] = Counter(world.mail.letters.values())
    state["backups"] = Counter(_backups(world.program.backups))
    faults = verify_copies(desk, world.program.recordings)
    state["files"] = Counter(found.fault or "as it was fetched" for found in faults)
    state["history is broken at"] = Counter(str(bad) for bad in [verify_chain(desk).first_bad] if bad is not None)
    return state


def _for_what(row: Delivery, alerts: dict[int, Alert], channel: str | None = None) -> str:
    alert = alerts.get(row.alert_id or 0)
    why = f"{alert.reason} {alert.round}.{alert.step}" if alert else "no alert"
    return f"{row.person_id}, {channel or row.channel}, {why}"


def _told_of(session: Session) -> dict[int, list[str]]:
    """What the phone system told of each delivery, in words."""
    told = defaultdict[int, list[str]](list)
    for event in session.scalars(select(Event).where(Event.kind.in_(_OF_ONE_DELIVERY))):
        told[event.details["delivery"]].append(" ".join([event.kind.split("_")[1], event.details.get("why") or ""]))
    return defaultdict(list, {delivery: sorted(words) for delivery, words in told.items()})


def _twice(session: Session, rows: dict[int, Delivery], alerts: dict[int, Alert]) -> Counter[str]:
    """Repeats that are not marked, or of what was not unknown (I6)."""
    unknown = {event.details["delivery"] for event in session.scalars(select(Event).where(Event.kind == UNKNOWN))}

    def is_repeated_well(row: Delivery, first: Delivery) -> bool:
        is_marked = row.channel != "sms" or row.body.startswith("(repeat) ")
        return is_marked and first.id in unknown and first.provider_sid is None

    repeats = [row for row in rows.values() if row.repeat_of and row.provider_sid is not None]
    return Counter(_for_what(row, alerts) for row in repeats if not is_repeated_well(row, rows[row.repeat_of or 0]))


def _left_to_later_calls(rows: dict[int, Delivery], alerts: dict[int, Alert]) -> list[str]:
    """Calls that were dropped for one of a later alert that did go out to the same person about the same case."""
    calls = [row for row in rows.values() if row.channel == "voice" and row.alert_id is not None]
    gone = [(row.person_id, row.case_id, row.alert_id or 0) for row in calls if row.provider_sid is not None]
    return [
        _for_what(row, alerts)
        for row in calls
        if row.reason == LEFT_TO_A_LATER_CALL
        and any(
            (person, case) == (row.person_id, row.case_id) and alert > (row.alert_id or 0)
            for person, case, alert in gone
        )
    ]


def _not_needed_any_more(rows: dict[int, Delivery], alerts: dict[int, Alert]) -> list[str]:
    """Repeats of what nobody knew the outcome of that were not sent, as somebody had the case by then."""
    repeats = [row for row in rows.values() if row.repeat_of and row.state == DeliveryState.DROPPED]
    return [_for_what(row, alerts) for row in repeats if row.reason == NOBODY_NEEDED]


def _not_texted_again(rows: dict[int, Delivery], alerts: dict[int, Alert]) -> list[str]:
    """Texts that a rung left out: it calls somebody who was alerted by text less than two minutes before."""
    texted = [alerts[row.alert_id] for row in rows.values() if row.channel == "sms" and row.alert_id is not None]
    called = {row.alert_id: row for row in rows.values() if row.channel == "voice" and row.alert_id is not None}

    def is_just_texted(alert: Alert) -> bool:
        since = alert.created_at - ladder._SAME_WORDS_WITHIN
        before = [other for other in texted if since < other.created_at < alert.created_at]
        return any((other.person_id, other.case_id) == (alert.person_id, alert.case_id) for other in before)

    return [
        _for_what(row, alerts, "sms")
        for number, row in called.items()
        if alerts[number] not in texted and alerts[number].reason in ladder.RUNGS and is_just_texted(alerts[number])
    ]


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


def _on_record(session: Session, *, without: set[int]) -> State:
    """Apart from what the history says of the deliveries `without`."""

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
        "history": Counter(
            _in_words(event)
            for event in every(Event)
            if event.kind not in _OF_A_CRASH
            and not (event.kind in _OF_ONE_DELIVERY and event.details.get("delivery") in without)
        ),
        "heard": Counter({event.actor: 1 for event in every(Event) if event.kind == "recording_played"}),
        "outages": Counter(event.kind for event in every(Event) if event.kind == "outage"),
        "held up": Counter(event.kind for event in every(Event) if event.kind == UNKNOWN),
    }


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
    """Without what a repeat may differ by: its mark, and the minutes that are left by now; and without the example of
    what came by the lists only, which is what was found first after the death."""
    body = re.sub(rf"({NO_WEBHOOKS}).*", r"\1something came by its lists only.", body)
    for name, plain in names.items():
        body = re.sub(rf"\b{name}\b", plain, body)
    body = re.sub(r", \d+ (s|min) late", "", body.removeprefix("(repeat) "))
    return re.sub(r"\d+ min left", "some min left", body)
