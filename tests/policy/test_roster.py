"""Who is on call: hand-overs on the wall clock, overrides, gaps, and rosters that are refused."""

from __future__ import annotations

from bisect import bisect_right
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from triage.policy.document import UnreadableDocument
from triage.policy.roster import Roster, gaps, people_for, read_roster, shift_at, shifts, stored_roster

NEW_YORK = ZoneInfo("America/New_York")
YEAR = datetime(2025, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC)
HALF_HOUR = timedelta(minutes=30)
THREE = ("ann", "bob", "cid")

PEOPLE = "".join(
    f'[[people]]\nid = "{person}"\nname = "{person.title()} Smith"\nphone = "+1614555010{number}"\nrole = "{role}"\n'
    for number, (person, role) in enumerate(
        [("ann", "technician"), ("bob", "technician"), ("cid", "technician"), ("max", "manager")]
    )
)


def a_rotation(starts: str = "2025-01-06T08:00:00", every: str = "7d", people: tuple[str, ...] = THREE) -> str:
    return f'[[rotations]]\nname = "primary"\npeople = {list(people)}\nstarts = {starts}\nevery = "{every}"\n'


def an_override(person: str, starts: str, ends: str, rotation: str = "primary") -> str:
    return f'[[overrides]]\nrotation = "{rotation}"\nperson = "{person}"\nfrom = {starts}\nto = {ends}\n'


def a_roster(*parts: str) -> Roster:
    return read_roster(PEOPLE + "".join(parts), name="roster.toml")


def holder(roster: Roster, at: datetime) -> str | None:
    person = shift_at(roster, roster.rotations[0], at).person
    return person.id if person else None


def eastern(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=NEW_YORK).astimezone(UTC)


def hand_overs(starts: str, every: timedelta, until: datetime) -> list[datetime]:
    """The second implementation: every hand-over in turn on a paper calendar, then looked up on the clock."""
    wall, found = datetime.fromisoformat(starts), []
    while wall.replace(tzinfo=UTC) < until + timedelta(days=40):
        found.append(wall.replace(tzinfo=NEW_YORK).astimezone(UTC))
        wall += every
    return found


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("starts", "every", "span"),
    [
        ("2025-01-06T08:00:00", "7d", timedelta(days=7)),
        ("2024-12-31T02:30:00", "1d", timedelta(days=1)),
        ("2024-12-31T01:00:00", "90m", timedelta(minutes=90)),
    ],
)
def test_holder_of_every_half_hour_of_a_year_agrees_with_a_paper_calendar(
    starts: str, every: str, span: timedelta
) -> None:
    roster = a_roster(a_rotation(starts, every))
    calendar = hand_overs(starts, span, YEAR[1])
    at = max(calendar[0], YEAR[0])

    while at < YEAR[1]:
        turn = bisect_right(calendar, at) - 1
        assert holder(roster, at) == THREE[turn % 3]
        at += HALF_HOUR


@pytest.mark.parametrize("every", ["1d", "7d", "14d"])
@pytest.mark.parametrize("hour", [0, 8, 17, 20])
def test_hand_over_keeps_its_wall_clock_hour_through_both_changeovers(hour: int, every: str) -> None:
    roster = a_roster(a_rotation(f"2025-01-06T{hour:02}:00:00", every))
    start = eastern(f"2025-01-06T{hour:02}:00:00")

    turns = list(shifts(roster, roster.rotations[0], start, YEAR[1]))

    assert {turn.starts.astimezone(NEW_YORK).time().isoformat() for turn in turns} == {f"{hour:02}:00:00"}
    assert len({turn.starts.astimezone(NEW_YORK).weekday() for turn in turns}) == (7 if every == "1d" else 1)


@pytest.mark.parametrize("changeover", ["2025-03-09", "2025-11-02"])
def test_hand_over_on_the_changeover_day_is_on_its_second(changeover: str) -> None:
    roster = a_roster(a_rotation("2025-03-02T08:00:00", "7d"))
    hand_over = eastern(f"{changeover}T08:00:00")

    before, on, after = (holder(roster, hand_over + timedelta(seconds=second)) for second in (-1, 0, 1))

    assert before != on == after
    assert shift_at(roster, roster.rotations[0], hand_over - timedelta(seconds=1)).ends == hand_over
    assert shift_at(roster, roster.rotations[0], hand_over).starts == hand_over


def test_nobody_holds_a_rotation_before_it_starts() -> None:
    roster = a_roster(a_rotation("2025-01-06T08:00:00"))
    start = eastern("2025-01-06T08:00:00")

    assert holder(roster, start - timedelta(microseconds=1)) is None
    assert shift_at(roster, roster.rotations[0], YEAR[0]).ends == start
    assert holder(roster, start) == "ann"


