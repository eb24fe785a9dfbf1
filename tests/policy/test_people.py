"""Numbers that may be alerted, ids of new people, who may leave the roster, when somebody is on call next."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.support.fixtures import TEAM
from triage.errors import Refused
from triage.policy import people
from triage.policy.people import SentTo, Stretch
from triage.policy.roster import Override, Roster, read_roster
from triage.policy.terms import Terms

NOW = datetime(2026, 11, 21, 2, 30, tzinfo=UTC)


@pytest.fixture
def team_roster() -> Roster:
    return read_roster(TEAM, name="team.toml")


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("+16145550107", "+16145550107"),
        (" (614) 555-0107 ", "+16145550107"),
        ("1-614-555-0107", "+16145550107"),
        ("call me", "no telephone number"),
        ("", "no telephone number"),
        ("+442079460000", "no number of that country"),
        ("+18095550107", "no number of that country"),
        ("+19005550107", "The policy forbids"),
        ("614 555 0107 ext 5", "without an extension|the number alone"),
        ("9" * 40, "no telephone number"),
    ],
)
def test_a_number_is_read_as_people_write_it_and_only_where_the_policy_dials(
    written: str, number: str, terms: Terms
) -> None:
    if number.startswith("+"):
        assert people.read_number(written, terms) == number
        return
    with pytest.raises(Refused, match=number):
        people.read_number(written, terms)


@pytest.mark.parametrize(
    ("name", "person_id"),
    [
        ("Kim Park", "kim"),
        ("Lee Smith", "lee2"),
        ("Zoë", "zoe"),
        ("李", "person"),
        ("  ", "person"),
        ("X" * 80, "x" * 30),
    ],
)
def test_somebody_new_gets_an_id_that_nobody_has(name: str, person_id: str, team_roster: Roster) -> None:
    assert people.new_id(name, [person.id for person in team_roster.people]) == person_id


def test_nobody_leaves_the_roster_who_stands_in_a_shift_to_come(team_roster: Roster) -> None:
    with pytest.raises(Refused, match="They stand in primary"):
        people.without_person(team_roster, "lee", NOW)

    def with_override(month: int) -> Roster:
        starts, ends = datetime(2026, month, 21, 8), datetime(2026, month, 22, 8)  # noqa: DTZ001 - wall clock
        override = Override.model_validate({"rotation": "primary", "person": "ada", "from": starts, "to": ends})
        return team_roster.model_copy(update={"overrides": (override,)})

    with pytest.raises(Refused, match="They take primary for somebody"):
        people.without_person(with_override(11), "ada", NOW)
    left = people.without_person(with_override(10), "ada", NOW)
    assert (left.person("ada"), left.overrides) == (None, ())


def test_when_somebody_is_on_call_next(team_roster: Roster) -> None:
    found = people.next_stretches(team_roster, "lee", NOW, 2)
    always = people.next_stretches(team_roster, "dana", NOW, 2)

    assert [(each.starts.isoformat(), each.ends and each.ends.isoformat()) for each in found] == [
        ("2026-11-21T02:30:00+00:00", "2026-11-23T13:00:00+00:00"),
        ("2026-11-30T13:00:00+00:00", "2026-12-07T13:00:00+00:00"),
    ]
    assert always == [Stretch("secondary", NOW, None)]
    assert people.next_stretches(team_roster, "maria", NOW, 2) == []


def test_a_phone_is_in_trouble_where_the_newest_that_ended_did_not_arrive() -> None:
    def sent(by: str, has_arrived: bool | None) -> SentTo:
        return SentTo(at=NOW, by=by, what="", outcome="", has_arrived=has_arrived)

    rows = [sent("text", None), sent("text", False), sent("text", True), sent("call", True), sent("call", False)]

    assert people.trouble_of(rows) == [rows[1]]
