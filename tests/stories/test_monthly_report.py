"""The monthly report: to every manager by e-mail, once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from tests.support.fixtures import LEE
from tests.support.mail_server import MailServer, mail_server
from tests.support.visitor import signed_in
from tests.support.world import Build, World
from triage.errors import Refused
from triage.policy.access import Role
from triage.services import accounts
from triage.services.letters import send_by_hand, troubles
from triage.services.system_state import system_state
from triage.services.vital_signs import readings

FIRST = datetime.fromisoformat("2026-12-01T09:00:00-05:00")  # a Tuesday
HOME = "afterhours@example.com"


@pytest.fixture
def server() -> Iterator[MailServer]:
    with mail_server() as found:
        yield found


@pytest.fixture
def world(build_world: Build, server: MailServer, quick_hashes: None) -> World:
    """The evening before; somebody left a message in November and was called back in time."""
    world = build_world(at="2026-12-01T02:00:00", smtp_url=server.url, mail_from=HOME)
    world.voicemail(attested=True)
    world.text(LEE, "DONE 35")
    signed_in(world, Role.MANAGER)
    signed_in(world, Role.AUDITOR)
    return world


def until(world: World, at: datetime) -> None:
    """Up to an instant and a look around then: the check of the day, and what it makes due."""
    world.at(at)
    world.advance(seconds=31)
    world.advance(seconds=1)


@pytest.mark.thorough
@pytest.mark.on_both
def test_a_manager_gets_the_month_on_its_first_support_day_and_once(world: World, server: MailServer) -> None:
    until(world, FIRST - timedelta(minutes=1))
    early = len(server.letters)
    until(world, FIRST)
    until(world, FIRST + timedelta(days=2))

    assert early == 0
    assert server.recipients == [["manager@example.com"]]
    (letter,) = server.letters
    assert letter["Subject"] == "Promises kept in November 2026: 100.0%"
    text, attached = letter.iter_parts()
    assert "100.0% of the decided promises were kept: 1 of 1." in text.get_content()
    assert "https://afterhours.example/reports/sla?first=2026-11-01&last=2026-11-30" in text.get_content()
    assert attached.get_content().startswith(b"%PDF")
    (entry,) = world.entries("report_mailed")
    assert (entry.actor, entry.details["month"], entry.details["account"]) == ("system", "2026-11", 1)
    assert readings(world.program.desk, world.now).letters == {"sent": 1, "waiting": 0, "given_up": 0}


@pytest.mark.thorough
def test_a_failing_server_is_tried_again_later_with_the_same_letter(world: World, server: MailServer) -> None:
    server.answers += ["451 busy", "451 busy"]
    until(world, FIRST)
    waiting = readings(world.program.desk, world.now).letters
    told = troubles(world.program.desk)
    world.advance(minutes=10)

    assert waiting == {"sent": 0, "waiting": 1, "given_up": 0}
    assert told == [("2026-11", "the mail server answered 451", False)]
    assert [letter["Message-ID"] for letter in server.letters] == ["<promises-2026-11-account-1@example.com>"]
    assert troubles(world.program.desk) == []


def test_a_manager_whom_the_server_refuses_is_given_up_and_that_is_on_record(world: World, server: MailServer) -> None:
    server.refused.add("manager@example.com")
    until(world, FIRST)

    (entry,) = world.entries("report_not_mailed")
    assert entry.details["reason"] == "the mail server refused the recipient (550)"
    assert troubles(world.program.desk) == [("2026-11", entry.details["reason"], True)]
    assert readings(world.program.desk, world.now).letters["given_up"] == 1
    accounts.disable(world.program.desk, 1, actor="test", now=world.now)
    assert readings(world.program.desk, world.now).letters["given_up"] == 0


def test_a_report_is_sent_by_hand_to_whom_is_named_or_to_every_manager(world: World, server: MailServer) -> None:
    post = world.program.post
    assert post is not None
    how: dict[str, Any] = {"actor": "command line:ada", "now": world.now}

    sent = [send_by_hand(world.program.desk, post, date(2026, 11, 1), to, **how) for to in (None, "x@example.com")]

    assert [done.sent for done in sent] == [["manager@example.com"], ["x@example.com"]]
    assert server.recipients == [["manager@example.com"], ["x@example.com"]]
    assert [entry.actor for entry in world.entries("report_mailed")] == ["command line:ada"] * 2


def test_by_hand_one_letter_that_fails_keeps_none_back_and_is_told_of(world: World, server: MailServer) -> None:
    post = world.program.post
    assert post is not None
    signed_in(world, Role.MANAGER, "maria")
    server.refused.add("manager@example.com")

    done = send_by_hand(world.program.desk, post, date(2026, 11, 1), None, actor="x", now=world.now)

    assert done.failed == [("manager@example.com", "the mail server refused the recipient (550)")]
    assert (done.sent, server.recipients) == (["maria@example.com"], [["maria@example.com"]])
    assert [entry.details["account"] for entry in world.entries("report_mailed")] == [3]


def test_without_a_manager_nobody_is_written_to(build_world: Build, server: MailServer) -> None:
    world = build_world(at="2026-12-01T14:01:00", smtp_url=server.url, mail_from=HOME)
    post = world.program.post
    assert post is not None

    with pytest.raises(Refused, match="no account has the role manager"):
        send_by_hand(world.program.desk, post, date(2026, 11, 1), None, actor="x", now=world.now)


@pytest.mark.thorough
def test_a_report_sent_by_hand_or_a_later_one_settles_what_was_given_up(world: World, server: MailServer) -> None:
    desk, post = world.program.desk, world.program.post
    assert post is not None
    server.refused.add("manager@example.com")
    until(world, FIRST)
    given_up = readings(desk, world.now).letters
    server.refused.clear()
    send_by_hand(desk, post, date(2026, 11, 1), "manager@example.com", actor="command line:ada", now=world.now)
    by_hand = troubles(desk), readings(desk, world.now).letters

    server.refused.add("manager@example.com")
    until(world, datetime.fromisoformat("2027-01-01T09:00:00-05:00"))
    december = [about for about, *_ in troubles(desk)]
    server.refused.clear()
    until(world, datetime.fromisoformat("2027-02-01T09:00:00-05:00"))

    assert given_up == {"sent": 0, "waiting": 0, "given_up": 1}
    assert by_hand == ([], {"sent": 1, "waiting": 0, "given_up": 0})
    assert december == ["2026-12"]
    assert troubles(desk) == []
    assert readings(desk, world.now).letters == {"sent": 2, "waiting": 0, "given_up": 0}


def test_who_is_no_manager_any_more_gets_no_letter_and_that_is_no_trouble(world: World, server: MailServer) -> None:
    desk = world.program.desk
    server.answers += ["451 busy"] * 3
    until(world, FIRST)
    before = troubles(desk)
    accounts.disable(desk, 1, actor="test", now=world.now)
    told_of = troubles(desk)
    world.advance(minutes=10)

    assert (len(before), told_of, server.letters) == (1, [], [])
    assert readings(desk, world.now).letters == {"sent": 0, "waiting": 0, "given_up": 0}


@pytest.mark.thorough
def test_a_letter_that_cannot_be_written_is_tried_ever_later_and_given_up_after_a_week(
    world: World, server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_paper(*_: object) -> None:
        raise ValueError("no glyph")

    monkeypatch.setattr("triage.services.letters.sla_paper", no_paper)
    until(world, FIRST)
    told = troubles(world.program.desk)
    until(world, FIRST + timedelta(days=8))

    assert told == [("2026-11", "the letter cannot be written (ValueError)", False)]
    assert troubles(world.program.desk) == [("2026-11", "the letter cannot be written (ValueError)", True)]
    assert len(world.entries("report_not_mailed")) == 1
    state = system_state(
        world.program.desk, world.now, watched=world.now, began=world.now, reads_lists=True, backup_at=None, rooms=[],
        mails_alarms=False, beats=False,
    )  # fmt: skip
    (sign,) = [sign for sign in state.signs if sign.name == "Monthly report"]
    assert (sign.standing, sign.words) == (
        "wrong", "the report of 2026-11 was given up: the letter cannot be written (ValueError)",
    )  # fmt: skip
    assert server.letters == []