def test_rotation_of_nobody_is_one_gap() -> None:
    roster = a_roster(a_rotation(people=()))
    week = eastern("2025-01-06T08:00:00"), eastern("2025-01-13T08:00:00")

    assert [gap.ends for gap in gaps(roster, roster.rotations[0], *week)] == [week[1]]
    assert people_for(roster, "primary", week[0]) == ()


def test_gap_is_where_nobody_holds_and_no_override_helps() -> None:
    roster = a_roster(
        a_rotation("2025-01-08T08:00:00"), an_override("bob", "2025-01-06T08:00:00", "2025-01-07T08:00:00")
    )
    week = eastern("2025-01-06T00:00:00"), eastern("2025-01-12T00:00:00")

    found = [(gap.starts, gap.ends) for gap in gaps(roster, roster.rotations[0], *week)]

    assert found == [
        (week[0], eastern("2025-01-06T08:00:00")),
        (eastern("2025-01-07T08:00:00"), eastern("2025-01-08T08:00:00")),
    ]


def test_override_holds_from_its_first_second_to_its_last() -> None:
    roster = a_roster(a_rotation(), an_override("cid", "2025-01-07T17:00:00", "2025-01-08T08:00:00"))
    starts, ends, second = eastern("2025-01-07T17:00:00"), eastern("2025-01-08T08:00:00"), timedelta(seconds=1)

    at = [starts - second, starts, starts + second, ends - second, ends, ends + second]

    assert [holder(roster, instant) for instant in at] == ["ann", "cid", "cid", "cid", "ann", "ann"]
    assert shift_at(roster, roster.rotations[0], starts - second).ends == starts
    assert shift_at(roster, roster.rotations[0], starts).ends == ends


def test_override_written_last_wins_and_the_one_below_comes_back() -> None:
    roster = a_roster(
        a_rotation(),
        an_override("bob", "2025-01-07T00:00:00", "2025-01-10T00:00:00"),
        an_override("cid", "2025-01-08T00:00:00", "2025-01-09T00:00:00"),
    )

    held = [holder(roster, eastern(f"2025-01-{day:02}T12:00:00")) for day in range(6, 12)]

    assert held == ["ann", "bob", "cid", "bob", "ann", "ann"]


def test_override_of_another_rotation_changes_nothing_here() -> None:
    other = a_rotation().replace("primary", "secondary")
    roster = a_roster(
        a_rotation(), other, an_override("cid", "2025-01-07T00:00:00", "2025-01-09T00:00:00", "secondary")
    )
    at = eastern("2025-01-08T12:00:00")

    assert people_for(roster, "primary", at)[0].id == "ann"
    assert people_for(roster, "secondary", at)[0].id == "cid"


def test_override_before_the_rotation_starts_holds_all_the_same() -> None:
    roster = a_roster(
        a_rotation("2025-02-03T08:00:00"), an_override("bob", "2025-01-07T00:00:00", "2025-01-08T00:00:00")
    )

    assert holder(roster, eastern("2025-01-07T12:00:00")) == "bob"
    assert holder(roster, eastern("2025-01-09T12:00:00")) is None


def test_override_of_the_repeated_hour_is_one_real_hour_longer() -> None:
    roster = a_roster(a_rotation(), an_override("cid", "2025-11-02T00:00:00", "2025-11-02T03:00:00"))

    shift = shift_at(roster, roster.rotations[0], eastern("2025-11-02T00:00:00"))

    assert shift.ends - shift.starts == timedelta(hours=4)


HOURS = st.integers(0, 10 * 48).map(lambda n: datetime.fromisoformat("2025-10-28T00:00:00") + n * HALF_HOUR)
OVERRIDES = st.lists(st.tuples(st.sampled_from(THREE), HOURS, st.integers(1, 200)), max_size=5)


@settings(max_examples=50)
@given(every=st.sampled_from(["30m", "1h", "12h", "1d", "7d"]), overrides=OVERRIDES)
@example(every="30m", overrides=[("ann", datetime.fromisoformat("2025-11-02T01:30:00"), 1)])
def test_shifts_tile_any_span_and_agree_with_every_instant_in_it(
    every: str, overrides: list[tuple[str, datetime, int]]
) -> None:
    texts = [an_override(who, f"{at:%FT%T}", f"{at + n * HALF_HOUR:%FT%T}") for who, at, n in overrides]
    roster = a_roster(a_rotation("2025-11-01T08:00:00", every), *texts)
    start, end = eastern("2025-10-31T12:00:00"), eastern("2025-11-03T12:00:00")

    tiles = list(shifts(roster, roster.rotations[0], start, end))

    assert (tiles[0].starts, tiles[-1].ends) == (start, end)
    assert all(one.ends == other.starts for one, other in pairwise(tiles))
    for tile in tiles:
        assert tile.starts < tile.ends
        for at in (tile.starts, tile.starts + (tile.ends - tile.starts) / 2, tile.ends - timedelta(microseconds=1)):
            assert holder(roster, at) == (tile.person.id if tile.person else None)


