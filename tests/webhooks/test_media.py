"""Addresses at which one recording can be heard for some minutes, and everything else that is asked of them."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from freezegun.api import FrozenDateTimeFactory
from itsdangerous import URLSafeSerializer, URLSafeTimedSerializer
from werkzeug.test import TestResponse

from tests.support.world import PUBLIC_URL, TOKEN, Build, World
from webhooks.simulator.sound import tone
from webhooks.twilio.media import media_address


@pytest.fixture
def kept(world: World) -> World:
    """A night with one voicemail, whose audio is on our disk."""
    world.voicemail(seconds=3)
    world.advance(seconds=5)
    return world


def address_of(world: World, voicemail_id: int = 1, listener: str = "person:lee") -> str | None:
    with world.app.test_request_context():
        return media_address(voicemail_id, listener)


def get(world: World, address: str | None, method: str = "GET", **headers: str) -> TestResponse:
    assert address is not None
    assert address.startswith(PUBLIC_URL)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return world.app.test_client().open(urlsplit(address).path, method=method, headers=named, buffered=True)


def plays(world: World) -> list[str]:
    return [event["actor"] for event in world.case()["events"] if event["kind"] == "recording_played"]


def test_a_recording_is_heard_without_a_signature_and_who_heard_it_is_on_record(kept: World) -> None:
    answer = get(kept, address_of(kept))

    assert (answer.status_code, answer.mimetype, answer.get_data()) == (200, "audio/x-wav", tone(3))
    assert answer.headers["Cache-Control"] == "no-store"
    assert plays(kept) == ["person:lee"]


def test_a_part_of_it_can_be_asked_for_and_is_no_second_hearing(kept: World) -> None:
    address = address_of(kept)
    get(kept, address, Range="bytes=0-")

    part = get(kept, address, Range="bytes=44-1043")

    assert (part.status_code, part.get_data()) == (206, tone(3)[44:1044])
    assert get(kept, address, method="HEAD").status_code == 200
    assert get(kept, address, Range="bytes=99999999-").status_code == 416
    assert plays(kept) == ["person:lee"]


@pytest.mark.parametrize("part", ["bytes=1-", "bytes=-65000", "Bytes=0-", "bytes= 0-"])
def test_who_asks_for_a_part_first_is_on_record_too(kept: World, part: str) -> None:
    get(kept, address_of(kept), Range=part)

    assert plays(kept) == ["person:lee"]


def test_an_address_ends_after_ten_minutes(kept: World) -> None:
    address = address_of(kept)

    kept.clock.tick(timedelta(minutes=10) - timedelta(seconds=1))
    assert get(kept, address).status_code == 200
    kept.clock.tick(1)
    assert get(kept, address).status_code == 404


def test_an_address_names_one_recording_only(kept: World) -> None:
    kept.voicemail("+13125550123", seconds=7)
    kept.advance(seconds=5)

    assert get(kept, address_of(kept, 1)).get_data() == tone(3)
    assert get(kept, address_of(kept, 2)).get_data() == tone(7)


def test_a_token_that_we_did_not_make_opens_nothing(kept: World) -> None:
    ends = kept.now.timestamp() + 60
    good = (address_of(kept) or "").rsplit("/", 1)[1].removesuffix(".wav")
    body, signature = good.rsplit(".", 1)
    forged = [
        "x",
        ".",
        "a" * 5000,
        body,
        f"{body}.{'A' * len(signature)}",
        good[:-1],
        good.swapcase(),
        URLSafeSerializer("another secret", salt="afterhours recording").dumps([1, ends, "person:lee"]),
        URLSafeSerializer(TOKEN, salt="another purpose").dumps([1, ends, "person:lee"]),
        URLSafeTimedSerializer(TOKEN).dumps([1, ends, "person:lee"]),
    ]

    for token in forged:
        assert get(kept, f"{PUBLIC_URL}/twilio/media/{token}.wav").status_code == 404, token
    assert get(kept, f"{PUBLIC_URL}/twilio/media/{good}").status_code == 404
    assert get(kept, f"{PUBLIC_URL}/twilio/media/../../etc/passwd.wav").status_code == 404
    assert plays(kept) == []


def test_what_is_not_on_our_disk_has_no_address(world: World) -> None:
    world.voicemail(seconds=3)

    assert address_of(world) is None
    assert address_of(world, 99) is None


def test_audio_that_somebody_changed_is_not_played_but_fetched_again(kept: World) -> None:
    address = address_of(kept)
    kept.program.recordings.file("1001-1.wav").write_bytes(b"another voice")

    assert get(kept, address).status_code == 404
    assert kept.kinds()[-1] == "recording_damaged"
    kept.advance(seconds=1)
    assert get(kept, address).get_data() == tone(3)


def test_audio_whose_time_is_over_is_not_there_any_more(build_world: Build, clock: FrozenDateTimeFactory) -> None:
    world = build_world(policy='[recordings]\nkeep_for = "5m"')
    world.voicemail(seconds=3)
    world.text("+16145550102", "DONE")
    world.text("+16145550102", "DONE 0")
    world.advance(seconds=200)
    address = address_of(world)

    world.advance(minutes=5)

    assert get(world, address).status_code == 404


def test_while_tokens_change_an_address_of_the_one_before_still_counts(kept: World) -> None:
    address = address_of(kept)
    before = {"twilio_auth_token": "the new one", "twilio_previous_auth_token": TOKEN}
    kept.program.settings = type(kept.settings)(_env_file=None, **{**kept.settings.model_dump(), **before})

    assert get(kept, address).status_code == 200
    assert get(kept, address_of(kept)).status_code == 200
