"""The alerts and deliveries that a transaction plans: what they depend on is read for all of its cases together, and
they are written together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from operator import attrgetter, itemgetter
from typing import Any

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from triage.policy.delivery import DeliveryState
from triage.policy.ladder import RUNGS
from triage.store import deliveries
from triage.store.base import Base
from triage.store.bulk import insert_all, next_ids
from triage.store.models import Alert, Delivery

_ALERTS, _DELIVERIES = (Base.metadata.tables[model.__tablename__] for model in (Alert, Delivery))
_LAST = (
    select(
        _ALERTS.c.case_id, _ALERTS.c.reason, func.max(_ALERTS.c.step).label("step"), func.max(_ALERTS.c.id).label("id"),
        func.max(_ALERTS.c.created_at).label("at"),
    )
    .where(_ALERTS.c.case_id.in_(bindparam("ids", expanding=True)))
    .group_by(_ALERTS.c.case_id, _ALERTS.c.reason)
)  # fmt: skip
_RUNGS = select(_ALERTS.c.case_id, _ALERTS.c.round, _ALERTS.c.step, _ALERTS.c.created_at).where(
    _ALERTS.c.id.in_(bindparam("ids", expanding=True))
)
_ALERT = "id", "case_id", "person_id", "reason", "round", "step", "created_at"
_DELIVERY = (
    "case_id", "person_id", "phone", "channel", "body", "state", "is_held", "is_answer", "attempts", "created_at",
    "next_attempt_at", "reason",
)  # fmt: skip
_of_alert, _of_delivery = attrgetter(*_ALERT), itemgetter(*_DELIVERY)


@dataclass(frozen=True, slots=True)
class Rung:
    """A rung of the ladder, and when it was climbed."""

    round: int
    step: int
    created_at: datetime


@dataclass(slots=True)
class NewAlert:
    """An alert that is not written yet, with what it goes by."""

    case_id: int
    person_id: str
    reason: str
    round: int
    step: int
    created_at: datetime
    channels: list[str] = field(default_factory=list)
    is_texted: bool = False
    id: int | None = None


class Outbox:
    """What it says of a case counts what was planned with it; it knows the alerts of the cases that it was made for."""

    def __init__(self, session: Session, case_ids: Iterable[int] = ()) -> None:
        session.flush()
        self._session = session
        self._last: dict[int, dict[str, Any]] = {}
        self._rungs: dict[int, Rung] | None = None
        self._alerts: list[NewAlert] = []
        self._of_case: dict[int, list[NewAlert]] = {}
        self._deliveries: list[tuple[NewAlert | int | None, dict[str, Any]]] = []
        self._sent: dict[tuple[str, str, bool, datetime], int] = {}
        self._planned = Counter[tuple[str, str, bool]]()
        self._held_until: dict[str, datetime | None] = {}
        if ids := list(case_ids):
            for row in session.execute(_LAST, {"ids": ids}):
                self._last.setdefault(row.case_id, {})[row.reason] = row

    def last_count(self, case_id: int, reason: str) -> int:
        """How often alerts for this reason went out for the case."""
        known = self._last.get(case_id, {}).get(reason)
        planned = (alert.step for alert in self._of_case.get(case_id, ()) if alert.reason == reason)
        return max(planned, default=known.step if known else 0)

    def last_rung(self, case_id: int) -> Rung | None:
        """The rung of the ladder that was climbed last."""
        for alert in reversed(self._of_case.get(case_id, ())):
            if alert.reason in RUNGS:
                return Rung(alert.round, alert.step, alert.created_at)
        if self._rungs is None:
            climbed = (
                max((row.id for reason, row in known.items() if reason in RUNGS), default=None)
                for known in self._last.values()
            )
            ids = [alert_id for alert_id in climbed if alert_id is not None]
            rows = self._session.execute(_RUNGS, {"ids": ids}) if ids else ()
            self._rungs = {row.case_id: Rung(row.round, row.step, row.created_at) for row in rows}
        return self._rungs.get(case_id)

    def made_at(self, case_id: int, person_id: str, at: datetime) -> NewAlert | int | None:
        """The alert about the case that the person gets at this very instant already: planned here, or its id."""
        for alert in self._of_case.get(case_id, ()):
            if alert.person_id == person_id and alert.created_at == at:
                return alert
        if any(row.at == at for row in self._last.get(case_id, {}).values()):
            found = deliveries.alert_made_at(self._session, case_id, person_id, at)
            return found.id if found else None
        return None

    def channels_of(self, alert: NewAlert | int) -> set[str]:
        """By what an alert goes to its person."""
        return deliveries.channels_of(self._session, alert) if isinstance(alert, int) else set(alert.channels)

    def last_texted(self, case_id: int, person_id: str) -> datetime | None:
        """When the newest alert about a case was made that the person got, or gets, by text."""
        planned = (
            one.created_at for one in self._of_case.get(case_id, ()) if one.person_id == person_id and one.is_texted
        )
        found = max(planned, default=None)
        return found or deliveries.last_alerted_by_text(self._session, case_id, person_id)

    def sent_since(self, phone: str, channel: str, since: datetime, *, is_emergency: bool) -> int:
        """How many alerts went or go to a phone since an instant; emergencies and others are counted apart."""
        key = phone, channel, is_emergency, since
        if key not in self._sent:
            self._sent[key] = deliveries.sent_since(self._session, phone, channel, since, is_emergency=is_emergency)
        return self._sent[key] + self._planned[phone, channel, is_emergency]

    def held_until(self, phone: str) -> datetime | None:
        """When the summary for a phone goes out, if texts are held for it."""
        if phone not in self._held_until:
            self._held_until[phone] = deliveries.held_until(self._session, phone)
        return self._held_until[phone]

    def add_alert(self, alert: NewAlert) -> None:
        self._alerts.append(alert)
        self._of_case.setdefault(alert.case_id, []).append(alert)

    def add_delivery(
        self, values: dict[str, Any], alert: NewAlert | int | None, *, is_emergency: bool | None = None
    ) -> None:
        """A row of deliveries, and the alert that it carries; `is_emergency` says of its case, None without one."""
        self._deliveries.append((alert, values))
        channel, is_dropped = values["channel"], values["state"] == DeliveryState.DROPPED
        if values["is_held"]:
            known, until = self.held_until(values["phone"]), values["next_attempt_at"]
            self._held_until[values["phone"]] = min(known, until) if known else until
        elif is_emergency is not None and not is_dropped:
            self._planned[values["phone"], channel, is_emergency] += 1
        if isinstance(alert, NewAlert):
            alert.channels.append(channel)
            alert.is_texted |= channel == "sms" and not is_dropped

    def write(self) -> None:
        """Once, at the end."""
        connection = self._session.connection()
        if self._alerts:
            for alert, alert_id in zip(self._alerts, next_ids(connection, _ALERTS, len(self._alerts)), strict=True):
                alert.id = alert_id
            insert_all(connection, _ALERTS, _ALERT, [_of_alert(alert) for alert in self._alerts])
        rows = [
            (alert.id if isinstance(alert, NewAlert) else alert, *_of_delivery(values))
            for alert, values in self._deliveries
        ]
        insert_all(connection, _DELIVERIES, ("alert_id", *_DELIVERY), rows)