@given(overrides=OVERRIDES, n=st.integers(0, 14 * 48))
def test_latest_override_that_covers_an_instant_names_its_holder(
    overrides: list[tuple[str, datetime, int]], n: int
) -> None:
    spans = [(who, f"{at:%FT%T}", f"{at + half * HALF_HOUR:%FT%T}") for who, at, half in overrides]
    roster = a_roster(a_rotation("2025-10-20T00:00:00", "365d"), *(an_override(*span) for span in spans))
    at = eastern("2025-10-27T00:00:00") + n * HALF_HOUR

    expected = "ann"
    for who, starts, ends in spans:
        expected = who if eastern(starts) <= at < eastern(ends) else expected

    assert holder(roster, at) == expected


@given(n=st.integers(0, 365 * 24 * 60), starts=st.integers(0, 47))
def test_shift_says_when_it_began_and_when_it_ends(n: int, starts: int) -> None:
    first = datetime.fromisoformat("2025-01-01T00:00:00") + starts * HALF_HOUR
    roster = a_roster(a_rotation(f"{first:%FT%T}", "12h"))
    at = eastern("2025-01-03T00:00:00") + timedelta(minutes=n)

    shift = shift_at(roster, roster.rotations[0], at)

    assert shift.starts <= at < shift.ends
    assert shift_at(roster, roster.rotations[0], shift.starts) == shift
    assert holder(roster, shift.ends) != (shift.person.id if shift.person else None)


def test_words_of_a_ladder_mean_people(roster: Roster) -> None:
    at = eastern("2026-03-04T12:00:00")
    meant = {
        word: [person.id for person in people_for(roster, word, at, "lee")]
        for word in ("everyone", "managers", "owner")
    }

    assert meant == {"everyone": ["dana", "lee", "maria"], "managers": ["maria"], "owner": ["lee"]}
    assert {people_for(roster, word, at)[0].id for word in ("primary", "secondary")} == {"dana", "lee"}


@pytest.mark.parametrize("word", ["owner", "nobody-knows"])
def test_word_that_means_nobody_reaches_nobody(word: str, roster: Roster) -> None:
    assert people_for(roster, word, eastern("2026-03-04T12:00:00")) == ()
    assert people_for(roster, "owner", eastern("2026-03-04T12:00:00"), "left-the-company") == ()


def test_demo_roster_hands_over_on_monday_at_eight(roster: Roster) -> None:
    primary = roster.rotations[0]

    turns = [
        (shift.person.id if shift.person else None, shift.starts.astimezone(NEW_YORK).isoformat())
        for shift in shifts(roster, primary, eastern("2026-03-02T08:00:00"), eastern("2026-03-16T08:00:00"))
    ]

    assert turns == [("dana", "2026-03-02T08:00:00-05:00"), ("lee", "2026-03-09T08:00:00-04:00")]


@pytest.mark.parametrize(
    ("roles", "told"),
    [
        (("technician", "manager", "administrator"), ["bob"]),
        (("technician", "technician", "administrator"), ["cid"]),
        (("technician", "technician", "technician"), ["ann", "bob", "cid"]),
    ],
)
def test_managers_are_in_charge_else_administrators_else_everyone(roles: tuple[str, ...], told: list[str]) -> None:
    people = "".join(
        f'[[people]]\nid = "{person}"\nname = "X"\nphone = "+1614555010{number}"\nrole = "{role}"\n'
        for number, (person, role) in enumerate(zip(THREE, roles, strict=True))
    )

    assert [person.id for person in read_roster(people, name="r").in_charge()] == told


def test_person_is_found_by_id_and_by_phone(roster: Roster) -> None:
    dana = roster.person("dana")

    assert dana is not None
    assert roster.person_with_phone("+16145550101") == dana
    assert roster.person("nobody") is roster.person(None) is roster.person_with_phone("+1") is None
    assert dana.first_name == "Dana"


