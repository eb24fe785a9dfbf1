"""Texts: those that we send by REST, with their reports, and those that somebody sends us."""

from __future__ import annotations

import re
from datetime import datetime
from functools import partial

from webhooks.simulator.exchange import Exchange
from webhooks.simulator.faults import Refused, Webhook
from webhooks.simulator.posting import Report
from webhooks.simulator.records import Behaviour, Message
from webhooks.simulator.twiml import Document, InvalidTwiml, parse
from webhooks.simulator.wire_forms import inbound_text_form, message_report_form

E164 = re.compile(r"\+[1-9][0-9]{6,14}")
OPT_OUT = frozenset({"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"})
OPT_IN = frozenset({"START", "YES", "UNSTOP"})
HELP = frozenset({"HELP", "INFO"})
TERMINAL = frozenset({"delivered", "undelivered", "failed"})

GOODBYE = (
    "You have successfully been unsubscribed. You will not receive any more messages from this number. "
    "Reply START to resubscribe."
)
WELCOME = "You have successfully been re-subscribed to messages from this number. Reply STOP to unsubscribe."
HELPING = "Reply STOP to unsubscribe. Msg&Data Rates May Apply."

REFUSED_AT_ONCE = {
    Behaviour.OPTED_OUT: (21610, "Attempt to send to unsubscribed recipient"),
    Behaviour.LANDLINE: (21614, "'To' number is not a valid mobile number"),
}
FATES: dict[Behaviour, tuple[tuple[str, int | None], ...]] = {
    Behaviour.DEAD: (("sent", None), ("undelivered", 30003)),
    Behaviour.FILTERED: (("sent", None), ("undelivered", 30007)),
    Behaviour.UNREGISTERED: (("failed", 30034),),
}
DELIVERED: tuple[tuple[str, int | None], ...] = (("sent", None), ("delivered", None))


class Texting:
    """The message side of the exchange."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange

    def create(
        self,
        *,
        to: str,
        body: str,
        from_: str = "",
        service_sid: str | None = None,
        status_callback: str | None = None,
    ) -> Message:
        """A message as REST makes it, its reports queued. Raises Refused where Twilio refuses."""
        self._check(to, body, from_, service_sid)
        now = self._exchange.clock.now()
        message = Message(
            sid=self._exchange.new_sid("SM"),
            from_=from_ or self._exchange.ours.number,
            to=to,
            body=body,
            direction="outbound-api",
            status="accepted" if service_sid else "queued",
            created_at=now,
            updated_at=now,
            service_sid=service_sid,
            status_callback=status_callback,
        )
        self._keep(message)
        self._queue_reports(message)
        if to == self._exchange.ours.number:  # from one number of the account to the other
            self._exchange.at(now + 2 * self._exchange.report_delay, lambda _at: self._arrive(message.from_, body))
        return message

    def _arrive(self, from_: str, body: str) -> None:
        self.receive(from_, body)

    def receive(self, from_: str, body: str) -> str | None:
        """A text to our number is posted to us. Our words that arrived in answer; None where none did."""
        exchange = self._exchange
        message = self._message(from_, exchange.ours.number, body, "inbound", "received")
        word = body.strip().upper()
        self._heed(from_, word)
        answer = exchange.poster.post(exchange.ours.sms_url, inbound_text_form(exchange, message), Webhook.TEXT)
        document = self._document(answer.body) if answer and answer.status == 200 else None
        arrived = [self._reply(from_, verb.text) for verb in document.verbs] if document else []
        bodies = [reply.body for reply in arrived if reply.landed_at]
        return "\n".join(bodies) or None

    def _check(self, to: str, body: str, from_: str, service_sid: str | None) -> None:
        if not E164.fullmatch(to):
            raise Refused(21211, f"The 'To' number {to} is not a valid phone number.")
        if not body:
            raise Refused(21602, "Message body is required.")
        if len(body) > 1600:
            raise Refused(21617, "The concatenated message body exceeds the 1600 character limit.")
        if not from_ and not service_sid:
            raise Refused(21603, "A 'From' phone number is required.")
        if from_ and not self._exchange.is_ours(from_):
            raise Refused(21606, f"The 'From' phone number {from_} is not a valid, SMS-capable number of yours.")
        if refusal := REFUSED_AT_ONCE.get(self._exchange.phone_at(to).behaviour):
            raise Refused(*refusal)

    def _queue_reports(self, message: Message) -> None:
        exchange = self._exchange
        fate = FATES.get(exchange.phone_at(message.to).behaviour, DELIVERED)
        if message.service_sid:
            fate = (("queued", None), *fate)
        if exchange.faults.turns_round(Webhook.MESSAGE_STATUS):
            fate = fate[::-1]
        for number, (status, code) in enumerate(fate, start=1):
            due = message.created_at + number * exchange.report_delay
            exchange.at(due, partial(self._progress, message.sid, status, code))

    def _progress(self, sid: str, status: str, code: int | None, at: datetime) -> None:
        exchange = self._exchange
        with exchange.lock:
            message = exchange.messages[sid]
            if message.status not in TERMINAL:  # a report that comes late changes nothing
                message = exchange.change_message(
                    sid,
                    status=status,
                    error_code=code,
                    sent_at=message.sent_at or (at if status in {"sent", "delivered"} else None),
                    landed_at=at if status == "delivered" else None,
                )
        if status == "delivered":
            exchange.tell(message)
        if message.status_callback:
            form = message_report_form(exchange, message, status, code, at)
            exchange.post(Report(Webhook.MESSAGE_STATUS, message.status_callback, form))

    def _heed(self, from_: str, word: str) -> None:
        """Twilio's own handling of the reserved words; only a single word counts."""
        exchange = self._exchange
        opted_out = exchange.phone_at(from_).behaviour is Behaviour.OPTED_OUT
        if word in OPT_OUT:
            self._message(exchange.ours.number, from_, GOODBYE, "outbound-reply", "delivered")
            exchange.change_phone(from_, behaviour=Behaviour.OPTED_OUT)
        elif word in OPT_IN and opted_out:
            exchange.change_phone(from_, behaviour=Behaviour.NORMAL)
            self._message(exchange.ours.number, from_, WELCOME, "outbound-reply", "delivered")
        elif word in HELP:
            self._message(exchange.ours.number, from_, HELPING, "outbound-reply", "delivered")

    def _document(self, body: str) -> Document | None:
        try:
            return parse(body, self._exchange.ours.sms_url, allowed=frozenset({"Message"}))
        except InvalidTwiml as error:
            self._exchange.poster.complain(self._exchange.ours.sms_url, str(error))
            return None

    def _reply(self, to: str, body: str) -> Message:
        """A reply by TwiML: it lands at once, or never where the phone cannot get it."""
        behaviour = self._exchange.phone_at(to).behaviour
        fate = ("failed", 21610) if behaviour in REFUSED_AT_ONCE else FATES.get(behaviour, DELIVERED)[-1]
        status, code = fate
        return self._message(self._exchange.ours.number, to, body, "outbound-reply", status, code)

    def _message(self, from_: str, to: str, body: str, direction: str, status: str, code: int | None = None) -> Message:
        now = self._exchange.clock.now()
        message = Message(
            sid=self._exchange.new_sid("SM"),
            from_=from_,
            to=to,
            body=body,
            direction=direction,
            status=status,
            created_at=now,
            updated_at=now,
            sent_at=now,
            landed_at=now if status in {"delivered", "received"} else None,
            error_code=code,
        )
        self._keep(message)
        return message

    def _keep(self, message: Message) -> None:
        with self._exchange.lock:
            self._exchange.messages[message.sid] = message
