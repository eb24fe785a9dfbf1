"""On-call in the console: who has it, what nobody has, and changes that are shown before they count."""

from __future__ import annotations

import re
from datetime import date, timedelta
from functools import partial
from html import unescape

import pytest
from werkzeug.test import TestResponse

from tests.support.fixtures import LEE, SAM, TEAM
from tests.support.visitor import Visitor, signed_in
from tests.support.world import Build, World
from triage.policy.access import Role
from triage.services.on_call import calendar_records
from triage.services.roster_changes import roster_in_force

pytestmark = pytest.mark.usefixtures("quick_hashes")
GAP = TEAM.replace("2026-01-05T08:00:00", "2026-11-24T08:00:00")


def words(page: TestResponse) -> str:
    main = page.text.partition("<main")[2]
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", main)).split())


def version(world: World) -> str:
    return roster_in_force(world.program.desk).version


def send(visitor: Visitor, path: str, fields: dict[str, str]) -> TestResponse:
    return visitor.post(path, follows=True, **fields)


def previewed(visitor: Visitor, path: str, page: TestResponse) -> TestResponse:
    """Press the button of a preview: what it sends is what was sent, and that it was seen."""
    hidden = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page.text)
    fields = {name: unescape(value) for name, value in hidden if name != "csrf_token"}
    return send(visitor, path, {**fields, "sure": "yes"})


def test_the_page_says_who_has_it_who_is_next_and_what_nobody_has(build_world: Build) -> None:
    world = build_world(roster=GAP)
    visitor = signed_in(world, Role.TECHNICIAN)

    shown = words(visitor.get("/on-call"))

    assert "No secondary secondary : nobody from Fri, Nov 20, 9:30 PM to Tue, Nov 24, 8:00 AM" in shown
    assert "primary Lee Okafor Mon, Nov 23, 8:00 AM Sam Novak secondary nobody Tue, Nov 24, 8:00 AM Dana" in shown
    assert "Add an override" not in shown
    twice = words(visitor.get("/on-call?at=2026-11-01T01:30"))
    assert "1:30 AM EDT: this hour comes twice" in twice
    assert "1:30 AM EST: this hour comes twice" in twice
    assert "The clocks skip this time that day" in words(visitor.get("/on-call?at=2027-03-14T02:30"))
    assert "Write a day and a time like" in words(visitor.get("/on-call?at=tomorrow"))
    assert "Write a year from" in words(visitor.get("/on-call?at=9999-12-31T23:59"))


def test_the_calendar_shows_weeks_and_months(build_world: Build) -> None:
    world = build_world(roster="closures = [2026-11-27]\n" + GAP)
    visitor = signed_in(world, Role.AUDITOR)

    week = words(visitor.get("/on-call/calendar?from=2026-11-27"))
    assert "Mon, Nov 23 Lee Okafor 8:00 AM Sam Novak nobody" in week
    assert "Tue, Nov 24 Sam Novak nobody 8:00 AM Dana Whitfield" in week
    assert "Thu, Nov 26 Thanksgiving Day" in week
    assert "Fri, Nov 27 closed" in week
    month = visitor.get("/on-call/calendar?by=month&from=2026-11-27").text
    assert month.count("<td") == 6 * 7
    assert month.count('class="outside"') == 12
    assert month.count('aria-current="date"') == 1
    for bad in ("from=yesterday", "from=0001-01-01", "from=9999-12-31&by=month", "by=year"):
        assert visitor.get(f"/on-call/calendar?{bad}").status_code == 400


