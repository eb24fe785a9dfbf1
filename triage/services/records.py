"""Cases and their timelines as records for people and programs.

Field names are promised in the README. Instants are aware UTC; money is Decimal; the caller's own words are as they
came, so whoever prints them must make them safe.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from triage.errors import NotFound
from triage.policy.hours import span_of_days
from triage.policy.pricing import outlasts
from triage.policy.put_back import MISDATED
from triage.services.desk import Desk
from triage.services.recognition import whose_in_words
from triage.store import Session, bridges, cases, chain, copies, deliveries, sessions, texts
from triage.store.models import (
    Alert,
    Attempt,
    BillableSession,
    Bridge,
    Case,
    Delivery,
    Event,
    RecordingCopy,
    Voicemail,
)
from triage.store.models.case import reference_of
from triage.store.models.session import is_measured

Record = dict[str, Any]

CASE_COLUMNS = (
    "ref",
    "state",
    "window",
    "rate",
    "caller",
    "callback_number",
    "left_at",
    "callback_due",
    "acknowledged_at",
    "callback_made_at",
    "breached_at",
    "closed_at",
    "owner",
    "flags",
    "clauses",
)
BILLING_COLUMNS = (
    "ref",
    "closed_at",
    "technician",
    "caller",
    "rate",
    "minutes",
    "billed_minutes",
    "amount",
    "taxable",
    "measured",
    "measured_s",
    "stated_minutes",
    "doubtful",
    "clauses",
    "arithmetic",
    "note",
    "corrected",
    "correction",
    "misdated",
    "dealer",
    "dealer_name",
    "quarter",
    "invoice",
    "session",
    "kind",
)


def list_cases(desk: Desk, *, only_open: bool) -> list[Record]:
    """Every case, newest last; only those that are not closed where asked."""
    with desk.store.read() as session:
        found = cases.live(session) if only_open else cases.every(session)
        return case_records(session, found)


def cases_of(desk: Desk, references: Sequence[str]) -> list[Record]:
    """The cases of these references, in their order; one that does not exist is left out."""
    with desk.store.read() as session:
        return case_records(session, cases.by_references(session, references))


def show_case(desk: Desk, reference: str) -> Record:
    """One case with its timeline, recordings, alerts and sessions. Raises NotFound."""
    with desk.store.read() as session:
        return case_record(session, reference)


def case_record(session: Session, reference: str) -> Record:
    """`show_case` for whoever reads more than the case in the same state of the database. Raises NotFound."""
    case = cases.by_reference(session, reference)
    if case is None:
        raise NotFound(f"there is no case {reference}; `afterhours case list` shows them")
    voicemails = cases.recordings(session, case.id)
    return {
        **_case(case, [voicemail.recording_sid for voicemail in voicemails]),
        **whose_in_words(session, [case])(case),
        "recording_copies": [_copy(copy, found) for copy, found, _ in copies.of_case(session, case.id)],
        "voicemails": [_voicemail(voicemail) for voicemail in voicemails],
        "events": [_event(event) for event in chain.events_of(session, case.id)],
        "alerts": [_alert(alert) for alert in deliveries.alerts_of(session, case.id)],
        "deliveries": [delivery_record(row) for row in deliveries.of_case(session, case.id)],
        "bridges": [_bridge(bridge) for bridge in bridges.of_case(session, case.id)],
        "attempts": [_attempt(*found) for found in sessions.attempts_and_legs(session, case.id)],
        "sessions": _sessions(session, case),
    }


def list_texts(desk: Desk, *, most: int) -> list[Record]:
    """The newest texts to our number, whoever sent them."""
    with desk.store.read() as session:
        return [
            {
                "at": row.received_at,
                "from": row.from_number,
                "sender": row.sender,
                "ref": reference_of(row.case_id) if row.case_id else None,
                "body": row.body,
                "reply": row.reply,
            }
            for row in texts.newest(session, most)
        ]


def billed_amounts(desk: Desk, first: date, last: date) -> list[Record]:
    """The lines of `billing_report`, in its order, by their `line`, with no more than their totals are made of."""
    start, end = span_of_days(first, last, desk.terms)
    with desk.store.read() as session:
        return [
            {
                "line": line,
                "quarter": quarter,
                "rate": rate,
                "minutes": minutes,
                "billed_minutes": billed,
                "amount": amount,
            }
            for line, quarter, rate, minutes, billed, amount in sessions.amounts_between(session, start, end)
        ]


def billing_report(desk: Desk, first: date, last: date, only: Sequence[int] | None = None) -> list[Record]:
    """Billing lines of the days from `first` to `last`, both included: of sessions by their close, of quarters by
    their last day. `ref` is None where it is of no case, `session` and `kind` where it is of a quarter, `dealer` (the
    code) where it is of none, `invoice` (the number) while it is on none.

    `only` names a page of them, by the `line` of `billed_amounts`.
    """
    start, end = span_of_days(first, last, desk.terms)
    with desk.store.read() as session:
        billed = sessions.billed_between(session, start, end, only)
        corrected = chain.last_of_rare_kind(session, "session_corrected")
        typed_anew = chain.reasons_by_session(session, "work_corrected")
    return [
        {
            "ref": reference_of(row.case_id) if row.case_id else None,
            "closed_at": row.billed_at,
            "technician": row.person_id,
            "caller": row.caller or row.callback_number,
            "rate": row.rate,
            "minutes": row.minutes,
            "billed_minutes": row.billed_minutes,
            "amount": row.amount,
            "taxable": row.is_taxable,
            "measured": is_measured(row.measured_s or 0, row.stated_minutes),
            "measured_s": row.measured_s or 0,
            "stated_minutes": row.stated_minutes,
            "doubtful": row.left_at is not None
            and outlasts(row.measured_s, row.stated_minutes, since_message=row.closed_at - row.left_at),
            "clauses": row.clauses,
            "arithmetic": row.arithmetic,
            "note": row.note,
            "corrected": row.case_id in corrected or row.id in typed_anew,
            "correction": corrected.get(row.case_id, {}).get("reason") or typed_anew.get(row.id),
            "misdated": MISDATED in (row.flags or ()),
            "dealer": row.dealer,
            "dealer_name": row.dealer_name,
            "quarter": row.quarter,
            "invoice": row.invoice,
            "session": row.id,
            "kind": row.kind,
        }
        for row in billed
    ]


def total(lines: Sequence[Record]) -> Decimal:
    return sum((line["amount"] for line in lines), Decimal("0.00"))


def totals_by_rate(lines: Sequence[Record]) -> dict[str, Record]:
    """How many lines, how many minutes worked and billed, and what they come to: of each rate, and `all` at the end.

    The minutes of a quarter stand under its rate: in `all` they are those of the sessions that they come from.
    """
    rates = sorted({line["rate"] for line in lines})
    groups = {rate: [line for line in lines if line["rate"] == rate] for rate in rates} | {"all": list(lines)}
    return {
        name: {
            "lines": len(group),
            "minutes": sum(line["minutes"] for line in group if name != "all" or line["quarter"] is None),
            "billed_minutes": sum(line["billed_minutes"] for line in group),
            "amount": total(group),
        }
        for name, group in groups.items()
    }


def case_records(session: Session, found: Sequence[Case]) -> list[Record]:
    sids = cases.recording_sids(session, [case.id for case in found])
    whose = whose_in_words(session, found)
    return [_case(case, sids.get(case.id, [])) | whose(case) for case in found]


def _case(case: Case, recordings: list[str]) -> Record:
    return {
        "ref": case.reference,
        "state": case.state,
        "window": case.window,
        "flags": case.flags,
        "clauses": case.clauses,
        "product": case.product,
        "attested": case.attested,
        "language": case.language,
        "rate": case.rate,
        "billable": case.is_billable,
        "caller": case.caller,
        "caller_place": case.caller_place,
        "callback_number": case.callback_number,
        "answered_at": case.answered_at,
        "left_at": case.left_at,
        "opened_at": case.opened_at,
        "callback_due": case.callback_due,
        "acknowledged_at": case.acknowledged_at,
        "callback_made_at": case.callback_made_at,
        "callback_basis": case.callback_basis,
        "at_risk_at": case.at_risk_at,
        "breached_at": case.breached_at,
        "closed_at": case.closed_at,
        "owner": case.owner,
        "recordings": recordings,
        "policy": case.policy,
    }


def _voicemail(voicemail: Voicemail) -> Record:
    return {
        "recording": voicemail.recording_sid,
        "call": voicemail.call_sid,
        "status": voicemail.status,
        "seconds": voicemail.duration_s,
        "left_at": voicemail.left_at,
        "received_at": voicemail.received_at,
        "transcript": voicemail.transcript,
    }


def _event(event: Event) -> Record:
    return {
        "number": event.number,
        "at": event.at,
        "kind": event.kind,
        "actor": event.actor,
        "details": event.details,
        "hash": event.hash,
    }


def _alert(alert: Alert) -> Record:
    return {
        "alert": alert.id,
        "at": alert.created_at,
        "person": alert.person_id,
        "reason": alert.reason,
        "round": alert.round,
        "step": alert.step,
    }


def delivery_record(row: Delivery) -> Record:
    """`person` is None where it went to the caller."""
    return {
        "delivery": row.id,
        "alert": row.alert_id,
        "person": row.person_id,
        "channel": row.channel,
        "body": row.body,
        "planned_at": row.created_at,
        "state": row.state,
        "keys": row.pressed,
        "sid": row.provider_sid,
        "error_code": row.error_code,
        "reason": row.reason,
        "repeat_of": row.repeat_of,
        "bundled_in": row.bundled_in,
    }


def _bridge(bridge: Bridge) -> Record:
    return {
        "technician": bridge.person_id,
        "number": bridge.number,
        "call": bridge.provider_sid,
        "started_at": bridge.started_at,
        "answered_at": bridge.answered_at,
        "ended_at": bridge.ended_at,
        "seconds": bridge.seconds,
        "outcome": bridge.outcome,
    }


def _attempt(attempt: Attempt, bridge: Bridge | None) -> Record:
    return {
        "technician": attempt.person_id,
        "at": attempt.at,
        "proven": attempt.is_proven,
        "outcome": bridge.outcome if bridge else None,
    }


def _copy(copy: RecordingCopy, voicemail: Voicemail) -> Record:
    return {
        "recording": voicemail.recording_sid,
        "state": copy.state,
        "file": copy.file_name,
        "sha256": copy.sha256,
        "size": copy.size,
        "kept_at": copy.kept_at,
        "removed_at": copy.removed_at,
        "deleted_at_provider_at": copy.deleted_at_provider_at,
        "reason": copy.reason,
    }


def _is_doubtful(work: BillableSession, case: Case) -> bool:
    """Whether somebody stated more work than there was time for."""
    if work.closed_at is None:
        return False
    return outlasts(work.measured_s, work.stated_minutes, since_message=work.closed_at - case.left_at)


def _sessions(session: Session, case: Case) -> list[Record]:
    work = sessions.of_case(session, case.id)
    if work is None:
        return []
    corrected = chain.last_of_kind(session, [case.id], "session_corrected")
    return [
        {
            "technician": work.person_id,
            "rate": work.rate,
            "opened_at": work.opened_at,
            "closed_at": work.closed_at,
            "minutes": work.minutes,
            "measured_s": work.measured_s,
            "stated_minutes": work.stated_minutes,
            "measured": work.is_measured,
            "doubtful": _is_doubtful(work, case),
            "corrected": bool(corrected),
            "correction": corrected.get(case.id, {}).get("reason"),
            "note": work.note,
            "lines": [
                {
                    "rate": line.rate,
                    "minutes": line.minutes,
                    "billed_minutes": line.billed_minutes,
                    "amount": line.amount,
                    "taxable": line.is_taxable,
                    "clauses": line.clauses,
                    "arithmetic": line.arithmetic,
                }
                for line in sessions.lines_of(session, work.id)
            ],
        }
    ]
