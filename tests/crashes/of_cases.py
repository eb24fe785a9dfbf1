"""Stories of cases: voicemails, alerts by text and call, and what technicians and callers do."""

from __future__ import annotations

from functools import partial

from tests.crashes.story import Story
from tests.support.crashes import CrashingWorld
from tests.support.fixtures import DANA, LEE, SAM
from tests.support.world import CALLER
from webhooks.simulator.phone_system import Behaviour

BY_CALL = """
[[ladder.steps]]
after = "0s"
to = ["primary"]
by = ["sms", "voice"]

[[ladder.steps]]
after = "10m"
to = ["secondary"]
by = ["sms", "voice"]
"""
BY_TEXT = """
[[ladder.steps]]
after = "0s"
to = ["primary"]
by = ["sms"]

[[ladder.steps]]
after = "20m"
to = ["secondary"]
by = ["sms"]
"""
SHORT_PROMISE = """
windows.overnight.callback_within = "40m"
promise.at_risk_before = "10m"
promise.realert_after_breach = "24h"
ladder.rounds = 1
"""
ONE_ALERT = """
[promise]
realert_after_breach = "24h"

[ladder]
rounds = 1

[[ladder.steps]]
after = "0s"
to = ["primary"]
by = ["sms"]
"""
CLOSED = {"lines": {"after_hours, 35 min, 247.50, None, revision 0, open": 1}, "recordings": {"kept": 1}}


def taken_and_done(world: CrashingWorld) -> None:
    world.voicemail(attested=True)
    world.advance(minutes=3)
    world.text(LEE, "ACK")
    world.advance(minutes=20)
    world.text(LEE, "DONE 35 new card")
    world.advance(minutes=5)


def called_back(world: CrashingWorld) -> None:
    """Who is not rung within two minutes texts once more."""
    world.phones.add_phone(CALLER, CALLER, talks_for=300)
    world.phones.set_keys(LEE, "1")
    world.voicemail(attested=True)
    world.advance(minutes=2)
    world.text(LEE, "CALL")
    world.advance(minutes=2)
    if not any(call.direction == "outbound-dial" for call in world.phones.calls()):
        world.text(LEE, "CALL")
    world.advance(minutes=20)


def keys_pressed(world: CrashingWorld, keys: str = "", *, danas: str = "", emergency: bool = False) -> None:
    """An alert call that is picked up."""
    world.phones.add_phone(CALLER, CALLER, talks_for=240)
    for phone, pressed in ((LEE, keys), (DANA, danas)):
        if pressed:
            world.phones.set_keys(phone, pressed)
    world.voicemail(attested=True, emergency=emergency)
    world.advance(minutes=9)
    if world.cases()[0]["state"] != "called_back":
        world.text(DANA if danas else LEE, "DONE")
    world.advance(minutes=3)


def nobody_wakes_up(world: CrashingWorld) -> None:
    """Every step of the ladder, the promise at risk, and broken."""
    world.voicemail(attested=True)
    world.advance(hours=2)


def deferred_to_the_opening(world: CrashingWorld) -> None:
    world.voicemail(product="server")
    world.at("2026-11-23T13:02:00+00:00")
    world.text(SAM, "ACK")
    world.advance(minutes=20)
    world.text(SAM, "DONE 35")
    world.advance(minutes=5)


def words_go_to_and_fro(world: CrashingWorld) -> None:
    """A caller calls twice, writes and asks; a technician passes, another takes it, looks and notes."""
    world.voicemail(attested=True)
    world.advance(minutes=2)
    world.voicemail(attested=True)
    world.advance(minutes=2)
    world.text(CALLER, "The lobby is dead too")
    world.advance(minutes=2)
    world.text(LEE, "PASS")
    world.advance(minutes=2)
    world.text(DANA, "ACK")
    world.text(CALLER, "STATUS")
    world.text(DANA, "LIST")
    world.text(DANA, "NOTE gate code 12")
    world.text(DANA, "TRIED")
    world.advance(minutes=3)
    world.text(DANA, "DONE 35")
    world.advance(minutes=3)


