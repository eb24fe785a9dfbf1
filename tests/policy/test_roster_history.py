"""Who had a rotation is told by the roster of that time."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from tests.policy.test_roster_changes import NOW, a_roster, an_override, eastern, holder, wall, with_overrides
from triage.policy.on_call_calendar import held
from triage.policy.roster import Roster
from triage.policy.roster_changes import change_rotation, remove_rotation
from triage.policy.roster_history import Rosters, by_roster, roster_at

HOUR = timedelta(hours=1)
LATER = change_rotation(a_roster(), "primary", people=["bob"], starts=wall("2026-11-23T08:00"), every=timedelta(days=7))


def shown(rosters: Rosters, rotation: str = "primary") -> list[str]:
    found = held(rosters, rotation, NOW - 2 * HOUR, eastern("2026-11-24T08:00"))
    return [f"{one.person.id if one.person else None} {one.starts:%d %H:%M}" for one in found]


def test_a_later_first_hand_over_leaves_what_is_over_as_it_was() -> None:
    rosters = [(NOW - 9 * HOUR, a_roster()), (NOW, LATER)]

    assert shown(rosters) == ["ann 16 13:00", "None 21 02:30", "bob 23 13:00"]
    assert roster_at(rosters, NOW - HOUR).rotations[0].people == ("ann", "bob", "cid")
    assert roster_at(rosters, NOW) is LATER
    assert roster_at(rosters, NOW - 99 * HOUR) is rosters[0][1]  # nothing older is known


def test_a_roster_that_names_the_same_person_makes_no_hand_over() -> None:
    cover = an_override("bob", "2026-11-20T12:00", "2026-11-20T22:00")
    rosters = [
        (NOW - HOUR, a_roster()),
        (NOW, a_roster(closures=(NOW.date(),))),
        (NOW + HOUR / 4, with_overrides(cover)),
    ]

    assert shown(rosters) == ["ann 16 13:00", "bob 21 02:45", "ann 21 03:00", "bob 23 13:00"]


def test_a_time_without_the_rotation_is_left_out() -> None:
    without = remove_rotation(a_roster(), "primary", needed=())

    assert shown([(NOW - 9 * HOUR, without), (NOW, a_roster())])[0] == "ann 21 02:30"
    assert shown([(NOW - 9 * HOUR, without)]) == []


@given(hours=st.lists(st.integers(-60, 60), min_size=1, max_size=6, unique=True), probe=st.integers(-70, 69))
def test_every_instant_is_answered_by_the_roster_of_then(hours: list[int], probe: int) -> None:
    several: list[Roster] = [
        a_roster(),
        LATER,
        with_overrides(an_override("cid", "2026-11-18T08:00", "2026-11-22T09:00")),
    ]
    rosters = [(NOW + hour * HOUR, several[number % 3]) for number, hour in enumerate(sorted(hours))]
    start, end, at = NOW - 70 * HOUR, NOW + 70 * HOUR, NOW + probe * HOUR

    pieces = list(by_roster(rosters, start, end))
    [one] = [each for each in held(rosters, "primary", start, end) if each.starts <= at < each.ends]

    assert all(first[2] == second[1] for first, second in pairwise(pieces))
    assert pieces[0][1] <= start < end <= pieces[-1][2]
    assert (one.person.id if one.person else None) == holder(roster_at(rosters, at), at)
