"""What has to hold, one function for each invariant of reliability.md; `Watch` asks them at each noon and at the end.

The promise is worked out here anew, from the wall clock and plain arithmetic in UTC, not by the product's own rule.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tests.simulation import accounts, money, stepped
from tests.simulation.house import Broken, House
from tests.simulation.seen import KINDS
from tests.simulation.spans import FOUND_WITHIN, Spans
from tests.simulation.traffic import AT_HOME
from triage.services.audit import verify_chain
from triage.store.models import Alert, Case, Delivery, Event, LedgerEntry, Timer, Voicemail
from webhooks.simulator.nights.voicemails import Arrival
from webhooks.simulator.records import Call, InboundCall, Message
from webhooks.simulator.texting import TERMINAL

NEW_YORK = ZoneInfo("America/New_York")
PROMISE = timedelta(hours=2)
ON_TIME = timedelta(seconds=15)
FINAL_WITHIN = timedelta(days=5)
KNOWN_WITHIN = timedelta(hours=2)
"""What the end of a text or call is known by: the phone system is asked four times in the first hour."""
_DELIVERY = re.compile(r"[?&]delivery=(\d+)")
_STATES = {"open", "acknowledged", "called_back", "closed", "deferred", "review"}


class Watch:
    """Looks at one house. Raises Broken with the number of the invariant."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.head = ""
        self.alerts = 0
        self._heads: list[tuple[int, str]] = []
        self.spans = Spans()
        house.is_calm = lambda: not self.spans.touch(house.now, house.now)
        self._unknown: set[int] = set()
        self._closed: set[int] = set()
        self._callbacks: dict[int, datetime] = {}
        self._read_up_to = 0

    def somebody_calls(self, arrival: Arrival) -> None:
        seen = self.house.seen
        for what, is_so in (
            ("Spanish", arrival.answers.spanish),
            ("hang-up", arrival.hangs_up_at_greeting or arrival.seconds < 3),
            ("withheld number", not arrival.answers.is_shown),
            ("keyed number", arrival.answers.number is not None),
        ):
            if is_so:
                seen.note(what)

    def nothing_was_refused(self, call: Call | InboundCall) -> None:
        """Twilio takes each document as it is."""
        if call.warnings:
            raise Broken(f"a document that Twilio would not take as it is: {call.warnings}")

    def each_noon(self) -> None:
        """Everything was quiet for hours: nothing may be left of what went wrong."""
        self.look_around()
        self.history_holds()

    def look_around(self) -> None:
        """All but the history, whose check takes longer the longer it is."""
        house = self.house
        self.nothing_is_due()
        with house.store.read() as session:
            self.look(session)
            self.count_what_was_seen(session)

    def look(self, session: Session) -> None:
        """Everything that the rows of the last days show."""
        now = self.house.now
        cases = session.scalars(select(Case).where(Case.opened_at >= now - timedelta(days=12))).all()
        deliveries = session.scalars(select(Delivery).where(Delivery.created_at >= now - timedelta(days=3))).all()
        self.every_recording_is_a_voicemail(session)
        self.every_case_ends(session, cases)
        self.every_promise_is_kept_or_told(session, cases)
        for case in cases:
            self.the_promise_is_two_hours(session, case)
        self.nobody_is_told_twice(session, deliveries)
        self.what_became_of_it_is_known(deliveries)
        self.callers_are_told_once(deliveries)
        money.each_callback_is_billed_once(session)
        accounts.each_dealer_pays_what_it_owes(session, self.house.program.now())
        self.nobody_strange_is_rung()
        self.nobody_is_woken_for_the_next_day(session, cases)
        self.states_only_move_on(session, cases)
        stepped.no_rung_comes_again_or_is_left_out(session, cases, self.house.program.desk.terms.ladder)

    def at_the_end(self) -> None:
        with self.house.store.read() as session:
            self.alerts = session.scalar(select(func.count()).select_from(Alert)) or 0
            if session.scalar(select(func.count()).where(Delivery.state == "bundled")):
                self.house.seen.note("summary instead of texts")
            self._count_cases(session)

    def every_recording_is_a_voicemail(self, session: Session) -> None:
        """I1: every recording that the phone system holds of a call to us is one voicemail, soon after it was made."""
        exchange, now = self.house.phones.exchange, self.house.now
        ours = [
            recording
            for recording in exchange.recordings.values()
            if recording.source == "RecordVerb" and exchange.calls[recording.call_sid].direction == "inbound"
        ]
        sids = [recording.sid for recording in ours]
        rows = Counter(session.scalars(select(Voicemail.recording_sid).where(Voicemail.recording_sid.in_(sids))))
        for recording in ours:
            ended = recording.started_at + timedelta(seconds=recording.seconds)
            if ended < now - FOUND_WITHIN and rows[recording.sid] != 1:
                raise Broken(f"I1: recording {recording.sid}, ended {ended}, is {rows[recording.sid]} voicemails")
        for row in session.scalars(select(Voicemail).where(Voicemail.recording_sid.in_(sids))):
            if row.received_at - row.left_at > FOUND_WITHIN and not self.spans.touch(row.left_at, row.received_at):
                raise Broken(f"I1: voicemail {row.recording_sid} of {row.left_at} came at {row.received_at}")

    def every_case_ends(self, session: Session, cases: Sequence[Case]) -> None:
        """I2: every case reaches its end, and one that nobody has to call back names the rule that says so."""
        for case in cases:
            if case.state not in _STATES:
                raise Broken(f"I2: case {case.reference} is {case.state}")
            if not case.clauses:
                raise Broken(f"I2: case {case.reference} names no rule")
            is_old = case.opened_at < self.house.now - FINAL_WITHIN
            if is_old and case.state not in {"closed", "review", "deferred"}:
                raise Broken(f"I2: case {case.reference} of {case.opened_at} is still {case.state}")
            if case.state in {"open", "acknowledged"} and not self._timers(session, case):
                raise Broken(f"I2: case {case.reference} is {case.state} and nothing will happen")

    def every_promise_is_kept_or_told(self, session: Session, cases: Sequence[Case]) -> None:
        """I3 and I5: by the deadline somebody called back, or people were told, and it is on record as broken."""
        for case in cases:
            due = case.callback_due
            if (
                due is None
                or due > self.house.now - FOUND_WITHIN
                or (case.callback_made_at and case.callback_made_at <= due)
            ):
                continue
            alerts = session.scalars(select(Alert.created_at).where(Alert.case_id == case.id)).all()
            is_dismissed = case.state == "closed" and case.callback_made_at is None
            if case.breached_at is None and not is_dismissed:
                raise Broken(f"I3: case {case.reference}, due {due}: neither a callback in time nor a breach")
            if is_dismissed or case.breached_at is None:
                continue
            is_troubled = self.spans.touch(case.left_at, due + ON_TIME)
            latest = self.spans.over_after(due)
            if latest is None:
                continue
            if not any(at <= (latest + ON_TIME if is_troubled else due) for at in alerts):
                raise Broken(f"I3: nobody was told of case {case.reference}, due {due}, by {latest}")
            if not due <= case.breached_at <= latest + ON_TIME:
                raise Broken(f"I5: case {case.reference}, due {due}: its breach is of {case.breached_at}, not {latest}")

    def the_promise_is_two_hours(self, session: Session, case: Case) -> None:
        """I4: the deadline is two hours of elapsed time after the message, or two support hours into the next day; of a
        message that ended after that day began, two hours after it."""
        due = case.callback_due
        if due is None:
            return
        if case.product == "server" and not self._is_support_hour(case.answered_at):
            expected = max(self._next_opening(case.answered_at), case.left_at) + PROMISE
            if self._has(session, case, "message_learnt_from"):
                return  # a second message told of the product, and the first deadline stands
        else:
            expected = case.left_at + PROMISE
        if due.astimezone(UTC) != expected:
            raise Broken(f"I4: case {case.reference}, left {case.left_at}, {case.product}: due {due}, not {expected}")

    def nothing_is_due(self) -> None:
        """I11: after hours of quiet nothing waits that should have happened."""
        if self.house.is_overdue():
            raise Broken("I11: something stays due, however often it is swept")

    def what_became_of_it_is_known(self, deliveries: Sequence[Delivery]) -> None:
        """I11: however many reports are lost, what became of a text or call is known here where it is there."""
        exchange = self.house.phones.exchange
        over = {sid: one.status for sid, one in exchange.messages.items() if one.status in TERMINAL}
        over |= {sid: one.status for sid, one in exchange.calls.items() if one.is_over}
        for row in deliveries:
            is_old = row.started_at is not None and row.started_at < self.house.now - KNOWN_WITHIN
            if is_old and row.state in {"accepted", "sent"} and row.provider_sid in over:
                raise Broken(f"I11: delivery {row.id} is {row.state} here, and {over[row.provider_sid]} in truth")

    def nobody_is_told_twice(self, session: Session, deliveries: Sequence[Delivery]) -> None:
        """I6: the provider took each delivery once; a repeat is marked, and its first outcome was unknown."""
        sent = Counter(self._sent())
        known = {row.id: row for row in deliveries}
        for delivery_id, times in sent.items():
            if times > 1:
                raise Broken(f"I6: delivery {delivery_id} went out {times} times")
        for row in deliveries:
            if row.repeat_of is None:
                continue
            first = known.get(row.repeat_of) or session.get_one(Delivery, row.repeat_of)
            if first.id not in self._unknown and not self._became_unknown(session, first):
                raise Broken(f"I6: delivery {row.id} repeats {first.id}, whose outcome was never unknown")
            if first.state != "dropped" and not self._was_answered(first):  # a node that stood still rang late
                raise Broken(f"I6: delivery {first.id} is {first.state}, and was repeated as {row.id}")
            if row.channel == "sms" and not row.body.startswith("(repeat)") and row.bundled_in is None:
                raise Broken(f"I6: delivery {row.id} repeats {first.id} and does not say so")
            if first.id in sent and row.id in sent:
                self.house.seen.note("repeated although it had arrived")

    def _was_answered(self, delivery: Delivery) -> bool:
        """Whether somebody pressed a key in a call: to take a case, or to hear a message."""
        call = self.house.phones.exchange.calls.get(delivery.provider_sid or "")
        return bool(delivery.pressed or (call and call.pressed))

    def callers_are_told_once(self, deliveries: Sequence[Delivery]) -> None:
        """I7: what goes to a caller is never repeated by itself."""
        outside = [row for row in deliveries if row.person_id is None]
        if repeated := [row.id for row in outside if row.repeat_of is not None]:
            raise Broken(f"I7: deliveries {repeated} to callers repeat others")

    def nobody_strange_is_rung(self) -> None:
        """I9: calls go to people on the roster, and to callers whose number the policy allows."""
        exchange = self.house.phones.exchange
        for call in exchange.calls.values():
            if call.direction == "outbound-api" and call.to not in self.house.staff_phones:
                raise Broken(f"I9: an alert call went to {call.to}")
            if call.direction == "outbound-dial" and call.to not in AT_HOME.union(self.house.staff_phones):
                raise Broken(f"I9: {call.to} was dialled")

    def nobody_is_woken_for_the_next_day(self, session: Session, cases: Sequence[Case]) -> None:
        """I9: of a case that waits for the next support day nobody hears at night."""
        for case in cases:
            opens = self._next_opening(case.answered_at)
            is_deferred = case.product == "server" and not self._is_support_hour(case.answered_at)
            if not is_deferred or self.spans.touch(case.left_at, opens) or self._has(session, case, "learnt_from"):
                continue
            first = session.scalar(select(func.min(Alert.created_at)).where(Alert.case_id == case.id))
            if first is not None and first < opens:
                raise Broken(f"I9: case {case.reference} waits until {opens}, and somebody was alerted at {first}")

    def states_only_move_on(self, session: Session, cases: Sequence[Case]) -> None:
        """I12: a callback on record stays, unless an entry takes it back; what is closed stays so, unless reopened."""
        for case in cases:
            before = self._callbacks.pop(case.id, None)
            if before is not None and case.callback_made_at is None and not self._has(session, case, "withdrawn"):
                raise Broken(f"I12: the callback of case {case.reference} is gone")
            if case.callback_made_at is not None:
                self._callbacks[case.id] = case.callback_made_at
            if case.state == "closed":
                self._closed.add(case.id)
            elif case.id in self._closed:
                self._closed.remove(case.id)
                if not self._reopened_by_a_person(session, case):
                    raise Broken(f"I12: case {case.reference} was closed, is {case.state}, and no person reopened it")

    def history_holds(self) -> None:
        """I12: the chain verifies from its first entry, nothing of it was rewritten, and everything has an actor."""
        verdict = verify_chain(self.house.program.desk)
        if verdict.first_bad is not None:
            raise Broken(f"I12: entry {verdict.first_bad}: {verdict.reason}")
        with self.house.store.read() as session:
            numbers = [number for number, _ in self._heads]
            kept = dict(session.execute(select(Event.number, Event.hash).where(Event.number.in_(numbers))).all())
            if nameless := session.scalars(select(Event.number).where(Event.actor == "")).all():
                raise Broken(f"I12: entries without an actor: {nameless[:5]}")
        if any(kept.get(number) != digest for number, digest in self._heads):
            raise Broken("I12: an entry that was there is gone, or another")
        self._heads = [*self._heads[-40:], (verdict.entries, verdict.head)]
        self.head = verdict.head

    def count_what_was_seen(self, session: Session) -> None:
        seen = self.house.seen
        rows = session.execute(
            select(Event.number, Event.kind, Event.details)
            .where(Event.number > self._read_up_to)
            .order_by(Event.number)
        ).all()
        unknown: set[int] = set()
        for number, kind, details in rows:
            self._read_up_to = number
            if kind in KINDS:
                seen.note(KINDS[kind])
            if kind == "delivery_unknown":
                unknown.add(details["delivery"])
        self._unknown |= unknown
        if unknown:
            adopted = select(func.count()).where(Delivery.id.in_(unknown), Delivery.provider_sid.is_not(None))
            for _ in range(session.scalar(adopted) or 0):
                seen.note("unknown adopted")

    def _count_cases(self, session: Session) -> None:
        seen = self.house.seen
        for case in session.scalars(select(Case)):
            if "not_attested" in case.flags:
                seen.note("not attested")
            if case.callback_basis == "attempts":
                seen.note("callback by attempts")
            if case.callback_basis == "measured":
                seen.note("callback measured")
            if case.product == "server" and case.ladder_base_at > case.left_at + PROMISE:
                seen.note("deferred case")
            if case.callback_due is None:
                seen.note("review case")
        for _ in session.scalars(select(LedgerEntry.id).where(LedgerEntry.session_id.is_not(None))):
            seen.note("hours of a dealer drawn")
        joined = select(Voicemail.case_id).group_by(Voicemail.case_id).having(func.count() > 1)
        for _ in session.scalars(joined):
            seen.note("second message joined its case")

    def _sent(self) -> Iterator[int]:
        exchange = self.house.phones.exchange
        made: list[Message | Call] = [*exchange.messages.values(), *exchange.calls.values()]
        for one in made:
            if one.direction == "outbound-api" and (found := _DELIVERY.search(one.status_callback or "")):
                yield int(found.group(1))

    def _became_unknown(self, session: Session, row: Delivery) -> bool:
        told = session.scalars(
            select(Event.details).where(Event.kind == "delivery_unknown", Event.number > self._read_up_to)
        )
        return any(details["delivery"] == row.id for details in told)

    def _reopened_by_a_person(self, session: Session, case: Case) -> bool:
        actors = session.scalars(select(Event.actor).where(Event.case_id == case.id, Event.kind == "reopened"))
        return any(actor.startswith(("person:", "account:")) for actor in actors)

    def _timers(self, session: Session, case: Case) -> int:
        return session.scalar(select(func.count()).where(Timer.case_id == case.id)) or 0

    def _has(self, session: Session, case: Case, word: str) -> bool:
        kinds = session.scalars(select(Event.kind).where(Event.case_id == case.id))
        return any(word in kind for kind in kinds)

    def _is_support_hour(self, at: datetime) -> bool:
        here = at.astimezone(NEW_YORK)
        return self._is_support_day(here.date()) and time(8) <= here.time() < time(17)

    def _next_opening(self, at: datetime) -> datetime:
        here = at.astimezone(NEW_YORK)
        day = here.date() if here.time() < time(8) else here.date() + timedelta(days=1)
        while not self._is_support_day(day):
            day += timedelta(days=1)
        return datetime.combine(day, time(8), NEW_YORK).astimezone(UTC)

    def _is_support_day(self, day: date) -> bool:
        return day.weekday() < 5 and day not in self.house.closures
