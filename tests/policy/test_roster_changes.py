"""Changes of a roster: overrides, swaps, closures and rotations, near a change of clocks too."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage.errors import Refused
from triage.policy import roster_changes
from triage.policy.on_call_calendar import calendar, month_span, stretches, week_span
from triage.policy.roster import Override, Roster, shift_at
from triage.policy.roster_words import changes_in_words, every_in_words, for_people
from triage.policy.terms import Terms
from triage.policy.wall_clock import instants_of, the_instant

NEW_YORK = ZoneInfo("America/New_York")
PERSON = {"phone": "+16145550101", "role": "technician", "channels": ("sms",)}
MONDAY = "2026-11-16T08:00"


def wall(text: str) -> datetime:
    return datetime.fromisoformat(text)


def eastern(text: str) -> datetime:
    return wall(text).replace(tzinfo=NEW_YORK).astimezone(UTC)


NOW = eastern("2026-11-20T21:30")


def a_roster(**more: object) -> Roster:
    """Ann, Bob and Cid by weeks as primary; Cid always second."""
    people = [
        PERSON | {"id": one, "name": f"{one.title()} Smith", "phone": f"+1614555010{number}"}
        for number, one in enumerate(("ann", "bob", "cid"))
    ]
    rotations = [
        {"name": "primary", "people": ("ann", "bob", "cid"), "starts": wall(MONDAY), "every": "7d"},
        {"name": "secondary", "people": ("cid",), "starts": wall(MONDAY), "every": "7d"},
    ]
    return Roster.model_validate({"people": tuple(people), "rotations": tuple(rotations), **more})


def holder(roster: Roster, at: datetime, rotation: str = "primary") -> str | None:
    found = roster.rotation(rotation)
    assert found
    person = shift_at(roster, found, at).person
    return person.id if person else None


def an_override(person: str, starts: str, ends: str, rotation: str = "primary") -> Override:
    return roster_changes.new_override(a_roster(), rotation, person, wall(starts), wall(ends))


def with_overrides(*added: Override, roster: Roster | None = None) -> Roster:
    return roster_changes.add_overrides(roster or a_roster(), added, NOW)


@pytest.mark.parametrize(
    ("entered", "answer"),
    [
        ("2027-03-14T02:30", "2:30 AM does not exist: the clocks skip it that day. Take 1:45 AM or 3:00 AM."),
        (
            "2026-11-01T01:10",
            "1:10 AM comes twice that day, because the clocks go back. Take 12:45 AM or 2:00 AM.",
        ),
    ],
)
def test_a_wall_clock_time_that_is_not_clear_is_answered_with_the_nearest_that_are(entered: str, answer: str) -> None:
    with pytest.raises(Refused) as refused:
        roster_changes.new_override(a_roster(), "primary", "bob", wall(entered), wall("2027-04-01T08:00"))

    assert str(refused.value) == answer


@given(st.integers(0, 2 * 365 * 96))
def test_an_instant_is_found_again_by_what_clocks_show_of_it(quarter: int) -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC) + quarter * timedelta(minutes=15)
    shown = at.astimezone(NEW_YORK).replace(tzinfo=None, fold=0)

    assert at in instants_of(shown, NEW_YORK)
    if len(instants_of(shown, NEW_YORK)) == 1:
        assert the_instant(shown, NEW_YORK) == at


def test_an_override_counts_over_those_that_are_there_and_is_said_to_overlap() -> None:
    first = an_override("bob", "2026-11-21T08:00", "2026-11-22T08:00")
    second = an_override("cid", "2026-11-21T20:00", "2026-11-21T23:00")
    roster = with_overrides(second, roster=with_overrides(first))

    assert [holder(roster, eastern(f"2026-11-21T{hour}:00")) for hour in ("07", "08", "20", "23")] == [
        "ann", "bob", "cid", "bob",
    ]  # fmt: skip
    assert roster_changes.overlapping(roster, second) == (first,)
    assert roster_changes.overlapping(roster, an_override("bob", "2026-11-22T08:00", "2026-11-22T09:00")) == ()
    effects = roster_changes.effects(a_roster(), roster, NOW)
    assert [(one.starts, one.before and one.before.id, one.after and one.after.id) for one in effects] == [
        (eastern("2026-11-21T08:00"), "ann", "bob"),
        (eastern("2026-11-21T20:00"), "ann", "cid"),
        (eastern("2026-11-21T23:00"), "ann", "bob"),
    ]
    assert effects[-1].ends == eastern("2026-11-22T08:00")


@pytest.mark.parametrize(
    ("person", "starts", "ends", "why"),
    [
        ("bob", "2026-11-21T08:00", "2026-11-21T08:00", "It ends before it begins"),
        ("bob", "2026-11-21T08:00", "2027-11-30T08:00", "more than a year: change the rotation"),
        ("bob", "2026-11-19T08:00", "2026-11-20T21:30", "that is over already"),
        ("bob", "2029-11-19T08:00", "2029-11-20T21:30", "more than two years ahead"),
        ("eve", "2026-11-21T08:00", "2026-11-21T09:00", "an override names the person eve"),
    ],
)
def test_an_override_that_does_not_fit_says_why(person: str, starts: str, ends: str, why: str) -> None:
    with pytest.raises((Refused, ValueError), match=why):
        Roster.model_validate_json(with_overrides(an_override(person, starts, ends)).canonical)


def test_an_override_still_to_come_is_taken_out_one_that_counts_ends_and_one_that_is_over_stays() -> None:
    over = an_override("bob", "2026-11-17T08:00", "2026-11-18T08:00")
    running = an_override("bob", "2026-11-20T08:00", "2026-11-21T08:00")
    coming = an_override("cid", "2026-11-25T08:00", "2026-11-26T08:00")
    roster = a_roster(overrides=(over, running, coming))

    assert roster_changes.lift_override(roster, 2, NOW).overrides == (over, running)
    ended = roster_changes.lift_override(roster, 1, NOW + timedelta(seconds=20))
    assert (holder(ended, NOW), holder(ended, NOW - timedelta(minutes=1))) == ("ann", "bob")
    with pytest.raises(Refused, match="that is over, and stays on record"):
        roster_changes.lift_override(roster, 0, NOW)
    with pytest.raises(Refused, match="no such override"):
        roster_changes.lift_override(roster, 3, NOW)


def test_two_people_swap_their_shifts_and_what_has_begun_changes_hands_now() -> None:
    anns, bobs = ("primary", NOW), ("primary", eastern("2026-11-25T12:00"))
    roster = roster_changes.swap(a_roster(), anns, bobs, NOW)

    edges = [NOW - timedelta(minutes=1), NOW, eastern("2026-11-23T07:59"), eastern("2026-11-23T08:00")]
    assert [holder(roster, at) for at in edges] == ["ann", "bob", "bob", "ann"]
    assert [holder(roster, eastern(f"2026-11-30T{hour}")) for hour in ("07:59", "08:00")] == ["ann", "cid"]
    assert changes_in_words(a_roster(), roster) == (
        "bob takes primary from 2026-11-20 21:30 to 2026-11-23 08:00: added",
        "ann takes primary from 2026-11-23 08:00 to 2026-11-30 08:00: added",
    )


def test_of_a_night_that_lies_across_a_hand_over_or_has_begun_what_is_theirs_and_left_changes_hands() -> None:
    over = (wall("2026-11-19T17:00"), wall("2026-11-20T08:00"))
    begun, across = (
        (wall("2026-11-20T17:00"), wall("2026-11-21T08:00")),
        (wall("2026-11-29T17:00"), wall("2026-11-30T12:00")),
    )
    bobs = ("primary", eastern("2026-11-25T12:00"))
    roster = roster_changes.swap(a_roster(), ("primary", NOW), bobs, NOW, only=(begun, across))

    assert changes_in_words(a_roster(), roster) == (
        "bob takes primary from 2026-11-20 21:30 to 2026-11-21 08:00: added",
        "ann takes primary from 2026-11-29 17:00 to 2026-11-30 08:00: added",
    )
    with pytest.raises(Refused, match="does not have primary in the night of Thu, Nov 19, or it is over"):
        roster_changes.swap(a_roster(), ("primary", NOW), bobs, NOW, only=(over, None))


def test_a_swap_needs_two_people_and_two_shifts_that_somebody_has() -> None:
    roster = a_roster()
    with pytest.raises(Refused, match="Both shifts are Cid Smith's"):
        roster_changes.swap(roster, ("primary", eastern("2026-12-01T12:00")), ("secondary", NOW), NOW)
    with pytest.raises(Refused, match="Nobody has primary then"):
        roster_changes.swap(roster, ("primary", eastern("2026-11-16T07:00")), ("secondary", NOW), NOW)
    with pytest.raises(Refused, match="no rotation third"):
        roster_changes.swap(roster, ("third", NOW), ("secondary", NOW), NOW)


@pytest.mark.parametrize("changeover", ["2026-11-01", "2027-03-14"])
def test_shifts_that_hand_over_in_the_hour_of_a_changeover_are_swapped_to_the_second(changeover: str) -> None:
    """The hand-over at 1:30, or 2:30, of that night: twice on the clock, or never."""
    first = wall(changeover) - timedelta(days=1) + timedelta(hours=1 if "11" in changeover else 2, minutes=30)
    rotation = {"name": "primary", "people": ("ann", "bob"), "starts": first, "every": "24h"}
    roster = a_roster(rotations=(rotation,))
    now = first.replace(tzinfo=NEW_YORK).astimezone(UTC) - timedelta(hours=1)
    [anns, bobs] = stretches(roster, roster.rotations[0], now + timedelta(hours=2), now + timedelta(hours=27))

    swapped = roster_changes.swap(roster, ("primary", anns.starts), ("primary", bobs.starts), now)

    second = timedelta(seconds=1)
    at = [anns.starts, anns.ends - second, bobs.starts, bobs.ends - second, bobs.ends]
    assert [holder(roster, instant) for instant in at] == ["ann", "ann", "bob", "bob", "ann"]
    assert [holder(swapped, instant) for instant in at] == ["bob", "bob", "ann", "ann", "ann"]


def test_closed_days_are_added_and_taken_out_but_not_in_the_past() -> None:
    today, christmas = date(2026, 11, 20), date(2026, 12, 25)
    roster = roster_changes.add_closure(roster_changes.add_closure(a_roster(), christmas, NOW), today, NOW)

    assert roster.closures == (today, christmas)
    assert roster_changes.remove_closure(roster, christmas, NOW).closures == (today,)
    for change, day, why in (
        (roster_changes.add_closure, christmas, "is a closed day already"),
        (roster_changes.add_closure, date(2026, 11, 19), "has passed"),
        (roster_changes.remove_closure, date(2026, 12, 24), "is no closed day"),
    ):
        with pytest.raises(Refused, match=why):
            change(roster, day, NOW)


def test_a_rotation_of_another_order_and_length_says_whom_it_changes() -> None:
    before = a_roster()
    after = roster_changes.change_rotation(
        before, "primary", people=["bob", "ann"], starts=wall("2026-11-16T09:00"), every=timedelta(days=1)
    )

    assert holder(after, NOW) == "bob"
    was = "ann, bob, cid, 7 days each, from 2026-11-16 08:00"
    is_now = "bob, ann, 1 day each, from 2026-11-16 09:00"
    assert changes_in_words(before, after) == (f"rotation primary: {was}; now {is_now}",)
    told = changes_in_words(before, after, for_people(NOW, after, before))
    was = "Ann Smith, Bob Smith, Cid Smith, 7 days each, from Mon, Nov 16, 8:00 AM"
    is_now = "Bob Smith, Ann Smith, 1 day each, from Mon, Nov 16, 9:00 AM"
    assert told == (f"rotation primary: {was}; now {is_now}",)
    assert roster_changes.effects(before, after, NOW)[0].after == after.person("bob")
    with pytest.raises(Refused, match="no rotation third"):
        roster_changes.change_rotation(before, "third", people=[], starts=wall(MONDAY), every=timedelta(days=1))
    assert [every_in_words(timedelta(minutes=minutes)) for minutes in (1440, 720, 90)] == [
        "1 day", "12 hours", "90 minutes",
    ]  # fmt: skip


def test_stretches_are_whole_and_agree_with_every_instant() -> None:
    cover = an_override("cid", "2026-11-20T17:00", "2026-11-24T08:00")  # past a hand-over
    inner = an_override("bob", "2026-11-21T12:00", "2026-11-21T13:00")
    roster = a_roster(overrides=(cover, inner))
    start, end = NOW, NOW + timedelta(days=20)
    primary = roster.rotations[0]

    found = stretches(roster, primary, start, end)

    assert [(one.person and one.person.id, one.instead_of and one.instead_of.id) for one in found] == [
        ("cid", "ann"), ("bob", "ann"), ("cid", "ann"), ("bob", None), ("cid", None), ("ann", None),
    ]  # fmt: skip
    assert found[0].starts == eastern("2026-11-20T17:00")
    assert found[-1].ends == eastern("2026-12-14T08:00")
    for one in found:
        for at in (one.starts, one.ends - timedelta(seconds=1)):
            assert shift_at(roster, primary, at).person == one.person


def test_a_calendar_names_hand_overs_closures_and_holidays_day_by_day(terms: Terms) -> None:
    roster = a_roster(
        closures=(date(2026, 11, 27),), overrides=(an_override("bob", "2026-11-26T17:00", "2026-11-27T08:00"),)
    )
    days = calendar([(NOW, roster)], terms, *week_span(date(2026, 11, 27)), NOW + timedelta(days=4))

    assert [day.on.day for day in days] == list(range(23, 30))
    assert [day.on.day for day in days if day.is_today] == [24]
    assert [day.on.day for day in days if day.is_closed] == [27]
    assert {day.on.day: day.holidays for day in days if day.holidays} == {26: ("Thanksgiving Day",)}
    shown = {
        day.on.day: [
            (line.stretch.person and line.stretch.person.id, line.takes_over is not None)
            for line in day.lines["primary"]
        ]
        for day in days
    }
    assert shown[23] == [("ann", False), ("bob", True)]
    assert shown[26] == [("bob", False), ("bob", True)]
    assert shown[27] == [("bob", False), ("bob", True)]
    assert month_span(date(2028, 2, 10)) == (date(2028, 2, 1), date(2028, 2, 29))
