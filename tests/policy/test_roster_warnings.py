"""What a change of the roster leaves empty, and who would stand twice."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.policy.test_roster_changes import NOW, a_roster, an_override, eastern, wall, with_overrides
from triage.policy.lengths import in_two_units
from triage.policy.roster import Roster, Shift
from triage.policy.roster_changes import change_rotation, effects
from triage.policy.roster_warnings import doubled, emptied, gaps_in_words


def twice(after: Roster) -> list[str]:
    found = doubled(after, effects(a_roster(), after, NOW))
    return [f"{one.person.id} {'+'.join(one.rotations)} {one.starts:%d %H:%M} to {one.ends:%d %H:%M}" for one in found]


def test_whoever_gets_a_second_rotation_is_named_with_when_and_once() -> None:
    weekend = ("2026-11-21T08:00", "2026-11-25T08:00")  # past the hand-over of both rotations

    assert twice(with_overrides(an_override("cid", *weekend))) == ["cid primary+secondary 21 13:00 to 25 13:00"]
    assert twice(with_overrides(an_override("bob", *weekend))) == []
    both = with_overrides(an_override("bob", *weekend), an_override("bob", *weekend, rotation="secondary"))
    assert twice(both) == ["bob primary+secondary 21 13:00 to 25 13:00"]


def test_what_was_so_before_is_not_said() -> None:
    after = with_overrides(an_override("bob", "2026-11-21T08:00", "2026-11-21T09:00"))

    assert twice(after) == []  # Cid has both in the week of Nov 30, with and without this


def test_a_gap_is_one_piece_whoever_had_its_parts() -> None:
    late = wall("2026-11-27T08:00")
    after = change_rotation(a_roster(), "primary", people=["bob"], starts=late, every=timedelta(days=7))

    [gap] = emptied(effects(a_roster(), after, NOW))

    assert (gap.rotation, gap.starts, gap.ends) == ("primary", NOW, eastern("2026-11-27T08:00"))


@pytest.mark.parametrize(
    ("minutes", "words"),
    [(4 * 1440, "4 days"), (1440 + 61, "1 day 1 hour"), (750, "12 hours 30 minutes"), (1, "1 minute"),
     (0, "less than a minute"), (1440 + 5, "1 day")],
)  # fmt: skip
def test_a_span_is_said_in_two_units_at_most(minutes: int, words: str) -> None:
    assert in_two_units(timedelta(minutes=minutes)) == words


@pytest.mark.parametrize(
    ("gaps", "words"),
    [
        ([], ""),
        ([("secondary", 0, 9)], "No secondary"),
        ([("primary", 0, 2), ("secondary", 2, 9)], "No primary and no secondary"),
        ([("primary", 0, 3), ("secondary", 2, 9)], "Nobody is on call"),
    ],
)
def test_gaps_are_headed_by_what_is_so(gaps: list[tuple[str, int, int]], words: str) -> None:
    hour = timedelta(hours=1)
    found = [Shift(name, None, NOW + starts * hour, NOW + ends * hour) for name, starts, ends in gaps]

    assert gaps_in_words(found, ["primary", "secondary"]) == words
