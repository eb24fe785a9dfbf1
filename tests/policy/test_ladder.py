"""The escalation ladder: whom to alert next and when (E2 and the readings of the policy file)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage.policy.ladder import (
    Decision,
    Exhausted,
    LadderFacts,
    NobodyOnCall,
    Page,
    Position,
    Resume,
    Wait,
    audience,
    decide,
    is_early,
    moved_on,
    passed_on,
    reachable_by,
    rungs,
    says_the_same,
    unknown_targets,
    would_reach,
)
from triage.policy.roster import Roster, read_roster
from triage.policy.terms import Terms

# A Wednesday night of dana's week: dana is primary, lee secondary, maria the manager.
OPENED = datetime(2026, 3, 5, 4, 0, tzinfo=UTC)
DANA, LEE, MARIA = "+16145550101", "+16145550102", "+16145550103"
MINUTE = timedelta(minutes=1)


def the_facts(**known: Any) -> LadderFacts:
    defaults = {"position": Position(OPENED), "is_emergency": False, "hold_until": None, "blocked": frozenset()}
    return LadderFacts(**{**defaults, **known})


def who(decision: Decision) -> list[str]:
    assert isinstance(decision, Page)
    return [summons.person.id for summons in decision.people]


def climb(facts: LadderFacts, terms: Terms, roster: Roster) -> list[tuple[int, str]]:
    """Every alert of a case that nobody takes: minutes since it was opened, and whom it reaches."""
    alerts, now = [], OPENED
    for _ in range(100):
        decision = decide(facts, terms, roster, now)
        minutes = int((now - OPENED) / MINUTE)
        match decision:
            case Wait(until):
                assert until > now
                now = until
            case Page(people=people, position=position):
                alerts.append((minutes, "+".join(summons.person.id for summons in people)))
                facts = replace(facts, position=position)
            case NobodyOnCall(position=position):
                alerts.append((minutes, "nobody"))
                facts = replace(facts, position=position)
            case _:
                return alerts
    raise AssertionError("the ladder never ends")


def test_ladder_that_nobody_answers_is_climbed_again_and_again(terms: Terms, roster: Roster) -> None:
    once = [(0, "dana"), (5, "dana"), (6, "dana"), (15, "lee"), (30, "dana+lee+maria"), (45, "maria")]

    alerts = climb(the_facts(), terms, roster)

    assert alerts == [(65 * earlier + at, people) for earlier in range(terms.ladder.rounds) for at, people in once]


def test_emergency_alerts_two_people_by_sms_and_voice_at_once(terms: Terms, roster: Roster) -> None:
    decision = decide(the_facts(is_emergency=True), terms, roster, OPENED)

    assert isinstance(decision, Page)
    assert [(summons.person.id, summons.channels) for summons in decision.people] == [
        ("dana", ("sms", "voice")),
        ("lee", ("sms", "voice")),
    ]


def test_emergency_alerts_two_people_where_one_holds_both_rotations(terms: Terms, roster: Roster) -> None:
    only_dana = roster.model_copy(
        update={"rotations": tuple(rotation.model_copy(update={"people": ("dana",)}) for rotation in roster.rotations)}
    )

    assert who(decide(the_facts(is_emergency=True), terms, only_dana, OPENED)) == ["dana", "lee"]


@pytest.mark.parametrize(("second", "is_due"), [(-1, False), (0, True), (1, True)])
def test_second_rung_is_due_on_its_second(second: int, is_due: bool, terms: Terms, roster: Roster) -> None:
    facts = the_facts(position=Position(OPENED, step=1))
    now = OPENED + timedelta(minutes=5, seconds=second)

    decision = decide(facts, terms, roster, now)

    assert isinstance(decision, Page) is is_due
    assert isinstance(decision, Wait) is not is_due


def test_rung_says_which_channels_reach_each_person(terms: Terms, roster: Roster) -> None:
    decision = decide(the_facts(position=Position(OPENED, step=4)), terms, roster, OPENED + 30 * MINUTE)

    assert isinstance(decision, Page)
    assert {summons.person.id: summons.channels for summons in decision.people} == {
        "dana": ("sms", "voice"),
        "lee": ("sms", "voice"),
        "maria": ("sms",),
    }


def test_acknowledgement_holds_the_ladder_to_its_last_second(terms: Terms, roster: Roster) -> None:
    until = OPENED + 45 * MINUTE
    facts = the_facts(position=Position(OPENED, step=1), hold_until=until)

    assert decide(facts, terms, roster, until - timedelta(seconds=1)) == Wait(until)
    assert isinstance(decide(facts, terms, roster, until), Resume)


def test_ladder_resumes_where_it_stood_and_keeps_its_distances(terms: Terms, roster: Roster) -> None:
    until = OPENED + 45 * MINUTE
    resumed = decide(the_facts(position=Position(OPENED, step=3), hold_until=until), terms, roster, until)
    assert isinstance(resumed, Resume)

    first = decide(the_facts(position=resumed.position), terms, roster, until)

    assert who(first) == ["lee"]
    assert isinstance(first, Page)
    assert decide(the_facts(position=first.position), terms, roster, until) == Wait(until + 15 * MINUTE)


def test_passing_on_reaches_the_next_person_at_once(terms: Terms, roster: Roster) -> None:
    now = OPENED + 2 * MINUTE
    position = passed_on(Position(OPENED, step=1), "dana", rungs(terms, is_emergency=False), now)

    decision = decide(the_facts(position=position), terms, roster, now)

    assert who(decision) == ["lee"]


def test_whoever_passed_is_asked_again_in_the_next_round_only(terms: Terms, roster: Roster) -> None:
    position = passed_on(Position(OPENED, step=1), "dana", rungs(terms, is_emergency=False), OPENED)

    alerts = climb(the_facts(position=position), terms, roster)

    assert alerts[:4] == [(0, "lee"), (15, "lee+maria"), (30, "maria"), (50, "dana")]


def test_ladder_goes_on_to_the_managers_when_all_technicians_passed(terms: Terms, roster: Roster) -> None:
    position = Position(OPENED, step=0, passed=("dana", "lee"))

    assert who(decide(the_facts(position=position), terms, roster, OPENED)) == ["maria"]


def test_ladder_waits_for_its_next_round_when_everybody_passed(terms: Terms, roster: Roster) -> None:
    position = Position(OPENED, step=0, passed=("dana", "lee", "maria"))

    alerts = climb(the_facts(position=position), terms, roster)

    assert alerts[:2] == [(20, "dana"), (25, "dana")]


def test_after_a_rung_that_nobody_can_answer_the_next_one_is_due_at_once(terms: Terms) -> None:
    now = OPENED + 7 * MINUTE

    position = moved_on(Position(OPENED, step=3), rungs(terms, is_emergency=False), now)

    assert position == Position(now - 15 * MINUTE, step=3)


@pytest.mark.parametrize(
    ("position", "minutes"),
    [
        (Position(OPENED, step=3), 15),  # due this very second
        (Position(OPENED, step=3), 16),
        (Position(OPENED + 65 * MINUTE, step=0, round=2), 46),  # the pause between two rounds
        (Position(OPENED + 65 * MINUTE, step=0, round=7), 46),  # after the last one
    ],
)
def test_neither_a_rung_that_is_due_nor_the_pause_between_rounds_is_hurried(
    position: Position, minutes: int, terms: Terms
) -> None:
    assert moved_on(position, rungs(terms, is_emergency=False), OPENED + minutes * MINUTE) is None


def test_rung_without_anybody_on_call_is_an_event_and_costs_no_time(terms: Terms, roster: Roster) -> None:
    nobody = roster.model_copy(
        update={"rotations": tuple(rotation.model_copy(update={"people": ()}) for rotation in roster.rotations)}
    )

    alerts = climb(the_facts(), terms, nobody)

    assert alerts[:6] == [*[(0, "nobody")] * 4, (0, "dana+lee+maria"), (15, "maria")]


def test_empty_roster_ends_the_ladder_and_does_not_spin(terms: Terms) -> None:
    alerts = climb(the_facts(), terms, Roster())

    assert [minutes for minutes, people in alerts] == [20 * earlier for earlier in range(6) for _ in range(6)]
    assert {people for _, people in alerts} == {"nobody"}


def test_rung_that_reaches_nobody_names_whom_it_meant(terms: Terms) -> None:
    decision = decide(the_facts(), terms, Roster(), OPENED)

    assert isinstance(decision, NobodyOnCall)
    assert (decision.step, decision.round, decision.targets) == (0, 1, ("primary",))


def test_climbed_ladder_is_exhausted(terms: Terms, roster: Roster) -> None:
    assert decide(the_facts(position=Position(OPENED, round=7)), terms, roster, OPENED) == Exhausted()
    assert decide(the_facts(position=Position(OPENED, round=6)), terms, roster, OPENED) != Exhausted()


def test_rung_reaches_whoever_is_on_call_when_it_is_due(terms: Terms, roster: Roster) -> None:
    monday = datetime(2026, 3, 9, 12, 0, tzinfo=UTC)
    facts = the_facts(position=Position(monday - 5 * MINUTE, step=1))

    assert who(decide(facts, terms, roster, monday)) == ["lee"]


def test_ladder_is_honoured_down_to_one_second(contract: Callable[[str], Terms], roster: Roster) -> None:
    terms = contract(
        'ladder.steps = [{after="0s", to=["primary"], by=["sms"]}, {after="1s", to=["managers"], by=["sms"]}]'
    )
    facts = the_facts(position=Position(OPENED, step=1))

    assert decide(facts, terms, roster, OPENED) == Wait(OPENED + timedelta(seconds=1))
    assert who(decide(facts, terms, roster, OPENED + timedelta(seconds=1))) == ["maria"]


@pytest.mark.parametrize(
    ("channels", "by", "blocked", "used"),
    [
        ("sms voice", "sms", "", "sms"),
        ("sms voice", "sms voice", "", "sms voice"),
        ("sms", "sms voice", "", "sms"),
        ("sms", "voice", "", "sms"),
        ("voice", "sms", "", "voice"),
        ("sms voice", "sms", "sms", "voice"),
        ("sms voice", "sms voice", "sms", "voice"),
        ("sms", "sms", "sms", "voice"),
        ("sms voice", "voice", "voice", "sms"),
        ("sms voice", "sms", "sms voice", ""),
        ("sms", "sms", "sms voice", ""),
    ],
)
def test_channel_of_an_alert_is_one_that_reaches_the_phone(
    channels: str, by: str, blocked: str, used: str, roster: Roster
) -> None:
    person = roster.people[0].model_copy(update={"channels": tuple(channels.split())})
    refused = frozenset((person.phone, channel) for channel in blocked.split())

    assert reachable_by(person, tuple(by.split()), refused) == tuple(used.split())  # type: ignore[arg-type]


def test_person_whose_phone_refuses_everything_is_passed_over_at_once(terms: Terms, roster: Roster) -> None:
    blocked = frozenset({(DANA, "sms"), (DANA, "voice")})

    alerts = climb(the_facts(blocked=blocked), terms, roster)

    assert alerts[:5] == [*[(0, "nobody")] * 3, (0, "lee"), (15, "lee+maria")]


PHONES = st.frozensets(st.tuples(st.sampled_from([DANA, LEE, MARIA]), st.sampled_from(["sms", "voice"])))
POSITIONS = st.builds(
    Position,
    base_at=st.integers(0, 100_000).map(lambda n: OPENED + timedelta(seconds=n)),
    step=st.integers(0, 2),
    round=st.integers(1, 7),
    passed=st.lists(st.sampled_from(["dana", "lee", "maria"]), unique=True).map(lambda ids: tuple(sorted(ids))),
)
FACTS = st.builds(
    LadderFacts,
    position=POSITIONS,
    is_emergency=st.booleans(),
    hold_until=st.none() | st.integers(0, 100_000).map(lambda n: OPENED + timedelta(seconds=n)),
    blocked=PHONES,
)


@given(facts=FACTS, seconds=st.integers(0, 200_000))
def test_any_move_is_sound(facts: LadderFacts, seconds: int, terms: Terms, roster: Roster) -> None:
    now = OPENED + timedelta(seconds=seconds)
    before = (facts.position.round, facts.position.step)

    decision = decide(facts, terms, roster, now)

    assert decide(facts, terms, roster, now) == decision
    if isinstance(decision, Wait):
        assert decision.until > now
    if isinstance(decision, Page | NobodyOnCall):
        assert (decision.round, decision.step) >= before
        assert (decision.position.round, decision.position.step) > (decision.round, decision.step)
    if isinstance(decision, Page):
        assert decision.people
        for summons in decision.people:
            assert summons.channels
            assert not {(summons.person.phone, channel) for channel in summons.channels} & facts.blocked
            assert decision.round > facts.position.round or summons.person.id not in facts.position.passed


@given(facts=FACTS.filter(lambda facts: len(facts.position.passed) < 3))
def test_every_ladder_ends(facts: LadderFacts, terms: Terms, roster: Roster) -> None:
    alerts = climb(replace(facts, hold_until=None), terms, roster)

    assert len(alerts) <= terms.ladder.rounds * len(terms.ladder.steps)


@pytest.mark.parametrize(
    ("owner", "is_held", "reached"),
    [
        (None, False, ["dana", "lee", "maria"]),
        ("lee", False, ["lee", "dana", "maria"]),
        ("lee", True, ["lee", "maria"]),
        ("maria", True, ["maria"]),
        ("left-the-company", True, ["maria"]),
    ],
)
def test_warning_goes_to_the_owner_and_managers_while_somebody_has_the_case(
    owner: str | None, is_held: bool, reached: list[str], terms: Terms, roster: Roster
) -> None:
    people = audience(terms.promise.at_risk_to, roster, OPENED, owner=owner, is_held=is_held)

    assert [person.id for person in people] == reached


def test_warning_that_would_reach_nobody_goes_to_whoever_is_in_charge(roster: Roster) -> None:
    people = audience(("owner", "third"), roster, OPENED, owner=None, is_held=False)

    assert [person.id for person in people] == ["maria"]


@pytest.mark.parametrize(
    ("rung", "climbed", "told", "repeats"),
    [
        ((1, 2), 20, 20, True),  # ten minutes early, after the calls of the one before rang out
        ((1, 2), 20, 119, True),
        ((1, 2), 20, 120, False),  # the minutes left are others by now
        ((1, 2), 600, 20, False),  # in its time
        ((2, 0), 20, 20, False),  # the pause between rounds is never cut short
        ((1, 0), 20, 20, False),  # climbed afresh
    ],
)
def test_rung_that_comes_early_does_not_text_again_what_was_just_read(
    rung: tuple[int, int], climbed: int, told: int, repeats: bool, terms: Terms
) -> None:
    climbed_at, told_at = (OPENED - timedelta(seconds=seconds) for seconds in (climbed, told))

    came_early = is_early(rung, (1, 1), climbed_at=climbed_at, steps=terms.ladder.steps, now=OPENED)

    assert repeats is (came_early and says_the_same(told_at, OPENED))


def test_everybody_the_ladder_would_reach_is_named_once_in_its_order(terms: Terms, roster: Roster) -> None:
    monday = datetime(2026, 3, 9, 12, 0, tzinfo=UTC)

    found = [(call.person.id, call.target, call.until) for call in would_reach(terms, roster, OPENED)]

    assert found == [("dana", "primary", monday), ("lee", "secondary", monday), ("maria", "everyone", None)]


def test_word_that_the_roster_lacks_is_found_ahead(contract: Callable[[str], Terms], roster: Roster) -> None:
    terms = contract('promise.breach_to = ["thrid"]\nladder.emergency = [{after="0s", to=["boss"], by=["sms"]}]')

    assert unknown_targets(terms, roster) == ["boss", "thrid"]
    assert unknown_targets(terms, Roster()) == ["boss", "primary", "secondary", "thrid"]


def test_demo_roster_knows_every_word_of_the_shipped_ladder(terms: Terms, roster: Roster) -> None:
    assert unknown_targets(terms, roster) == []


def test_technician_alone_is_every_rung_of_the_ladder(terms: Terms) -> None:
    alone = read_roster(
        '[[people]]\nid = "sam"\nname = "Sam"\nphone = "+16145550199"\nrole = "technician"\n', name="alone.toml"
    )

    assert climb(the_facts(), terms, alone)[:5] == [*[(0, "nobody")] * 4, (0, "sam")]
    assert audience(("managers",), alone, OPENED, owner=None, is_held=False) == alone.people