def test_a_manager_adds_an_override_after_seeing_what_it_changes(team: World) -> None:
    boss = signed_in(team, Role.MANAGER)
    boss.get("/on-call/overrides")
    fields = {"rotation": "primary", "person": "sam", "starts": "2026-11-20T17:00", "ends": "2026-11-21T08:00"}

    preview = send(boss, "/on-call/overrides", {"made_from": version(team), **fields})

    assert "Fri, Nov 20, 9:31 PM Sat, Nov 21, 8:00 AM primary Lee Okafor Sam Novak" in words(preview)
    assert team.entries("roster_changed") == []
    done = previewed(boss, "/on-call/overrides", preview)
    assert "Sam Novak takes primary from Fri, Nov 20, 5:00 PM to Sat, Nov 21, 8:00 AM: added" in words(done)
    assert "8:00 AM Lee Okafor" in words(done)
    team.voicemail(attested=True)
    assert [bool(team.bodies(phone)) for phone in (SAM, LEE)] == [True, False]
    [event] = team.entries("roster_changed")
    assert event.actor == "account:1"

    listed = boss.get("/on-call/overrides")
    assert "Sam Novak primary Fri, Nov 20, 5:00 PM Sat, Nov 21, 8:00 AM counts now End it now" in words(listed)
    ending = boss.post("/on-call/overrides/0/lift", made_from=version(team))
    assert "Sam Novak Lee Okafor" in words(ending)
    assert "None counts now" in words(previewed(boss, "/on-call/overrides/0/lift", ending))


def test_a_preview_begins_with_what_it_leaves_empty_and_who_would_stand_twice(team: World) -> None:
    boss = signed_in(team, Role.MANAGER)
    boss.get("/on-call/overrides")
    tonight = {"rotation": "primary", "person": "dana", "starts": "2026-11-20T17:00", "ends": "2026-11-21T08:00"}
    path = "/on-call/rotations/secondary"

    twice = send(boss, "/on-call/overrides", {"made_from": version(team), **tonight})
    boss.get(path)
    later = {"made_from": version(team), "starts": "2026-11-24T08:00", "count": "7", "unit": "days", "people-0": "dana"}
    empty = send(boss, path, later)

    tonight_in_words = "Fri, Nov 20, 9:31 PM to Sat, Nov 21, 8:00 AM."
    would = "Dana Whitfield would then be both primary and secondary"
    assert f"Add an override? {would} : {tonight_in_words} What changes" in words(twice)
    assert "Change secondary? Leaves secondary empty for 3 days 10 hours: Fri, Nov 20, 9:3" in words(empty)


@pytest.mark.parametrize(
    ("changed", "answer"),
    [
        ({"ends": "2026-11-20T16:00"}, "It ends before it begins: take a later end."),
        ({"starts": "2027-03-14T02:30", "ends": "2027-03-15T08:00"}, "2:30 AM does not exist"),
        ({"starts": "2026-10-31T08:00", "ends": "2026-11-01T01:30"}, "1:30 AM comes twice that day"),
        ({"ends": "soon"}, "Write a day and a time like 2026-11-25T17:00."),
        ({"person": "eve"}, "Not a valid choice"),
        ({"starts": "2026-11-18T17:00", "ends": "2026-11-19T17:00"}, "that is over already"),
        ({"made_from": ""}, "Not yet"),
    ],
)
def test_an_override_that_does_not_fit_comes_back_with_what_was_entered(
    changed: dict[str, str], answer: str, team: World
) -> None:
    boss = signed_in(team, Role.MANAGER)
    boss.get("/on-call/overrides")
    fields = {"rotation": "primary", "person": "sam", "starts": "2026-11-20T17:00", "ends": "2026-11-21T08:00"}

    page = send(boss, "/on-call/overrides", {"made_from": version(team)} | fields | changed)

    assert page.status_code == 400
    assert answer in words(page)
    assert f'value="{fields["starts"] if "starts" not in changed else changed["starts"]}"' in page.text
    assert roster_in_force(team.program.desk).overrides == ()


