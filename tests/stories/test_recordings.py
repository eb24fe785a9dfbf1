"""The audio of a voicemail comes onto our disk, whatever happens on the way, and leaves it when its time is over."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest

from tests.support.fixtures import ADA, LEE, TEAM
from tests.support.world import Build, World
from triage.services import recordings
from triage.services.recordings import Finding, verify_copies
from triage.store import recording_folder
from webhooks.simulator.sound import tone

POLICY = '[recordings]\ntranscription = "none"\n'


def copy_of(world: World, reference: str = "1001") -> dict[str, Any]:
    """The one recording of a case, as `case show` tells of it."""
    (copy,) = world.case(reference)["recording_copies"]
    return copy  # type: ignore[no-any-return]


def file_of(world: World) -> Path:
    return world.program.recordings.file(copy_of(world)["file"])


def words(world: World, beginning: str) -> list[str]:
    """What the administrator was told of recordings."""
    return [body for body in world.bodies(ADA) if body.startswith(beginning)]


def close(world: World) -> None:
    world.text(LEE, "ACK")
    world.text(LEE, "DONE 30")
    assert world.case()["state"] == "closed"


def hide_recordings(world: World) -> dict[str, Any]:
    """The phone system knows the recordings, and has no audio of them yet."""
    hidden = dict(world.phones.exchange.recordings)
    world.phones.exchange.recordings.clear()
    return hidden


def test_a_voicemail_is_on_our_disk_seconds_later_with_its_hash(world: World) -> None:
    world.voicemail(seconds=30)
    assert copy_of(world)["state"] == "wanted"

    world.advance(seconds=2)

    audio = tone(30)
    copy = copy_of(world)
    assert (copy["state"], copy["size"]) == ("kept", len(audio))
    assert copy["sha256"] == hashlib.sha256(audio).hexdigest()
    assert file_of(world).read_bytes() == audio
    (event,) = [event for event in world.case()["events"] if event["kind"] == "recording_kept"]
    assert event["details"]["sha256"] == copy["sha256"]


@pytest.mark.thorough
def test_key_9_of_an_alert_call_plays_our_copy_and_says_who_heard_it(world: World) -> None:
    world.phones.set_keys(LEE, "91")
    world.voicemail(seconds=30)

    world.advance(minutes=7)

    (played,) = [event for event in world.case()["events"] if event["kind"] == "recording_played"]
    assert (played["actor"], played["details"]["recording"]) == ("person:lee", copy_of(world)["recording"])
    (call,) = [call for call in world.phones.phone(LEE).calls if call.direction == "outbound-api"]
    (sentence,) = [heard for heard in call.heard if heard.startswith("[plays")]
    assert world.phones.exchange.sounds[sentence] == tone(30)


def test_a_recording_that_could_not_be_made_is_never_asked_for(world: World) -> None:
    world.post(
        "/twilio/recording", CallSid="CA" + "a" * 32, RecordingSid="RE" + "a" * 32, RecordingStatus="absent", From=LEE
    )
    world.advance(minutes=1)

    assert world.case()["recording_copies"] == []


def test_an_address_that_was_posted_is_not_asked(world: World) -> None:
    sid = world.find_recording(world.now, RecordingUrl="https://evil.example/steal")
    hide_recordings(world)

    world.advance(minutes=1)

    assert copy_of(world) | {"recording": sid, "state": "wanted"} == copy_of(world)


@pytest.mark.thorough
def test_audio_that_comes_late_delays_no_alert_and_is_fetched_when_it_is_there(world: World) -> None:
    started = world.now
    world.voicemail(seconds=30)
    late = hide_recordings(world)
    world.advance(minutes=20)
    assert world.pages(started)[:2] == ["0:00 Lee sms", "5:00 Lee call"]
    assert copy_of(world)["state"] == "wanted"

    world.phones.exchange.recordings.update(late)
    world.advance(minutes=25)

    assert copy_of(world)["state"] == "kept"
    assert "recording_delayed" not in world.kinds()


@pytest.mark.thorough
def test_audio_that_never_comes_is_given_up_after_a_day_and_somebody_is_told(build_world: Build) -> None:
    world = build_world(roster=TEAM)
    world.voicemail(seconds=30)
    hide_recordings(world)
    close(world)

    world.advance(hours=23)
    assert copy_of(world)["state"] == "wanted"
    world.advance(hours=3)

    assert (copy_of(world)["state"], copy_of(world)["reason"]) == ("missing", "the phone system does not have it")
    assert world.kinds().count("recording_missing") == 1
    assert words(world, "A recording could not be fetched") == [
        "A recording could not be fetched for a day: the phone system does not have it. It was about 1001."
    ]


@pytest.mark.thorough
def test_a_phone_system_in_trouble_is_asked_until_it_is_well_again(build_world: Build) -> None:
    world = build_world(roster=TEAM)
    world.voicemail(seconds=30)
    close(world)
    world.phones.faults.fail_reads = 30

    world.advance(hours=6)
    assert words(world, "A recording cannot be kept yet") == [
        "A recording cannot be kept yet: Twilio answered 500. It was about 1001."
    ]
    world.advance(days=2)

    assert copy_of(world)["state"] == "kept"
    assert world.kinds().count("recording_delayed") == 1


@pytest.mark.thorough
def test_a_full_disk_is_an_alarm_and_what_waited_is_kept_once_there_is_room(
    build_world: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = build_world(roster=TEAM)
    with monkeypatch.context() as full:
        full.setattr(recording_folder, "LEAST_FREE_BYTES", 2**62)
        world.voicemail(seconds=30)
        world.voicemail("+13125550123")
        world.advance(minutes=2)

    assert copy_of(world)["state"] == "wanted"
    (told,) = words(world, "A recording cannot be kept yet")
    assert told.endswith(" MiB of the disk have to stay free; make room there. It was about 1001.")
    assert world.kinds().count("recording_delayed") == 1

    world.advance(minutes=10)
    assert (copy_of(world)["state"], copy_of(world, "1002")["state"]) == ("kept", "kept")
    assert copy_of(world)["reason"] is None


@pytest.mark.thorough
def test_a_folder_that_cannot_be_written_is_an_alarm_and_is_used_once_it_is_mended(
    build_world: Build, tmp_path: Path
) -> None:
    (tmp_path / "recordings").write_text("somebody put a file where the folder should be")
    world = build_world(roster=TEAM, recordings_dir=tmp_path / "recordings")
    world.voicemail(seconds=30)
    world.advance(minutes=2)
    assert len(words(world, "A recording cannot be kept yet")) == 1

    (tmp_path / "recordings").unlink()
    world.advance(minutes=10)

    assert file_of(world).read_bytes() == tone(30)


def test_the_audio_goes_when_its_time_is_over_and_its_hash_stays(build_world: Build) -> None:
    world = build_world(policy=POLICY + 'keep_for = "3h"')
    world.voicemail(seconds=30)
    world.advance(minutes=1)
    close(world)
    path, kept = file_of(world), copy_of(world)

    world.advance(hours=2)
    assert path.exists()
    world.advance(hours=1)

    assert not path.exists()
    gone = copy_of(world)
    assert (gone["state"], gone["sha256"], gone["size"]) == ("removed", kept["sha256"], kept["size"])
    assert world.kinds()[-1] == "recording_removed"
    assert len(world.phones.recordings()) == 1  # ours has gone, the phone system's is not ours to take


def test_a_case_that_is_not_closed_keeps_its_audio(build_world: Build) -> None:
    world = build_world(policy=POLICY + 'keep_for = "3h"')
    world.voicemail(seconds=30)
    world.text(LEE, "ACK")
    world.text(LEE, "DONE")  # called back, and not closed
    world.advance(hours=4)
    assert copy_of(world)["state"] == "kept"

    world.text(LEE, "DONE 30")
    world.advance(days=1)

    assert copy_of(world)["state"] == "removed"


def test_the_phone_systems_copy_goes_once_ours_was_read_back(build_world: Build) -> None:
    world = build_world(policy=POLICY + "delete_at_provider = true")
    world.voicemail(seconds=30)
    close(world)
    world.advance(minutes=59)
    assert len(world.phones.recordings()) == 1

    world.advance(minutes=2)

    assert world.phones.recordings() == ()
    assert copy_of(world)["deleted_at_provider_at"] is not None
    assert world.kinds().count("recording_deleted_at_provider") == 1
    assert file_of(world).read_bytes() == tone(30)


@pytest.mark.parametrize("harm", [lambda path: path.unlink(), lambda path: path.write_bytes(b"another voice")])
def test_the_phone_systems_copy_is_not_deleted_but_fetched_again_where_ours_is_no_good(
    build_world: Build, harm: Any
) -> None:
    world = build_world(policy=POLICY + "delete_at_provider = true", roster=TEAM)
    world.voicemail(seconds=30)
    close(world)
    world.advance(minutes=30)
    harm(file_of(world))

    world.advance(minutes=32)

    assert len(world.phones.recordings()) == 1
    assert file_of(world).read_bytes() == tone(30)
    assert len(words(world, "The copy of a recording is no good: its file ")) == 1
    world.advance(hours=1)
    assert world.phones.recordings() == ()
    assert world.kinds().count("recording_kept") == 2


@pytest.mark.thorough
def test_a_phone_system_that_will_not_delete_is_asked_again(build_world: Build) -> None:
    world = build_world(policy=POLICY + "delete_at_provider = true")
    world.voicemail(seconds=30)
    close(world)
    world.advance(minutes=59)
    world.phones.keys.clear()  # it refuses our credentials
    world.advance(hours=2)
    assert copy_of(world)["deleted_at_provider_at"] is None

    world.phones.keys[world.settings.twilio_account_sid or ""] = "a token that signs the tests' webhooks"
    world.advance(hours=1)

    assert world.phones.recordings() == ()


def test_a_file_that_somebody_changed_or_took_away_is_named(world: World) -> None:
    for caller in ("+16145550121", "+16145550122", "+16145550123"):
        world.voicemail(caller)
    world.advance(minutes=1)
    folder = world.program.recordings
    folder.file("1001-1.wav").write_bytes(tone(29))
    folder.file("1002-2.wav").unlink()

    found = {finding.file_name: finding.fault for finding in faults(world)}

    assert found == {"1001-1.wav": "its file was changed", "1002-2.wav": "its file is gone"}


@pytest.mark.thorough
@pytest.mark.on_both
def test_a_hash_that_was_changed_with_its_file_is_found_by_the_history(world: World) -> None:
    world.voicemail(seconds=30)
    world.advance(minutes=1)
    forged = b"another voice"
    file_of(world).write_bytes(forged)
    new_hash = hashlib.sha256(forged).hexdigest()
    world.rewrite_history(f"UPDATE recording_copies SET sha256 = '{new_hash}'")  # noqa: S608 - the test is the attacker

    (finding,) = faults(world)

    assert finding.fault == "its stored hash is not the one in the history"


def test_a_task_whose_lease_ended_changes_nothing_any_more(world: World) -> None:
    world.voicemail(seconds=30)
    world.clock.tick(5)
    desk, folder, provider = world.program.desk, world.program.recordings, world.phone_system.recordings
    (slow,) = recordings.claim_tasks(desk, world.now, 8)
    assert recordings.claim_tasks(desk, world.now, 8) == []
    world.clock.tick(200)
    (other,) = recordings.claim_tasks(desk, world.now, 8)

    recordings.carry_out(desk, folder, provider, other, lambda: world.now)
    recordings.carry_out(desk, folder, provider, slow, lambda: world.now)

    assert world.kinds().count("recording_kept") == 1
    assert faults(world) == []


def test_what_a_dead_process_was_fetching_is_fetched_at_once_where_there_is_one_scheduler(world: World) -> None:
    """SQLite has one; of those that share a server each waits until the lease of another ends."""
    world.voicemail(seconds=30)
    world.clock.tick(5)
    assert recordings.claim_tasks(world.program.desk, world.now, 8)

    world.restart()
    world.settle()

    assert ("recording_kept" in world.kinds()) is world.store.is_sqlite
    world.advance(minutes=4)
    assert world.kinds().count("recording_kept") == 1


def faults(world: World) -> list[Finding]:
    return [found for found in verify_copies(world.program.desk, world.program.recordings) if found.fault]
