"""Stories of the console and of what the scheduler does for the house: letters, backups."""

from __future__ import annotations

import re
from datetime import datetime

from scheduler.backup_maker import BackupMaker
from tests.crashes.story import Story
from tests.support.crashes import CrashingWorld
from tests.support.fixtures import LEE
from tests.support.visitor import Visitor, signed_in
from triage.policy.access import Role
from triage.policy.roster import Override, Roster
from triage.services.roster_changes import change_roster, roster_in_force

FIRST = "2026-12-01T09:00:00-05:00"  # the first support day of a month
HOME = "afterhours@example.com"
CANARY = "+16145550198"


def a_manager_and_a_month(world: CrashingWorld) -> None:
    world.voicemail(attested=True)
    world.text(LEE, "DONE 35")
    signed_in(world, Role.MANAGER)


def the_letter_of_the_month(world: CrashingWorld) -> None:
    world.at(datetime.fromisoformat(FIRST))
    for _ in range(60):
        world.advance(seconds=31)


def press(world: CrashingWorld, visitor: Visitor, what: str, **fields: str) -> None:
    """A button of the case; where no answer comes, the browser sends the very same form again."""
    [case] = world.cases()
    page = world.by_hand(lambda: visitor.get(f"/cases/{case['ref']}"))
    [seen] = set(re.findall(r'name="seen" value="(\d+)"', page.text))
    world.by_hand(lambda: visitor.post(f"/cases/{case['ref']}/{what}", follows=True, seen=seen, **fields))


def a_case_in_the_console(world: CrashingWorld) -> None:
    """Lee takes it, writes a note and closes it, a manager bills it otherwise and puts Sam on call."""
    with world.safe():
        lee, manager = signed_in(world, Role.TECHNICIAN, "lee"), signed_in(world, Role.MANAGER)
    world.voicemail(attested=True)
    world.advance(minutes=2)
    press(world, lee, "take")
    press(world, lee, "attempt")
    press(world, lee, "note", note="gate code 12")
    world.advance(minutes=20)
    press(world, lee, "close", minutes="35", work="new card")
    press(world, manager, "correct", typed="70", rate="standard", reason="booked ahead")
    world.by_hand(lambda: sam_takes_over(world), is_done=lambda: bool(world.entries("roster_changed")))
    world.advance(minutes=5)


def sam_takes_over(world: CrashingWorld) -> None:
    def change(roster: Roster) -> Roster:
        span = {"from": datetime.fromisoformat("2026-11-20T17:00"), "to": datetime.fromisoformat("2026-11-21T08:00")}
        override = Override.model_validate({"rotation": "primary", "person": "sam", **span})
        return roster.model_copy(update={"overrides": (*roster.overrides, override)})

    desk = world.program.desk
    change_roster(desk, change, made_from=roster_in_force(desk).version, actor="account:1", now=world.now)


def two_days_backups(world: CrashingWorld) -> None:
    """The scheduler looks for whether one is due; the second takes the first away."""
    world.voicemail(attested=True)
    world.advance(minutes=3)
    world.text(LEE, "DONE 35")
    for at in ("2026-11-21T12:00-05:00", "2026-11-22T12:00-05:00"):
        world.at(at)
        for _ in range(3):
            world.by_hand(lambda: BackupMaker(world.program).look())
            world.advance(hours=1)


STORIES = [
    Story(
        name="the letter of the month",
        tell=the_letter_of_the_month,
        prepare=a_manager_and_a_month,
        at="2026-12-01T02:00:00",
        settings={"smtp_url": "smtp://localhost:1", "mail_from": HOME},
        ends={"letters": {"2026-11: sent": 1}, "in the mail": {"manager@example.com": 1}},
    ),
    Story(
        name="a case in the console",
        tell=a_case_in_the_console,
        ends={"history": {"session_corrected by account:2: booked ahead": 1, "noted by account:1: ": 1}},
    ),
    Story(
        name="a test call",
        tell=lambda world: world.advance(minutes=6),
        prepare=lambda world: world.phones.exchange.own_numbers.add(CANARY),
        at="2026-11-23T21:29:00",
        settings={"canary_number": CANARY},
        ends={"history": {"canary_passed by system: ": 1}, "test calls": {"placed": 1}},
    ),
    Story(name="two days' backups", tell=two_days_backups, settings={"backup_keep": 1}, ends={"backups": {"good": 1}}),
]
