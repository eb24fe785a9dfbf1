"""Changing the roster in force: from then on alerts follow it, and the history says what was changed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest

from tests.support.fixtures import LEE, SAM, TEAM
from tests.support.world import World
from triage.errors import Refused, StaleRow
from triage.policy.roster import Override, Roster
from triage.policy.roster_changes import add_closure, change_rotation, remove_closure
from triage.services.on_call import calendar_records, on_call, who_is_on_call
from triage.services.roster_changes import Changed, change_roster, preview_change, roster_in_force

TONIGHT = datetime.fromisoformat("2026-11-20T17:00"), datetime.fromisoformat("2026-11-21T08:00")


def sam_takes_over(roster: Roster) -> Roster:
    starts, ends = TONIGHT
    override = Override.model_validate({"rotation": "primary", "person": "sam", "from": starts, "to": ends})
    return roster.model_copy(update={"overrides": (*roster.overrides, override)})


def change(world: World, made_from: str | None = None) -> Changed:
    desk = world.program.desk
    seen = made_from or roster_in_force(desk).version
    return change_roster(desk, sam_takes_over, made_from=seen, actor="account:1", now=world.now)


@pytest.mark.thorough
@pytest.mark.on_both
def test_a_change_counts_at_once_and_until_the_file_is_edited(team: World) -> None:
    before = roster_in_force(team.program.desk)
    changed = change(team)
    team.restart()
    team.voicemail(attested=True)

    [event] = team.entries("roster_changed")
    words = ["sam takes primary from 2026-11-20 17:00 to 2026-11-21 08:00: added"]
    assert (event.actor, event.details) == (
        "account:1",
        {"changes": words, "before": before.version, "after": changed.roster.version},
    )
    assert changed.words == tuple(words)
    assert [bool(team.bodies(phone)) for phone in (SAM, LEE)] == [True, False]

    team.restart(roster=TEAM.replace("Lee Okafor", "Lee Brown"))
    assert roster_in_force(team.program.desk).overrides == ()


def test_a_change_made_from_an_old_page_loses_nothing(team: World) -> None:
    seen = roster_in_force(team.program.desk).version
    change(team, seen)

    with pytest.raises(StaleRow, match="Somebody changed the roster while this page was open"):
        change(team, seen)
    assert len(roster_in_force(team.program.desk).overrides) == 1


def test_what_does_not_fit_is_refused_in_words_and_nothing_is_written(team: World) -> None:
    desk = team.program.desk
    seen = roster_in_force(desk).version

    def without(person: str, **more: object) -> Refused:
        def change(roster: Roster) -> Roster:
            people = tuple(one.model_copy(update=more) for one in roster.people if one.id != person)
            return roster.model_copy(update={"people": people})

        with pytest.raises(Refused) as refused:
            change_roster(desk, change, made_from=seen, actor="account:1", now=team.now)
        return refused.value

    assert str(without("sam")) == (
        "rotation primary names the person sam, whom the roster does not have: add or correct it"
    )
    assert "phone: 'x' is no telephone number" in str(without("nobody", phone="x"))
    assert roster_in_force(desk).version == seen
    assert team.entries("roster_changed") == []


def test_a_preview_and_a_change_that_changes_nothing_leave_no_trace(team: World) -> None:
    desk = team.program.desk
    seen = roster_in_force(desk).version

    assert len(preview_change(desk, sam_takes_over, made_from=seen).words) == 1
    same = change_roster(desk, lambda roster: roster, made_from=seen, actor="account:1", now=team.now)

    assert same.words == ()
    assert roster_in_force(desk).version == seen
    assert team.entries("roster_changed") == []


def test_a_closed_day_sorts_the_next_voicemail_and_leaves_the_last_one_as_it_was(team: World) -> None:
    team.at("2026-11-23T15:00:00Z")
    team.voicemail("+16145550190")
    desk, today = team.program.desk, date.fromisoformat("2026-11-23")

    def change(how: Callable[[Roster, date, datetime], Roster]) -> None:
        seen = roster_in_force(desk).version
        change_roster(desk, lambda old: how(old, today, team.now), made_from=seen, actor="account:1", now=team.now)

    change(add_closure)
    team.voicemail("+16145550191")
    team.restart()
    desk = team.program.desk
    team.voicemail("+16145550192")
    change(remove_closure)
    team.voicemail("+16145550193")

    windows = {case["ref"]: case["window"] for case in team.cases()}
    assert windows == {"1001": "support_hours", "1002": "other", "1003": "other", "1004": "support_hours"}
    assert len(team.entries("policy_loaded")) == 2
    assert team.case("1002")["policy"] != team.case("1001")["policy"] == team.case("1004")["policy"]


def test_a_moved_first_hand_over_leaves_the_past_as_it_was(team: World) -> None:
    team.at("2026-11-23T13:24:00Z")  # Monday, 8:24 AM: Sam took over from Lee at 8:00
    desk, changed_at = team.program.desk, team.now

    def from_tomorrow(roster: Roster) -> Roster:
        starts, week = datetime.fromisoformat("2026-11-24T08:00"), timedelta(days=7)
        return change_rotation(roster, "primary", people=["lee", "sam"], starts=starts, every=week)

    change_roster(desk, from_tomorrow, made_from=roster_in_force(desk).version, actor="account:1", now=changed_at)
    team.advance(hours=2)

    def primary(at: datetime) -> tuple[str | None, datetime | None]:
        found = {one["rotation"]: one for one in who_is_on_call(desk, at, team.now)}
        [post] = [one for one in on_call(desk, at, team.now).posts if one.current.rotation == "primary"]
        name = post.current.person.name if post.current.person else None
        assert name == (found["primary"]["name"] if "primary" in found else None)
        return name, found["primary"]["until"] if "primary" in found else None

    sams = datetime.fromisoformat("2026-11-23T13:00:00Z")
    assert primary(sams - timedelta(hours=1)) == ("Lee Okafor", sams)
    assert primary(sams) == ("Sam Novak", changed_at)
    assert primary(changed_at) == (None, None)
    assert primary(team.now) == (None, None)
    monday = date.fromisoformat("2026-11-23")
    [today, *_] = calendar_records(desk, monday, monday, team.now)
    assert [(one["name"], one["ends"]) for one in today["shifts"]] == [
        ("Lee Okafor", sams),
        ("Sam Novak", changed_at),
        (None, datetime.fromisoformat("2026-11-24T13:00:00Z")),
    ]
    long_ago = on_call(desk, sams - timedelta(days=3000), team.now)  # the oldest that is known answers
    assert [one.starts.day for one in long_ago.roster.rotations if one.name == "primary"] == [16]
