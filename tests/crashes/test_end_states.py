"""A page that goes out twice is seen, also in stories whose alerts go by the clock."""

from __future__ import annotations

import pytest
from freezegun.api import FrozenDateTimeFactory
from sqlalchemy import select

from tests.support.crashes import CrashingWorld
from tests.support.end_states import end_state
from tests.support.fixtures import FRIDAY_NIGHT
from tests.support.same_ends import differences
from triage.policy.wording import again
from triage.store.models import Delivery


@pytest.mark.parametrize(
    ("is_repeat", "seen"),
    [
        (False, "sent: 1 x expected, 2 x found: lee, sms, ladder 1.0: "),
        (True, "not on record, or twice: 0 x expected, 1 x found: lee, sms, ladder 1.0"),
    ],
    ids=["planned anew", "repeated though it had arrived"],
)
def test_a_page_that_went_out_twice_is_a_difference(
    clock: FrozenDateTimeFactory, sqlite_url: str, is_repeat: bool, seen: str
) -> None:
    clock.move_to(FRIDAY_NIGHT)
    world = CrashingWorld(clock, sqlite_url)
    world.voicemail(attested=True)
    as_ever = end_state(world)
    with world.program.desk.store.write() as tx:
        first = tx.session.scalars(select(Delivery).where(Delivery.person_id == "lee")).one()
        tx.session.add(
            Delivery(
                alert_id=first.alert_id,
                case_id=first.case_id,
                person_id=first.person_id,
                phone=first.phone,
                channel=first.channel,
                body=again(first.body) if is_repeat else first.body,
                state="planned",
                is_held=False,
                attempts=0,
                created_at=world.now,
                next_attempt_at=world.now,
                repeat_of=first.id if is_repeat else None,
            )
        )
    world.advance(seconds=5)

    assert any(line.startswith(seen) for line in differences(as_ever, end_state(world)))
    world.close()