def test_a_form_of_an_older_roster_changes_nothing_and_may_be_sent_again(team: World) -> None:
    boss = signed_in(team, Role.ADMINISTRATOR)
    boss.get("/on-call/closures")
    old = version(team)
    assert "closed on Thu, Dec 24: added" in words(
        boss.post("/on-call/closures", made_from=old, on="2026-12-24", sure="yes")
    )

    odd = [boss.post("/on-call/closures", made_from=version(team), on=on) for on in ("soon", "9999-12-31", "")]
    late = boss.post("/on-call/closures", made_from=old, on="2026-12-31", sure="yes")

    assert [page.status_code for page in odd] == [400] * 3
    assert late.status_code == 409
    assert "Somebody changed the roster while this page was open, so nothing was changed." in words(late)
    assert f'value="{version(team)}"' in late.text
    assert 'value="2026-12-31"' in late.text
    assert [str(day) for day in roster_in_force(team.program.desk).closures] == ["2026-12-24"]
    opened = boss.post("/on-call/closures/open", made_from=version(team), on="2026-12-24", sure="yes")
    assert "closed on Thu, Dec 24: removed" in words(opened)


def test_two_shifts_are_swapped(team: World) -> None:
    boss = signed_in(team, Role.MANAGER)
    page = boss.get("/on-call/swap")
    assert "from 5:00 PM on that day to 8:00 AM on the next" in words(page)
    shifts = {label: value for value, label in re.findall(r'<option(?: selected)? value="([^"]+)">([^<]+)<', page.text)}
    lees = next(value for label, value in shifts.items() if label.startswith("Lee Okafor, primary: Mon, Nov 30"))
    sams = next(value for label, value in shifts.items() if label.startswith("Sam Novak, primary: Mon, Nov 23"))

    preview = boss.post("/on-call/swap", made_from=version(team), first=unescape(lees), second=unescape(sams))
    assert "Mon, Nov 23, 8:00 AM Mon, Nov 30, 8:00 AM primary Sam Novak Lee Okafor" in words(preview)
    assert words(previewed(boss, "/on-call/swap", preview)).count(": added") == 2
    same = boss.post("/on-call/swap", made_from=version(team), first=unescape(sams), second=unescape(sams))
    assert (same.status_code, "Both shifts are Lee Okafor's" in words(same)) == (400, True)


def test_single_nights_are_swapped(team: World) -> None:
    boss = signed_in(team, Role.MANAGER)
    page = boss.get("/on-call/swap")
    shifts = {label: value for value, label in re.findall(r'<option(?: selected)? value="([^"]+)">([^<]+)<', page.text)}
    mine = next(unescape(value) for label, value in shifts.items() if label.startswith("Lee Okafor, primary"))
    theirs = next(unescape(value) for label, value in shifts.items() if label.startswith("Sam Novak, primary"))
    asked = partial(boss.post, "/on-call/swap", made_from=version(team), first=mine, second=theirs)

    other = asked(first_night="2026-12-25", second_night="2026-11-24")
    odd = asked(first_night="Friday", second_night="2026-11-24")
    preview = asked(first_night="2026-11-21", second_night="2026-11-24")

    assert [page.status_code for page in (other, odd)] == [400, 400]
    assert "Lee Okafor does not have primary in the night of Fri, Dec 25" in words(other)
    assert "Sat, Nov 21, 5:00 PM Sun, Nov 22, 8:00 AM primary Lee Okafor Sam Novak" in words(preview)
    assert "Tue, Nov 24, 5:00 PM Wed, Nov 25, 8:00 AM primary Sam Novak Lee Okafor" in words(preview)
    assert words(previewed(boss, "/on-call/swap", preview)).count(": added") == 2


def test_a_rotation_is_changed(team: World) -> None:
    boss = signed_in(team, Role.MANAGER)

    path = "/on-call/rotations/primary"
    boss.get(path)
    order = {"people-0": "dana", "people-1": "", "people-2": "sam"}
    change = {"made_from": version(team), "starts": "2026-11-16T09:00", "count": "12", "unit": "hours", **order}
    preview = send(boss, path, change)
    assert "now Dana Whitfield, Sam Novak, 12 hours each, from Mon, Nov 16, 9:00 AM" in words(preview)
    assert "Dana Whitfield, Sam Novak Each has it for 12 hours" in words(previewed(boss, path, preview))
    assert "Write 1 to 5000." in words(send(boss, path, change | {"count": "0"}))
    assert boss.get("/on-call/rotations/third").status_code == 404


