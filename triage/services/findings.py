"""What the rows show to be wrong: asked by the auditor, by the page System and by `doctor`, each time anew."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from triage.errors import StoreLocked, StoreUnavailable
from triage.policy import carriage as rules
from triage.policy.delivery import DeliveryState
from triage.policy.faults import Fault, Finding
from triage.policy.gsm7 import one_line
from triage.policy.hours import local
from triage.policy.lengths import exactly
from triage.policy.limits import NOTICE_MAY_TAKE, WORK_MAY_WAIT, is_list_late, is_once_a_day_late
from triage.policy.put_back import CLOCKS_MAY_DIFFER_BY
from triage.policy.roster import Roster
from triage.services import audit
from triage.services.alerts import administrators
from triage.services.desk import Desk
from triage.store import Session, ahead, carriage, marks, schema, vital_signs

_NOTICES_OF = timedelta(hours=1)
_MOST_NOTICES = 6


def of_rows(desk: Desk, now: datetime) -> list[Finding]:
    """Everything that is wrong by the database. Raises StoreUnavailable."""
    with desk.store.read() as session:
        return [
            *late(session, now),
            *_lists(session, desk, now),
            *_head(session, now),
            *_carriage(session, now),
            *_notices(session, desk, now),
        ]


def late(session: Session, now: datetime) -> Iterator[Finding]:
    """What should have happened and did not."""
    backlog = vital_signs.backlog(session, now)
    for fault, oldest, count, name in (
        (Fault.WORK, backlog.oldest_timer, backlog.timers, "timers are due"),
        (Fault.SENDING, backlog.oldest_delivery, backlog.deliveries, "deliveries wait"),
    ):
        if oldest is not None and now - oldest > WORK_MAY_WAIT:
            yield Finding(fault, f"{count} {name}, the oldest since {oldest:%Y-%m-%d %H:%M:%S} UTC")


def refusal(error: StoreUnavailable, what: str) -> Finding:
    """What a database that refuses shows: that it is down, or only that somebody else holds it."""
    return Finding(Fault.LOCKED if isinstance(error, StoreLocked) else Fault.DATABASE, f"{what}: {error}")


def clock_behind(desk: Desk, now: datetime) -> timedelta | None:
    """How far the clock is behind the newest instant on record; None where it is not. Raises StoreUnavailable."""
    if schema.revision(desk.store) is None:
        return None
    newest: datetime | None = desk.store.scalar(ahead.FURTHEST_SIGN)
    return newest - now if newest is not None and newest - now > CLOCKS_MAY_DIFFER_BY else None


def _lists(session: Session, desk: Desk, now: datetime) -> Iterator[Finding]:
    behind = {mark.name: now - mark.at for mark in marks.of_lists(session)}
    if found := {name: by for name, by in behind.items() if is_list_late(by, desk.terms)}:
        longest = exactly(max(found.values()).total_seconds())
        yield Finding(Fault.LISTS, f"not gone through for {longest}: {', '.join(sorted(found))}")


def _head(session: Session, now: datetime) -> Iterator[Finding]:
    published = vital_signs.last_seen(session, audit.SIGN)
    if published is not None and is_once_a_day_late(published, now):
        yield Finding(Fault.HEAD, f"not for {exactly((now - published).total_seconds())}")


def _carriage(session: Session, now: datetime) -> Iterator[Finding]:
    for fault, channel in ((Fault.TEXTS, "sms"), (Fault.CALLS, "voice")):
        rows = carriage.tried_since(session, channel, now - rules.LOOKS_BACK, rules.MOST_LOOKED_AT)
        sent = [
            rules.Sent(
                at=row.started_at or row.created_at,
                channel=row.channel,
                phone=row.phone,
                is_to_staff=row.person_id is not None,
                is_taken=row.provider_sid is not None,
                state=DeliveryState(row.state),
                code=row.error_code,
                reason=row.reason,
            )
            for row in rows
        ]
        if (found := rules.blocked(sent, now)) is not None:
            yield Finding(fault, found.why, found.tried_at)


def _notices(session: Session, desk: Desk, now: datetime) -> Iterator[Finding]:
    """What administrators, or those in charge, were to be told about no case, and were not."""
    people = _in_charge(desk.roster(session))
    rows = carriage.notices_since(session, list(people), now - _NOTICES_OF)
    missed = [
        row
        for row in rows
        if people[row.person_id or ""] == row.phone
        and (
            row.state == DeliveryState.FAILED or (_is_on_its_way(row.state) and now - row.created_at > NOTICE_MAY_TAKE)
        )
    ]
    told = {one_line(row.body, 200): row.created_at for row in missed}
    lines = [f"{local(at, desk.terms):%H:%M %Z} {body}" for body, at in list(told.items())[-_MOST_NOTICES:]]
    if lines:
        yield Finding(Fault.NOTICES, "\n".join(lines))


def _in_charge(roster: Roster) -> dict[str, str]:
    return {person.id: person.phone for person in (*administrators(roster), *roster.in_charge())}


def _is_on_its_way(state: str) -> bool:
    return state in {
        DeliveryState.PLANNED,
        DeliveryState.SENDING,
        DeliveryState.UNKNOWN,
        DeliveryState.ACCEPTED,
    }
