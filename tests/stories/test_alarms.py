"""Administrators are told by e-mail of what the auditor finds: once when it begins, each hour, and when it is over."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from email.message import EmailMessage

import pytest

from tests.support.fixtures import ADA, DANA, LEE, MARIA, SAM, TEAM
from tests.support.mail_server import MailServer, mail_server
from tests.support.visitor import signed_in
from tests.support.watch import Watch, titles
from tests.support.world import Build, World
from triage.errors import StoreUnavailable
from triage.policy.access import Role
from triage.policy.alarms import followed
from triage.policy.faults import Fault, Finding
from triage.services import audit
from triage.services.alarms import standing
from triage.store.engine import Store
from webhooks.simulator.phone_system import Behaviour

MINUTE, HOUR, AUDIT = timedelta(minutes=1), timedelta(hours=1), timedelta(seconds=10)
IT = "it@example.com"
DEAD_BELL = Finding(Fault.BELL, "APScheduler's thread is dead")
BELL = "The bell of the scheduler is dead"


@pytest.fixture
def server() -> Iterator[MailServer]:
    with mail_server() as found:
        yield found


@pytest.fixture
def world(build_world: Build, server: MailServer) -> World:
    return build_world(
        roster=TEAM, smtp_url=server.url, mail_from="afterhours@example.com", alarm_mail=f"{IT}, ops@example.com"
    )


@pytest.fixture
def watch(world: World) -> Watch:
    return Watch(world)


def text(letter: EmailMessage) -> str:
    return str(letter.get_content()).replace("\r\n", "\n")


def is_down(monkeypatch: pytest.MonkeyPatch) -> None:
    """No transaction can be had any more."""

    def refuse(_: Store) -> None:
        raise StoreUnavailable("connection refused")

    monkeypatch.setattr(Store, "read", refuse)
    monkeypatch.setattr(Store, "write", refuse)


@pytest.mark.on_both
def test_a_fault_is_told_once_then_each_hour_then_when_it_is_over(
    world: World, watch: Watch, server: MailServer
) -> None:
    watch.during(2 * HOUR + 5 * MINUTE, DEAD_BELL, every=MINUTE)
    watch.during(10 * MINUTE, every=MINUTE)

    mine = [letter for letter, to in zip(server.letters, server.recipients, strict=True) if to == [IT]]
    assert titles(mine) == [BELL, f"Still: {BELL}", f"Still: {BELL}", f"Over: {BELL}"]
    assert server.recipients.count(["ops@example.com"]) == 4
    assert len({letter["Message-ID"] for letter in mine}) == 4
    first, last = text(mine[0]), text(mine[-1])
    assert first.startswith(f"{BELL}.\nSince 9:30 PM EST, 1 minute.\n")
    assert "What was seen: APScheduler's thread is dead\n" in first
    assert "At stake: Alerts still go out, but up to ten seconds late.\n" in first
    assert "To mend it: systemd restarts it by itself" in first
    assert "https://afterhours.example/system" in first
    assert (
        "Over: The bell of the scheduler is dead.\nIt lasted from 9:30 PM EST to 11:34 PM EST, 2 hours 4 minutes."
        in last
    )
    assert [entry.details["fault"] for entry in world.entries("alarm_raised")] == ["bell"]
    assert len(world.entries("alarm_over")) == 1
    assert standing(world.program.desk) == []


def test_a_moment_is_not_told_and_several_faults_are_one_letter(watch: Watch, server: MailServer) -> None:
    watch.audit(DEAD_BELL)
    watch.during(10 * MINUTE, every=MINUTE)
    quiet = len(server.letters)
    watch.during(MINUTE, DEAD_BELL, Finding(Fault.SENDERS, "no thread that sends has taken work for 61 s"))

    assert quiet == 0
    assert titles(server.letters) == [f"{BELL}, and 1 more"] * 2
    assert "No text and no call goes out." in text(server.letters[0])


def test_a_restart_and_a_second_node_repeat_nothing(world: World, watch: Watch, server: MailServer) -> None:
    watch.during(MINUTE, DEAD_BELL)
    other = Watch(world)
    for _ in range(5):
        watch.restart()
        watch.during(MINUTE, DEAD_BELL)
        other.audit()  # finds nothing: its own bell rings

    assert titles(server.letters) == [BELL] * 2


def test_a_database_that_is_down_is_told_from_memory_and_written_down_afterwards(
    world: World, watch: Watch, server: MailServer
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        is_down(patch)
        for _ in range(12):
            watch.audit()
            world.clock.tick(AUDIT)
        begun = titles(server.letters)
    watch.during(MINUTE)
    told = [alarm.fault for alarm in standing(world.program.desk)]
    watch.restart()
    watch.during(10 * MINUTE, every=MINUTE)

    assert begun == ["The database cannot be used"] * 2
    assert told == [Fault.DATABASE]
    assert titles(server.letters)[2:] == ["Over: The database cannot be used"] * 2
    assert [entry.details["words"] for entry in world.entries("alarm_raised")] == ["database: connection refused"]


def test_what_the_rows_show_is_neither_over_nor_told_again_because_the_database_was_down(
    world: World, watch: Watch, server: MailServer
) -> None:
    for phone in (LEE, DANA, SAM, MARIA, ADA):
        world.phones.set_behaviour(phone, Behaviour.UNREGISTERED)
    world.voicemail(attested=True)
    world.text(LEE, "DONE 1001 10 fixed")
    watch.during(3 * MINUTE, every=MINUTE)
    before = titles(server.letters)[::2]
    with pytest.MonkeyPatch.context() as patch:
        is_down(patch)
        for _ in range(7):
            watch.audit()
            world.clock.tick(MINUTE)
    for _ in range(3):
        watch.audit()
        world.clock.tick(AUDIT)

    assert before == ["Texts to administrators did not arrive", "Texts do not get through"]
    assert titles(server.letters)[::2] == [*before, "The database cannot be used"]


def test_a_mail_server_that_fails_is_tried_again_soon(world: World, watch: Watch, server: MailServer) -> None:
    server.answers += ["451 busy"] * 4
    watch.during(5 * MINUTE, DEAD_BELL)

    assert titles(server.letters) == [BELL] * 2
    assert "Since 9:30 PM EST, 4 minutes." in text(server.letters[0])


def test_one_address_that_is_refused_does_not_keep_back_the_other(watch: Watch, server: MailServer) -> None:
    server.refused.add(IT)
    watch.during(5 * MINUTE, DEAD_BELL)

    assert server.recipients == [["ops@example.com"]]


def test_texts_that_carriers_block_are_told_by_mail_and_so_is_what_they_said(
    world: World, watch: Watch, server: MailServer
) -> None:
    for phone in (LEE, DANA, SAM, MARIA, ADA):
        world.phones.set_behaviour(phone, Behaviour.UNREGISTERED)
    world.voicemail(attested=True)
    watch.during(2 * MINUTE)
    for phone in (LEE, DANA, SAM, MARIA, ADA):
        world.phones.set_behaviour(phone, Behaviour.ASLEEP)
    world.voicemail("+12125550101", attested=True)
    world.text(LEE, "ACK 1001")
    watch.during(10 * MINUTE, every=MINUTE)

    bodies = [text(letter) for letter in server.letters]
    assert titles(server.letters)[::2] == [
        "Texts to administrators did not arrive",
        "Texts do not get through",
        "Over: Texts do not get through",
        "Texts to administrators did not arrive",  # what came meanwhile, ten minutes later
    ]
    assert (
        "EST The alert by SMS to Lee Okafor failed: our number is not registered with the carriers (30034)."
        in bodies[0]
    )
    assert "What was seen: our number is not registered with the carriers (30034)\n" in bodies[2]
    assert "Technicians are alerted by call alone" in bodies[2]


def test_texts_that_do_not_get_through_are_told_again_only_where_one_was_tried_since(
    world: World, watch: Watch, server: MailServer
) -> None:
    carriage = "Texts do not get through"
    for phone in (LEE, DANA, SAM, MARIA, ADA):
        world.phones.set_behaviour(phone, Behaviour.UNREGISTERED)
    world.voicemail(attested=True)
    world.text(LEE, "DONE 1001 10 fixed")
    watch.during(5 * MINUTE, every=MINUTE)
    watch.during(2 * HOUR, every=HOUR / 6)
    [body] = [body for body in map(text, server.letters[::2]) if carriage in body]
    world.voicemail("+12125550101", attested=True)
    watch.during(3 * MINUTE, every=MINUTE)
    bodies = [body for body in map(text, server.letters[::2]) if carriage in body]

    assert "Then send yourself a test text on the page People: one that arrives ends this alarm." in body
    assert "You get a reminder where a try fails again, and a word when it is over." in body
    assert bodies == [body, bodies[-1]]
    assert len(bodies) == 2


def test_a_phone_system_that_cannot_be_reached_is_told(world: World, watch: Watch, server: MailServer) -> None:
    world.phones.faults.unreachable = 10_000
    world.voicemail(attested=True)
    watch.during(5 * MINUTE)

    told = "\n".join(text(letter) for letter in server.letters[::2])
    assert "Texts do not get through." in told
    assert "What was seen: the phone system did not answer the last 3 attempts" in told


def test_one_dead_phone_is_no_alarm(world: World, watch: Watch, server: MailServer) -> None:
    world.phones.set_behaviour(LEE, Behaviour.DEAD)
    world.voicemail(attested=True)
    watch.during(10 * MINUTE, every=MINUTE)

    assert server.letters == []


def test_every_word_to_an_administrator_that_does_not_arrive_goes_by_mail(
    world: World, watch: Watch, server: MailServer
) -> None:
    world.phones.set_behaviour(ADA, Behaviour.DEAD)
    world.voicemail(attested=True)
    world.advance(minutes=1)
    world.rewrite_history("UPDATE events SET actor = 'nobody' WHERE number = 3")
    audit.ask_for_check(world.program.desk, actor="system", now=world.now)
    watch.during(20 * MINUTE, every=MINUTE)

    [body] = [text(letter) for letter in server.letters[::2]]
    assert "Texts to administrators did not arrive." in body
    assert "The history was changed outside the program: entry 3 does not fit" in body
    assert [entry.details["words"] for entry in world.entries("alarm_raised")] == ["notices"]


def test_the_newest_of_many_long_notices_is_not_cut_off(world: World) -> None:
    lines = [f"21:3{minute} EST {'x' * 200}" for minute in range(6)]
    alarms, _ = followed({}, [Finding(Fault.NOTICES, "\n".join(lines))], world.now)

    assert alarms[Fault.NOTICES].words.splitlines() == lines


def test_without_an_address_alarms_stand_in_the_history_and_on_the_page(build_world: Build) -> None:
    world = build_world(roster=TEAM)
    watch = Watch(world)
    watch.during(MINUTE, DEAD_BELL)

    assert [alarm.fault for alarm in standing(world.program.desk)] == [Fault.BELL]
    assert [entry.details["fault"] for entry in world.entries("alarm_raised")] == ["bell"]


def test_a_clock_that_is_wrong_writes_no_history(world: World, watch: Watch, server: MailServer) -> None:
    watch.during(MINUTE, Finding(Fault.CLOCK, "it is 3 hours behind what is on record"))

    assert titles(server.letters) == ["The clock of the machine is behind"] * 2
    assert world.entries("alarm_raised") == []


def test_a_reminder_that_a_clock_ahead_planned_comes_an_hour_after_it_is_put_back(
    world: World, watch: Watch, server: MailServer
) -> None:
    day = timedelta(days=1)
    world.clock.tick(day)
    watch.during(MINUTE, DEAD_BELL)
    world.clock.move_to((world.now - day).replace(tzinfo=None))
    watch.during(HOUR + MINUTE, DEAD_BELL, every=MINUTE)

    assert titles(server.letters)[::2] == [BELL, f"Still: {BELL}"]


def test_a_clock_that_jumped_is_told_once_and_never_as_over(world: World, watch: Watch, server: MailServer) -> None:
    watch.during(MINUTE, Finding(Fault.CLOCK_STEP, "it was moved 3 hours ahead"))
    watch.during(2 * HOUR, every=MINUTE)

    assert titles(server.letters) == ["The clock of the machine jumped"] * 2
    assert "reminder" not in text(server.letters[0])


def test_the_page_system_and_the_metrics_show_what_stands(world: World, watch: Watch, quick_hashes: None) -> None:
    visitor = signed_in(world, Role.ADMINISTRATOR)
    for phone in (LEE, DANA, SAM, MARIA, ADA):
        world.phones.set_behaviour(phone, Behaviour.UNREGISTERED)
    world.voicemail(attested=True)
    watch.during(MINUTE, DEAD_BELL)

    page = visitor.get("/system").text
    figures = world.app.test_client().get("/metrics").text

    assert "Texts do not get through:</strong> our number is not registered with the carriers (30034). See" in page
    assert f"{BELL}:</strong> APScheduler&#39;s thread is dead. systemd restarts it by itself" in page
    assert "go out where the auditor finds a fault" in page
    assert 'afterhours_alarm{fault="bell"} 1.0' in figures
    assert 'afterhours_alarm{fault="sweep"} 0.0' in figures