def test_a_rotation_is_added_and_removed_unless_the_ladder_needs_it(team: World) -> None:
    boss = signed_in(team, Role.MANAGER)
    path = "/on-call/new-rotation"
    boss.get(path)
    people = {f"people-{place}": person for place, person in enumerate(("dana", "sam", "", ""))}
    added = {"made_from": version(team), "name": " Weekend", "starts": "2026-11-27T17:00", "count": "7", "unit": "days"}

    preview = send(boss, path, added | people)
    assert "Nobody is alerted by it until the policy's ladder names weekend." in words(preview)
    assert "rotation weekend: added, Dana Whitfield, Sam Novak, 7 days each" in words(previewed(boss, path, preview))
    added["made_from"] = version(team)
    assert "There is a rotation primary already" in words(send(boss, path, added | people | {"name": "primary"}))
    assert "write small letters and digits" in words(send(boss, path, added | people | {"name": "week end!"}))
    shown = boss.get("/on-call/rotations/weekend").text
    assert re.search(r'href="/on-call" aria-current="true"', shown)
    taken = {"rotation": "weekend", "person": "lee", "starts": "2026-11-28T08:00", "ends": "2026-11-28T20:00"}
    boss.post("/on-call/overrides", made_from=version(team), follows=True, **taken, sure="yes")
    removed = boss.post("/on-call/rotations/weekend/remove", made_from=version(team), sure="yes")
    assert "rotation weekend: removed" in words(removed)
    assert roster_in_force(team.program.desk).overrides == ()
    assert "It cannot be removed" in words(boss.get("/on-call/rotations/primary"))
    refused = boss.post("/on-call/rotations/primary/remove", made_from=version(team), sure="yes")
    assert (refused.status_code, "alerts primary: take it out there first" in words(refused)) == (400, True)


def test_a_rotation_that_was_removed_stays_in_the_calendar_of_the_days_on_which_it_counted(team: World) -> None:
    boss = signed_in(team, Role.MANAGER)
    people = {"people-0": "dana", **dict.fromkeys(("people-1", "people-2", "people-3"), "")}
    added = {"name": "weekend", "starts": "2026-11-16T08:00", "count": "7", "unit": "days", **people}
    boss.get("/on-call/new-rotation")
    send(boss, "/on-call/new-rotation", {"made_from": version(team), **added, "sure": "yes"})
    team.clock.tick(timedelta(hours=8))
    boss.get("/on-call/rotations/weekend")
    boss.post("/on-call/rotations/weekend/remove", made_from=version(team), sure="yes")

    then, month = (boss.get(f"/on-call/calendar?from=2026-11-20&by={span}") for span in ("week", "month"))
    later = boss.get("/on-call/calendar?from=2026-12-01&by=week")

    assert "Day primary secondary weekend removed Mon, Nov 16" in words(then)
    assert re.search(r"Sat, Nov 21[^,]* Dana Whitfield Sun, Nov 22[^,]* did not count", words(then))
    assert "weekend" in month.text
    assert "weekend" not in later.text
    listed = calendar_records(team.program.desk, date(2026, 11, 16), date(2026, 11, 30), team.now)
    assert [row["day"].day for row in listed if row["rotation"] == "weekend"] == [20, 21]


def test_a_technician_reads_and_is_shown_no_button_that_changes(team: World) -> None:
    visitor = signed_in(team, Role.TECHNICIAN)

    for path in ("", "/calendar", "/overrides", "/closures", "/rotations/primary"):
        page = visitor.get(f"/on-call{path}")
        assert page.status_code == 200
        assert 'name="made_from"' not in page.text
