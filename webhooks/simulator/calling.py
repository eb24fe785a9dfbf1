"""Calls that we make by REST: rung, answered or not, walked, reported."""

from __future__ import annotations

from datetime import timedelta

from webhooks.simulator.call_reports import end_call, report_call
from webhooks.simulator.dialing import dial, put_off
from webhooks.simulator.exchange import Exchange
from webhooks.simulator.faults import Refused
from webhooks.simulator.inbound import call_us
from webhooks.simulator.pace import Pace, Party, Steps, first_deed
from webhooks.simulator.people import person_at, pick_up
from webhooks.simulator.person import Act, Deed, FarEnd, Live, Moment
from webhooks.simulator.records import Call
from webhooks.simulator.taping import report_tape
from webhooks.simulator.texting import E164
from webhooks.simulator.walk import Walk

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
        send_digits: str = "",
    ) -> Call:
        """A call as REST makes it, its ringing queued. Raises Refused where Twilio refuses, with its code."""
        self._check(to, from_, url, twiml, events)
        call = Call(
            sid=self._exchange.new_sid("CA"),
            from_=from_,
            to=to,
            direction="outbound-api",
            status="queued",
            created_at=self._exchange.clock.now(),
            url=url,
            twiml=None if url else twiml,  # Url wins over Twiml
            detects_machines=detects_machines and not send_digits,
            timeout=timeout,
            send_digits=send_digits,
            status_callback=status_callback,
            events=events or frozenset({"completed"}),
        )
        with self._exchange.lock:
            self._exchange.calls[call.sid] = call
        Pace(self._exchange, call.sid, self._run(call)).begin()
        return call

    def hang_up(self, sid: str, status: str) -> Call:
        """End a leg from our side: `canceled` before it is answered, `completed` at any time.

        A first leg takes those along that it rang; where a called party is ended, the first goes on after its Dial.
        """
        exchange = self._exchange
        with exchange.lock:
            call = exchange.calls[sid]
            if status == "canceled" and call.status not in {"queued", "ringing"}:
                raise Refused(21220, "Call is not in-progress. Cannot redirect.")
            unanswered = call.status in {"queued", "ringing"}
            if call.status == "queued":  # nobody is told of a call that never rang
                return exchange.change_call(sid, status="canceled", ended_at=exchange.clock.now())
        put_off(exchange, sid)
        call = end_call(exchange, sid, "canceled" if unanswered else "completed", exchange.clock.now())
        exchange.wake(sid)
        return call

    def _check(self, to: str, from_: str, url: str | None, twiml: str | None, events: frozenset[str]) -> None:
        if not E164.fullmatch(to):
            raise Refused(21211, f"The 'To' number {to} is not a valid phone number.")
        if not self._exchange.is_ours(from_):
            raise Refused(21210, f"The source phone number provided, {from_}, is not yet verified.")
        if not url and not twiml:
            raise Refused(21205, "Url parameter is required.")
        if twiml and len(twiml) > 4000:
            raise Refused(21624, "Twiml must be at most 4000 characters.")
        if strange := events - EVENTS:
            raise Refused(21626, f"Invalid StatusCallbackEvents: {', '.join(sorted(strange))}.")

    def _run(self, call: Call) -> Steps[None]:
        """The whole call, from dialling to its end."""
        exchange, soon = self._exchange, self._exchange.report_delay
        at = yield call.created_at + soon
        for status in ("initiated", "ringing"):
            with exchange.lock:
                if exchange.calls[call.sid].is_over:
                    return
                if status == "ringing":
                    exchange.change_call(call.sid, status=status)
            report_call(exchange, call.sid, status, status, at)
            if status == "initiated":
                at = yield at + soon
        is_to_us = call.to == exchange.ours.number
        person = Live() if is_to_us else person_at(exchange, call, soon.total_seconds())
        walk = Walk(exchange, call.sid, person, at, dial)
        walk.taped = report_tape(exchange, walk)
        if is_to_us:
            yield from self._reach_us(walk)
        else:
            yield from self._reach(walk)

    def _reach(self, walk: Walk) -> Steps[None]:
        until = walk.at + timedelta(seconds=walk.call.timeout)
        walk.at, _, deed = yield from first_deed(walk.at, until, [Party(walk, Moment.RINGING)])
        if deed and deed.act in {Act.PICK_UP, Act.LET_BOX_ANSWER}:
            pick_up(walk, deed.act)
            yield from self._walk_through(walk)
        else:
            end_call(self._exchange, walk.sid, "busy" if deed else "no-answer", walk.at)

    def _walk_through(self, walk: Walk) -> Steps[None]:
        call = walk.call
        document = walk.fetch(call.url, {}) if call.url else walk.read(call.twiml or "", "")
        yield from walk.run(document)
        end_call(self._exchange, call.sid, walk.ends_as, walk.at)

    def _reach_us(self, walk: Walk) -> Steps[None]:
        """One number of ours calls the other: what it says there is our own document's, and so is its end."""
        exchange, person = self._exchange, walk.person
        far_end = FarEnd(will_press="".join(key for key in walk.call.send_digits if key not in "wW"))

        def ended(call: Call) -> None:
            if isinstance(person, Live):
                person.do(Deed(Act.HANG_UP, walk.at))
            exchange.wake(walk.sid, call.ended_at)

        sid = call_us(exchange, walk.call.from_, far_end, walk.at, ended)
        pick_up(walk, Act.PICK_UP)
        yield from self._walk_through(walk)
        far_end.do(Deed(Act.HANG_UP, walk.at))
        exchange.wake(sid, walk.at)
