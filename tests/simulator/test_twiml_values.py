"""Documents that are well formed and yet not what Twilio would do; none of ours may have such a warning."""

from __future__ import annotations

import pytest

from webhooks.simulator.twiml import parse
from webhooks.simulator.walk import VERBS


def warnings(inner: str) -> tuple[str, ...]:
    return parse(f"<Response>{inner}</Response>", "https://ours.example/x", allowed=VERBS).warnings


@pytest.mark.parametrize(
    ("inner", "part"),
    [
        ('<Gather numDigits="one"/>', "<Gather numDigits> is 'one': wanted a whole number"),
        ('<Gather numDigits="0"/>', "numDigits"),
        ('<Gather timeout="-1"/>', "timeout"),
        ('<Gather input="keys"/>', "input"),
        ('<Gather finishOnKey="##"/>', "one key"),
        ('<Gather actionOnEmptyResult="yes"/>', "true, false"),
        ('<Gather action="/a b"/>', "wanted an address"),
        ('<Record maxLength="20000"/>', "maxLength"),
        ('<Record recordingStatusCallback="/recording"/>', "absolute"),
        ('<Record recordingStatusCallback="https://my_host/recording"/>', "underscore"),
        ('<Record recordingStatusCallbackEvent="completed, absent"/>', "wanted words of"),
        ('<Dial timeout="4">+16145550100</Dial>', "5 to 600"),
        ('<Dial timeLimit="0">+16145550100</Dial>', "timeLimit"),
        ('<Dial callerId="Support">+16145550100</Dial>', "callerId"),
        ("<Dial>support</Dial>", "<Dial> is 'support'"),
        ("<Dial><Number>6145550100</Number></Dial>", "<Number> is '6145550100'"),
        ('<Dial><Number statusCallbackEvent="done">+16145550100</Number></Dial>', "statusCallbackEvent"),
        ("<Dial>" + "<Number>+16145550100</Number>" * 11 + "</Dial>", "11 numbers"),
        ('<Dial action="/done">+16145550100</Dial><Say>Hi.</Say>', "<Say> is never reached"),
        ("<Hangup/><Say>Hi.</Say>", "<Say> is never reached"),
        ("<Say>Hi.</Say><Reject/>", "only as the first verb"),
        ('<Reject reason="blocked"/>', "rejected, busy"),
        ("<Redirect></Redirect>", "<Redirect> is ''"),
        ("<Play></Play>", "<Play> is ''"),
        ("<Say></Say>", "says nothing"),
        ("<Say>" + "x" * 4097 + "</Say>", "4097 characters"),
        ('<Say voice="Polly.Lupe">Hola.</Say>', "no such pair"),
        ('<Say voice="Polly.Nobody" language="es-US">Hola.</Say>', "no such pair"),
        ('<Say language="xx-YY">Hm.</Say>', "no such pair"),
        ('<Pause length="long"/>', "length"),
    ],
)
def test_a_value_that_twilio_would_not_take_is_warned_of(inner: str, part: str) -> None:
    found = warnings(inner)

    assert len(found) == 1
    assert part in found[0]


def test_good_documents_have_no_warnings() -> None:
    good = """
      <Gather action="/keys" input="dtmf" numDigits="1" timeout="4" finishOnKey="">
        <Say voice="Polly.Lupe" language="es-US">Marque uno.</Say><Pause length="1"/><Play>/a.wav</Play>
      </Gather>
      <Say voice="Polly.Joanna-Neural" language="en-US" loop="2">Hello.</Say><Say>Hi.</Say>
      <Dial action="https://ours.example/done" answerOnBridge="true" callerId="+16145550100" timeout="20"
            timeLimit="7200" hangupOnStar="true">
        <Number url="/whisper" statusCallback="https://ours.example/status#rc=5&amp;rp=all"
                statusCallbackEvent="initiated ringing answered completed">+12165550123</Number>
      </Dial>
    """

    assert warnings(good) == ()
