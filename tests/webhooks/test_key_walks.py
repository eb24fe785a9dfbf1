"""Callers press anything at any question, or nothing: every document is a good one, and who stays is recorded.

Twelve thousand calls walk the rule of the menu and the documents made of it; documents that are equal are checked
once. Some more go through the simulated phone system, signatures, routes and the database.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime
from xml.etree import ElementTree as ET

import pytest

from tests.support.documents import check_reaches_the_tone
from tests.support.wire import Wire
from tests.support.world import CALLER, World
from triage.policy.menu import Known, Step, Turn, answer_to, begin
from triage.policy.phone import Language
from triage.policy.terms import Terms
from webhooks.twilio.twiml import menu_document

WALKS, WALKS_ON_THE_WIRE = 12_000, 80
MOST_DOCUMENTS = 20
WINDOWS = [datetime(2026, 11, day, hour, tzinfo=UTC) for day, hour in ((23, 15), (20, 23), (21, 2), (21, 17))]
SHOWN = [(CALLER, True), ("+14165550123", True), (None, False), ("+525512345678", False)]
KEYS = [*"0123456789*#", "19", "x"]
NUMBERS = ["2165550123", "13125550156", "9005550123", "5550123", "18765550123", "011525512345678", "*#", "0", "9" * 30]
LANGUAGES: tuple[tuple[Language, ...], ...] = (("en", "es"), ("es", "en"), ("en",), ("es",))


def keys_for(step: Step, chance: random.Random) -> str:
    """What somebody presses at a question: a key of the menu, any other, or much too much."""
    pool = NUMBERS if step is Step.DIGITS else KEYS
    return pool[chance.randrange(len(pool))]


def walk(turn: Turn, terms: Terms, chance: random.Random, check: Callable[[Turn], None]) -> int:
    """One call to its tone or to where the caller hangs up; how many documents it took."""
    for count in range(1, MOST_DOCUMENTS):
        check(turn)
        left = [question for question in turn.questions if chance.random() < 0.8]  # the others get no answer
        if not left or chance.random() < 0.02:
            return count
        asked = left[0]
        turn = answer_to(asked.step, keys_for(asked.step, chance), turn.known, asked.repeats, terms)
    raise AssertionError(f"a call that takes {MOST_DOCUMENTS} documents goes round in circles")


@pytest.mark.thorough
def test_twelve_thousand_callers_reach_the_tone(sqlite_wire: Wire, terms: Terms) -> None:
    chance = random.Random(20261121)
    contracts = [
        terms.model_copy(update={"phone": terms.phone.model_copy(update={"languages": languages})})
        for languages in LANGUAGES
    ]

    heard: set[tuple[object, ...]] = set()

    def check(turn: Turn) -> None:
        spoken = (turn.known.language, turn.said, turn.questions, turn.before_tone)
        if spoken not in heard:
            heard.add(spoken)
            check_reaches_the_tone(ET.fromstring(str(menu_document(turn))))  # noqa: S314

    lengths = []
    with sqlite_wire.app.app_context():
        for _ in range(WALKS):
            contract = chance.choice(contracts)
            shown, may_call = chance.choice(SHOWN)
            known = Known(
                answered_at=chance.choice(WINDOWS),
                language=contract.phone.languages[0],
                shown=shown,
                may_call=may_call,
            )
            lengths.append(walk(begin(known, contract), contract, chance, check))

    assert len(lengths) == WALKS
    assert max(lengths) > 8


@pytest.mark.thorough
def test_callers_on_the_wire_are_recorded_if_they_stay(world: World) -> None:
    chance = random.Random(20261121)
    for number in range(WALKS_ON_THE_WIRE):
        keys = "".join(chance.choice("0123456789*#,,,,") for _ in range(chance.randrange(40)))
        hangs_up = chance.random() < 0.1
        call = world.phones.leave_voicemail(
            f"+1216555{number:04}",
            keys=keys,
            withheld=chance.random() < 0.2,
            hang_up_at_greeting=hangs_up,
        )
        assert (call.failed_because, call.warnings) == (None, ()), keys
        assert (call.recording_sid is None) == hangs_up, keys

    for post in world.phones.posted():
        if post.url.startswith("https://afterhours.example/twilio/voice"):
            assert post.status == 200
    taken = {sid for case in world.cases() for sid in case["recordings"]}
    assert len(taken) == sum(recording.status == "completed" for recording in world.phones.recordings())