@pytest.mark.parametrize(
    ("text", "mend"),
    [
        (PEOPLE + PEOPLE[: PEOPLE.index("[[", 2)], "person id ann stands twice; each may stand once"),
        (PEOPLE.replace("5550101", "5550100"), "phone +16145550100 stands twice; each may stand once"),
        (PEOPLE + 2 * a_rotation(), "rotation primary stands twice; each may stand once"),
        (
            PEOPLE + a_rotation(people=("ann", "eve")),
            "rotation primary names the person eve, whom the roster does not have: add or correct it",
        ),
        (
            PEOPLE + a_rotation().replace('"primary"', '"managers"'),
            "managers already means something in a ladder; rename the rotation",
        ),
        (
            PEOPLE + a_rotation() + an_override("eve", "2025-01-07T17:00:00", "2025-01-08T08:00:00"),
            "an override names the person eve, whom the roster does not have: add or correct it",
        ),
        (
            PEOPLE + a_rotation() + an_override("ann", "2025-01-07T17:00:00", "2025-01-08T08:00:00", "third"),
            "an override names the rotation third",
        ),
        (
            PEOPLE + a_rotation() + an_override("ann", "2025-01-08T08:00:00", "2025-01-08T08:00:00"),
            "to must be after from",
        ),
        (
            PEOPLE + a_rotation() + an_override("ann", "2025-01-07T08:00:00Z", "2025-01-08T08:00:00"),
            "wall-clock time in the roster's timezone; write them without an offset",
        ),
        (
            PEOPLE + a_rotation("2025-01-06T08:00:00-05:00"),
            "starts is wall-clock time in the roster's timezone; write it without an offset",
        ),
        (PEOPLE + a_rotation(every="59s"), "every must be a minute or more"),
        (PEOPLE + a_rotation(every="weekly"), "'weekly' is not a span; write it like 2h, 90s, 1h30m or 7d"),
        (PEOPLE + a_rotation().replace("every", "evry"), "evry: unknown key; did you mean every?"),
        (PEOPLE + a_rotation().replace('every = "7d"', ""), "every: missing; add it"),
        (
            PEOPLE + a_rotation() + an_override("ann", "2025-01-07", "2025-01-08").replace("from", "form"),
            "form: unknown key; did you mean from?",
        ),
        (PEOPLE.replace("phone", "fone", 1), "line 4: people.0.fone: unknown key; did you mean phone?"),
        (PEOPLE.replace("+1614555010", "614-555-010"), "is no telephone number"),
        (PEOPLE.replace('"ann"', '"Ann S"'), "is no id"),
        (PEOPLE.replace('"Ann Smith"', '"  "'), "at least 1 character"),
        (
            PEOPLE.replace('"Ann Smith"', '"Ann\\u202e"'),
            "people.0.name: 'Ann\\u202e' has characters that cannot be printed",
        ),
        (PEOPLE.replace('"technician"', '"boss"'), "'technician', 'manager' or 'administrator'"),
        (PEOPLE.replace('role = "manager"', 'role = "manager"\nchannels = ["fax"]'), "'sms' or 'voice'"),
        (PEOPLE.replace('role = "manager"', 'role = "manager"\nchannels = []'), "name one at least"),
        ('timezone = "EST"\n' + PEOPLE, "'EST' is not a region"),
        ("closures = ['Christmas']\n" + PEOPLE, "valid date"),
    ],
)
def test_roster_with_a_fault_is_refused_with_its_mend(text: str, mend: str) -> None:
    with pytest.raises(UnreadableDocument) as refused:
        read_roster(text, name="roster.toml")

    assert str(refused.value).startswith("roster.toml: ")
    assert mend in str(refused.value)


def test_stored_roster_comes_back_as_it_was(roster: Roster) -> None:
    mine = a_roster(a_rotation(), an_override("cid", "2025-01-07T17:00:00", "2025-01-08T08:00:00"))

    for version in (roster, mine):
        assert stored_roster(version.canonical) == version
        assert stored_roster(version.canonical).version == version.version


@pytest.mark.parametrize(("kept", "read"), [("\x1c", "dana"), ("Dana\r\nALL \u202e CLEAR\x07", "Dana ALL CLEAR")])
def test_a_name_that_an_older_release_kept_is_read_as_what_can_be_printed(kept: str, read: str, roster: Roster) -> None:
    dana = roster.people[0].model_copy(update={"name": kept})
    old = roster.model_copy(update={"people": (dana, *roster.people[1:])})

    found = stored_roster(old.canonical).people[0]

    assert found.name == read
    assert read.startswith(found.first_name)


def test_any_change_makes_another_version_of_the_roster() -> None:
    override = an_override("cid", "2025-01-07T17:00:00", "2025-01-08T08:00:00")

    versions = {
        a_roster(a_rotation(), override).version,
        a_roster(a_rotation()).version,
        a_roster(a_rotation(every="1d")).version,
        a_roster(a_rotation(people=("bob", "ann", "cid"))).version,
        a_roster("# the same as the second\n", a_rotation(every="168h")).version,
    }

    assert len(versions) == 4
