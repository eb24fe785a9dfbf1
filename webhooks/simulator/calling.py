"""Calls that we make by REST: rung, answered or not, walked, reported."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial

from webhooks.simulator.call_reports import end_call, report_call
from webhooks.simulator.dialing import dial, keys_of, put_off
from webhooks.simulator.exchange import Exchange
from webhooks.simulator.faults import Refused
from webhooks.simulator.records import Behaviour, Call, Person, Phone, new_sid
from webhooks.simulator.texting import E164
from webhooks.simulator.walk import Steps, Walk

EVENTS = frozenset({"initiated", "ringing", "answered", "completed"})


class Calling:
    """The outbound call side of the exchange."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange

    def create(
        self,
        *,
        to: str,
        from_: str,
        url: str | None = None,
        twiml: str | None = None,
        status_callback: str | None = None,
        events: frozenset[str] = frozenset(),
        timeout: int = 60,
        detects_machines: bool = False,
    ) -> Call:
        """A call as REST makes it, its ringing queued. Raises Refused where Twilio refuses, with its code."""
        self._check(to, from_, url, twiml, events)
        call = Call(
            sid=new_sid("CA"),
            from_=from_,
            to=to,
            direction="outbound-api",
            status="queued",
            created_at=self._exchange.clock.now(),
            url=url,
            twiml=None if url else twiml,  # Url wins over Twiml
            detects_machines=detects_machines,
            timeout=timeout,
            status_callback=status_callback,
            events=events or frozenset({"completed"}),
        )
        with self._exchange.lock:
            self._exchange.calls[call.sid] = call
        self._exchange.at(call.created_at + self._exchange.report_delay, partial(self._dial_out, call.sid))
        return call

    def hang_up(self, sid: str, status: str) -> Call:
        """End a call from our side: `canceled` before it is answered, `completed` at any time."""
        exchange = self._exchange
        with exchange.lock:
            call = exchange.calls[sid]
            if status == "canceled" and call.status not in {"queued", "ringing"}:
                raise Refused(21220, "Call is not in-progress. Cannot redirect.")
            unanswered = call.status in {"queued", "ringing"}
            if call.status == "queued":  # nobody is told of a call that never rang
                return exchange.change_call(sid, status="canceled", ended_at=exchange.clock.now())
        put_off(exchange, sid)
        return end_call(exchange, sid, "canceled" if unanswered else "completed", exchange.clock.now())

    def _check(self, to: str, from_: str, url: str | None, twiml: str | None, events: frozenset[str]) -> None:
        if not E164.fullmatch(to):
            raise Refused(21211, f"The 'To' number {to} is not a valid phone number.")
        if from_ != self._exchange.ours.number:
            raise Refused(21210, f"The source phone number provided, {from_}, is not yet verified.")
        if not url and not twiml:
            raise Refused(21205, "Url parameter is required.")
        if twiml and len(twiml) > 4000:
            raise Refused(21624, "Twiml must be at most 4000 characters.")
        if strange := events - EVENTS:
            raise Refused(21626, f"Invalid StatusCallbackEvents: {', '.join(sorted(strange))}.")

    def _dial_out(self, sid: str, at: datetime) -> None:
        exchange = self._exchange
        if exchange.calls[sid].is_over:
            return
        report_call(exchange, sid, "initiated", "initiated", at)
        exchange.at(at + exchange.report_delay, partial(self._ring, sid))

    def _ring(self, sid: str, at: datetime) -> None:
        exchange = self._exchange
        with exchange.lock:
            if exchange.calls[sid].is_over:
                return
            call = exchange.change_call(sid, status="ringing")
        report_call(exchange, sid, "ringing", "ringing", at)
        behaviour = exchange.phone_at(call.to).behaviour
        soon = at + exchange.report_delay
        match behaviour:
            case Behaviour.DEAD:
                exchange.at(at + timedelta(seconds=call.timeout), partial(self._end, sid, "no-answer"))
            case Behaviour.BUSY:
                exchange.at(soon, partial(self._end, sid, "busy"))
            case _:
                exchange.at(soon, partial(self._answer, sid))

    def _end(self, sid: str, status: str, at: datetime) -> None:
        end_call(self._exchange, sid, status, at)

    def _answer(self, sid: str, at: datetime) -> None:
        exchange = self._exchange
        with exchange.lock:
            call = exchange.calls[sid]
            if call.is_over:
                return
            phone = exchange.phone_at(call.to)
            answered_by = _answered_by(phone) if call.detects_machines else None
            exchange.change_call(sid, status="in-progress", started_at=at, answered_by=answered_by)
        report_call(exchange, sid, "answered", "in-progress", at)
        person = Person(keys=keys_of(phone), speaks_for=phone.talks_for)
        walk = Walk(exchange, sid, person, at, dial)
        document = walk.fetch(call.url, {}) if call.url else walk.read(call.twiml or "", "")
        self._go_on(walk, walk.run(document), at)

    def _go_on(self, walk: Walk, steps: Steps, _at: datetime) -> None:
        """Walk as far as the next conversation that takes time, and come back when that is over."""
        if walk.call.is_over:  # hung up from our side meanwhile
            steps.close()
            return
        try:
            next(steps)
        except StopIteration:
            self._exchange.at(walk.at, partial(self._hung_up, walk))
        else:
            self._exchange.at(walk.at, partial(self._go_on, walk, steps))

    def _hung_up(self, walk: Walk, at: datetime) -> None:
        call = end_call(self._exchange, walk.sid, "completed", at)
        for tape in walk.tapes:
            for url, form in tape.reports(self._exchange, call):
                self._exchange.poster.post(url, form)


def _answered_by(phone: Phone) -> str:
    return "machine_start" if phone.behaviour is Behaviour.VOICEMAIL_BOX else "human"
