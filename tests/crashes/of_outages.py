"""Stories of what the phone system knows and we do not: lost webhooks, recordings."""

from __future__ import annotations

from datetime import timedelta

from tests.crashes.of_cases import CLOSED, ONE_ALERT
from tests.crashes.story import Story
from tests.support.crashes import CrashingWorld
from tests.support.fixtures import LEE
from tests.support.world import CALLER, PUBLIC_URL

SOON = timedelta(minutes=7)
"""Longer than from one look at the phone system's lists to what follows from the next."""

FALLBACK = f"""<Response><Record timeout="0" finishOnKey="" maxLength="300"
 recordingStatusCallback="{PUBLIC_URL}/twilio/recording" recordingStatusCallbackEvent="completed absent"/></Response>"""


def fallback_document(world: CrashingWorld) -> None:
    world.phones.ours.fallback_twiml = FALLBACK


def found_in_the_lists(world: CrashingWorld) -> None:
    """No webhook arrives for a while: a voicemail and an ACK are found by looking."""
    world.advance(minutes=1)
    world.phones.faults.drop_webhooks = True
    world.phones.leave_voicemail(CALLER, keys=",,1")
    world.advance(SOON)
    world.phones.text(LEE, "ACK")
    world.advance(SOON)
    world.phones.faults.drop_webhooks = False
    world.text(LEE, "DONE 35")
    world.advance(SOON)


def no_webhook_is_tried_again(world: CrashingWorld) -> None:
    """What no webhook told of is found in the lists: a text is then answered by a text, administrators hear of it."""
    world.advance(minutes=1)
    world.phones.leave_voicemail(CALLER)
    world.advance(SOON)
    world.text(LEE, "ACK")
    world.advance(SOON)
    world.text(LEE, "DONE 35")
    world.advance(SOON)


def a_recordings_life(world: CrashingWorld) -> None:
    """A case is closed before its audio is fetched; hours later the phone system's copy goes, then ours."""
    world.voicemail(attested=True)
    world.advance(minutes=2)  # an alert that a crash held up has no one to go to once the case is closed
    world.text(LEE, "DONE 35")
    world.advance(hours=5)


STORIES = [
    Story(
        name="found in the lists",
        tell=found_in_the_lists,
        prepare=fallback_document,
        policy=ONE_ALERT,
        settings={"reconciles": True},
        ends=CLOSED,
    ),
    Story(
        name="a webhook that is lost for good",
        tell=no_webhook_is_tried_again,
        prepare=fallback_document,
        policy=ONE_ALERT,
        settings={"reconciles": True, "loses_webhooks": True},
        ends=CLOSED,
    ),
    Story(
        name="a recording's life",
        tell=a_recordings_life,
        policy='[recordings]\nkeep_for = "3h"\ndelete_at_provider = true\n',
        ends={
            "recordings": {"removed": 1},
            "history": {
                "recording_kept by system: ": 1,
                "recording_deleted_at_provider by system: ": 1,
                "recording_removed by system: ": 1,
            },
            "at the provider": {},
        },
    ),
]
