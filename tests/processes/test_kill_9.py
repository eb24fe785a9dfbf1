"""kill -9 of real processes at many moments, under traffic: nothing is lost, nobody is alerted twice."""

from __future__ import annotations

import random
import secrets
import time
from collections import Counter
from pathlib import Path
from threading import Thread

import pytest
import requests
from twilio.request_validator import RequestValidator

from tests.support.live import Live
from tests.support.world import TOKEN
from triage.services import records
from triage.services.audit import verify_chain

VOICEMAILS = 16
KILLS = {"sqlite": 6, "postgresql": 3}  # it is the same code that is killed; every kill costs a second
POLICY = """
[limits]
texts = 1000

[[ladder.steps]]
after = "0s"
to = ["primary"]
by = ["sms"]

[[ladder.steps]]
after = "4s"
to = ["secondary"]
by = ["sms"]
"""


def post_until_taken(live: Live, path: str, form: dict[str, str]) -> None:
    """What the phone system's retries and its reconciler come to: the same report until it is taken."""
    url = live.url + path
    headers = {"X-Twilio-Signature": RequestValidator(TOKEN).compute_signature(url, form)}

    def is_taken() -> bool:
        try:
            return requests.post(url, data=form, headers=headers, timeout=5).ok
        except requests.RequestException:
            return False

    live.until(is_taken)


def leave_voicemails(live: Live) -> None:
    for number in range(VOICEMAILS):
        form = {
            "CallSid": f"CA{secrets.token_hex(16)}",
            "RecordingSid": f"RE{secrets.token_hex(16)}",
            "RecordingStatus": "completed",
            "RecordingDuration": "20",
            "From": f"+1614555{3000 + number}",
        }
        post_until_taken(live, "/twilio/recording", form)
        if number % 3 == 0:
            post_until_taken(live, "/twilio/recording", form)


@pytest.mark.thorough
@pytest.mark.waits
@pytest.mark.timeout(180)
def test_killing_either_process_at_many_moments_loses_and_doubles_nothing(database_url: str, tmp_path: Path) -> None:
    dice = random.Random(20261123)
    (tmp_path / "policy.toml").write_text(POLICY)
    roster = Path(__file__).parents[2] / "config" / "demo-roster.toml"
    files = {"AFTERHOURS_POLICY_FILE": str(tmp_path / "policy.toml"), "AFTERHOURS_ROSTER_FILE": str(roster)}
    with Live(database_url, tmp_path, **files) as live:
        traffic = Thread(target=leave_voicemails, args=[live])
        traffic.start()
        for _ in range(KILLS[live.program.desk.store.url.get_backend_name()]):
            time.sleep(dice.uniform(0.05, 0.8))
            victim = dice.choice(["webhooks", "scheduler"])
            live.kill(victim)
            live.start(victim)
        traffic.join(60)

        live.until(lambda: len(texts(live)) >= 2 * VOICEMAILS, seconds=90)

        found = records.list_cases(live.program.desk, only_open=False)
        assert len(found) == len({case["caller"] for case in found}) == VOICEMAILS
        assert set(Counter(texts(live)).values()) == {1}
        assert verify_chain(live.program.desk).first_bad is None


def texts(live: Live) -> list[tuple[str, str]]:
    """Phone and case of every alert that went out."""
    return [
        (message.to, message.body.removeprefix("(repeat) ").split()[0])
        for message in live.phones.messages()
        if message.direction != "inbound"
    ]