def heard_by_phone(world: CrashingWorld) -> None:
    """Who is not rung within two minutes texts once more."""
    world.phones.set_keys(LEE, "11")
    world.voicemail(attested=True)
    world.advance(minutes=2)
    world.text(LEE, "ACK")
    world.advance(minutes=11)  # a crash leaves a recording claimed for minutes
    world.text(LEE, "HEAR")
    world.advance(minutes=2)
    if not world.phones.phone(LEE).calls:
        world.text(LEE, "HEAR")
    world.advance(minutes=3)


def nobody_answers_us(world: CrashingWorld) -> None:
    """A text and a call go out without an answer, others are refused. The round is over before somebody takes it."""
    world.phones.faults.accept_then_hang = 1
    world.voicemail(attested=True)
    world.advance(minutes=4)
    world.phones.faults.fail_500 = 1
    world.phones.faults.refuse_429 = 1
    world.advance(minutes=12)
    world.text(LEE, "ACK")
    world.advance(minutes=3)


def dead_phones(world: CrashingWorld) -> None:
    """Texts to Lee do not arrive, Dana's line is busy: the ladder moves on, and the administrator is told."""
    world.phones.set_behaviour(LEE, Behaviour.DEAD)
    world.phones.set_behaviour(DANA, Behaviour.BUSY)
    world.phones.set_keys(SAM, "1")
    world.voicemail(attested=True)
    world.advance(minutes=10)


STORIES = [
    Story(
        name="a voicemail, ACK, DONE",
        tell=taken_and_done,
        policy="callers.receipt = true\ncallers.taken = true",
        ends=CLOSED,
    ),
    Story(
        name="a callback that the network measures",
        tell=called_back,
        ends={"calls": {f"{CALLER}: outbound-dial, 300 s": 1}},
    ),
    Story(
        name="an alert call answered by key 1",
        tell=partial(keys_pressed, keys="1"),
        policy=BY_CALL,
        ends={"history": {"key_pressed by person:lee: lee, 1": 1}},
    ),
    Story(
        name="heard, taken and called back on the alert call",
        tell=partial(keys_pressed, keys="192"),
        policy=BY_CALL,
        ends={"calls": {f"{CALLER}: outbound-dial, 240 s": 1}},
    ),
    Story(
        name="passed on by key 3 and taken by the next",
        tell=partial(keys_pressed, keys="3", danas="1"),
        policy=BY_CALL,
        ends={"history": {"passed by person:lee: lee": 1}},
    ),
    Story(
        name="an emergency",
        tell=partial(keys_pressed, danas="1", emergency=True),
        ends={"history": {"acknowledged by person:dana: dana": 1}},
    ),
    Story(
        name="nobody wakes up",
        tell=nobody_wakes_up,
        policy=SHORT_PROMISE,
        ends={
            "history": {"at_risk by system: ": 1, "breached by system: ": 1, "alert_made by system: maria, breach": 1}
        },
    ),
    Story(
        name="deferred to the opening",
        tell=deferred_to_the_opening,
        ends=CLOSED | {"history": {"alert_made by system: sam, ladder": 1}},
    ),
    Story(
        name="words go to and fro",
        tell=words_go_to_and_fro,
        policy=BY_TEXT,
        ends={"recordings": {"kept": 2}, "history": {"passed by person:lee: lee": 1, "status_asked by caller: ": 1}},
    ),
    Story(
        name="a message heard by phone",
        tell=heard_by_phone,
        ends={"calls": {"+16145550102: outbound-api, 81 s": 1}},
    ),
    Story(
        name="requests without an answer",
        tell=nobody_answers_us,
        ends={"history": {"acknowledged by person:lee: lee": 1}},
    ),
    Story(
        name="dead phones",
        tell=dead_phones,
        ends={"history": {"acknowledged by person:sam: sam": 1}},
    ),
]
