"""The two nights of the year on which the clocks change, end to end."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from tests.support.fixtures import DANA, LEE
from tests.support.world import CALLER, Build

SECOND = timedelta(seconds=1)


def test_message_of_half_past_midnight_is_due_after_two_real_hours_when_clocks_go_back(build_world: Build) -> None:
    world = build_world(at="2026-11-01T04:30:00")  # 12:30 AM EDT

    world.voicemail(CALLER, attested=True)
    world.advance(seconds=7198)
    before = world.case()["breached_at"]
    world.advance(seconds=1)

    assert "Call by 1:30 AM EST, 120 min left." in world.bodies(DANA)[0]
    assert before is None
    assert world.case()["breached_at"] == datetime.fromisoformat("2026-11-01T06:30:00Z")


@pytest.mark.thorough
def test_texts_tell_the_repeated_half_hour_apart(build_world: Build) -> None:
    world = build_world(at="2026-11-01T03:20:00")  # 11:20 PM EDT

    world.voicemail("+16145550111", attested=True)
    world.advance(minutes=59, seconds=59)
    world.voicemail("+16145550112", attested=True)

    assert "Call by Sun 1:20 AM EDT, 120 min left." in world.bodies(DANA)[0]
    assert "Call by 1:20 AM EST, 120 min left." in world.bodies(DANA)[-1]


def test_message_before_clocks_go_forward_is_due_after_two_real_hours(build_world: Build) -> None:
    world = build_world(at="2027-03-14T06:30:00")  # 1:30 AM EST

    world.voicemail(CALLER, attested=True)

    assert "Call by 4:30 AM EDT, 120 min left." in world.bodies(LEE)[0]


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("night", "edges"),
    [
        (
            "fall",
            {
                "2026-10-31T21:00:00Z": ("other", "evening"),  # 5 PM EDT on Saturday
                "2026-11-01T00:00:00Z": ("evening", "overnight"),  # 8 PM EDT
                "2026-11-01T13:00:00Z": ("overnight", "other"),  # 8 AM EST on Sunday, 13 hours later
                "2026-11-01T22:00:00Z": ("other", "evening"),
                "2026-11-02T13:00:00Z": ("overnight", "support_hours"),
            },
        ),
        (
            "spring",
            {
                "2027-03-13T22:00:00Z": ("other", "evening"),  # 5 PM EST on Saturday
                "2027-03-14T01:00:00Z": ("evening", "overnight"),  # 8 PM EST
                "2027-03-14T12:00:00Z": ("overnight", "other"),  # 8 AM EDT on Sunday, 11 hours later
                "2027-03-14T21:00:00Z": ("other", "evening"),
                "2027-03-15T12:00:00Z": ("overnight", "support_hours"),
            },
        ),
    ],
)
def test_windows_change_at_their_hour_on_the_wall(
    build_world: Build, night: str, edges: dict[str, tuple[str, str]]
) -> None:
    world = build_world(at=min(edges).removesuffix("Z"))
    world.clock.move_to(f"{max(edges)[:10]}T14:00:00")

    for number, edge in enumerate(map(datetime.fromisoformat, edges)):
        world.find_recording(edge + 9 * SECOND, seconds=10, From=f"+1614555{2 * number:04}")
        world.find_recording(edge + 10 * SECOND, seconds=10, From=f"+1614555{2 * number + 1:04}")

    found = [case["window"] for case in world.cases()]
    assert found == [window for pair in edges.values() for window in pair]
    assert all(case["callback_due"] - case["left_at"] == timedelta(hours=2) for case in world.cases())


def test_hand_over_keeps_its_hour_on_the_wall_after_the_change(build_world: Build) -> None:
    world = build_world(at="2026-11-02T12:59:50")  # Monday, 7:59:50 AM EST: Dana's last seconds

    world.voicemail("+16145550111", attested=True)
    world.advance(seconds=10)
    world.voicemail("+16145550112", attested=True)

    assert [body[:4] for body in world.bodies(DANA)] == ["1001"]
    assert [body[:4] for body in world.bodies(LEE)] == ["1002"]
