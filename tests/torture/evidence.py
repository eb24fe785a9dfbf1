"""What has to hold whatever was done to the processes: asked of the database and of the phones."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from itertools import islice
from urllib.parse import parse_qs, urlsplit

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tests.support.live import Live
from tests.torture.people import Left
from triage.store import chain
from triage.store.chain import GENESIS
from triage.store.models import BillingLine, Case, Delivery, Event, Voicemail
from webhooks.simulator.records import Call, Message

ALERTED_WITHIN = timedelta(seconds=90)
"""From our 2xx to the first alert, also where its sender died with it: the lease, the search, the marked repeat."""


NEVER = datetime.max.replace(tzinfo=UTC)


class Evidence:
    """Looks at what is new since it last looked. Raises AssertionError with what is wrong."""

    def __init__(self, live: Live) -> None:
        self.sent: Counter[int] = Counter()
        self._first_sent: dict[int, datetime] = {}
        self._live = live
        self._seen_messages = self._seen_calls = 0
        self._head = (0, GENESIS)

    def look(self, left: Collection[Left]) -> None:
        """At the end of a round: nothing lost, nothing doubled, the history whole."""
        assert self._live.died() == [], "a process ended by itself"
        self._look_at_phones()
        with self._live.program.desk.store.read() as session:
            self._none_is_lost(session, left)
            self._nobody_is_alerted_twice(session)
            self._nothing_is_billed_twice(session)
            verdict, _ = chain.verify_after(session, *self._head, most=1_000_000)
            assert verdict.first_bad is None, f"entry {verdict.first_bad} of the history: {verdict.reason}"
            self._head = (verdict.entries, verdict.head)

    def open_cases(self) -> list[int]:
        """Those that nobody has closed yet."""
        with self._live.program.desk.store.read() as session:
            return list(session.scalars(select(Case.id).where(Case.state != "closed")))

    def count(self, kind: str) -> int:
        """How often something stands in the history."""
        with self._live.program.desk.store.read() as session:
            return session.scalar(select(func.count()).select_from(Event).where(Event.kind == kind)) or 0

    def all_is_done(self, left: Collection[Left]) -> None:
        """At the end: every case was alerted in time, is closed and has its line; the whole chain fits."""
        self.look(left)
        with self._live.program.desk.store.read() as session:
            lines = session.scalar(select(func.count()).select_from(BillingLine))
            assert lines == len(left), f"{len(left)} voicemails, {lines} billing lines"
            assert chain.verify(session).first_bad is None
            alerts = session.execute(
                select(Voicemail.recording_sid, Delivery.id)
                .join(Delivery, Delivery.case_id == Voicemail.case_id)
                .where(Delivery.alert_id.is_not(None))
            ).all()
        alerted: dict[str, datetime] = {}
        for recording, delivery in alerts:
            if (at := self._first_sent.get(delivery)) is not None:
                alerted[recording] = min(at, alerted.get(recording, at))
        waited = {one.recording_sid: alerted.get(one.recording_sid, NEVER) - one.taken_at for one in left}
        late = {recording: str(span) for recording, span in waited.items() if span > ALERTED_WITHIN}
        assert not late, f"not alerted in time: {late}"

    def _look_at_phones(self) -> None:
        exchange = self._live.phones.exchange
        with exchange.lock:
            messages = list(islice(exchange.messages.values(), self._seen_messages, None))
            calls = list(islice(exchange.calls.values(), self._seen_calls, None))
        self._seen_messages += len(messages)
        self._seen_calls += len(calls)
        made: list[Message | Call] = [*messages, *calls]
        for one in made:
            delivery = _delivery_of(one)
            if delivery is not None:
                self.sent[delivery] += 1
                self._first_sent.setdefault(delivery, one.created_at)

    def _none_is_lost(self, session: Session, left: Collection[Left]) -> None:
        kept = Counter(session.scalars(select(Voicemail.recording_sid)))
        lost = [one.recording_sid for one in left if not kept[one.recording_sid]]
        assert not lost, f"answered with 2xx, and not there: {lost}"
        assert session.scalar(select(func.count()).select_from(Case)) == len(kept), "more cases than callers"

    def _nobody_is_alerted_twice(self, session: Session) -> None:
        """Each delivery is one request, and another of the same alert is a marked repeat of an unknown outcome."""
        twice = {delivery: times for delivery, times in self.sent.items() if times > 1}
        assert not twice, f"deliveries that were sent more than once: {twice}"
        kept = session.scalars(select(Event.details).where(Event.kind == "delivery_unknown"))
        unknown = {details["delivery"] for details in kept}
        rows = session.execute(
            select(Delivery.id, Delivery.alert_id, Delivery.channel, Delivery.repeat_of, Delivery.body).where(
                Delivery.alert_id.is_not(None)
            )
        )
        of_alert: defaultdict[tuple[int | None, str], list[int]] = defaultdict(list)
        for delivery, alert, channel, repeat_of, body in rows:
            if repeat_of is None:
                of_alert[alert, channel].append(delivery)
            else:
                assert repeat_of in unknown, f"delivery {delivery} repeats {repeat_of}, whose outcome was known"
                assert channel == "voice" or body.startswith("(repeat)"), f"delivery {delivery} is no marked repeat"
        doubled = {alert: ids for alert, ids in of_alert.items() if len(ids) > 1}
        assert not doubled, f"alerts that went out twice: {doubled}"

    def _nothing_is_billed_twice(self, session: Session) -> None:
        lines = session.execute(
            select(BillingLine.session_id, func.count()).group_by(BillingLine.session_id).having(func.count() > 1)
        ).all()
        assert not lines, f"sessions with more than one billing line: {lines}"


def _delivery_of(one: Message | Call) -> int | None:
    """The delivery that a text or call of ours names in its address for reports."""
    named = parse_qs(urlsplit(one.status_callback or "").query).get("delivery")
    return int(named[0]) if named else None
