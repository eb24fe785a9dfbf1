"""Two schedulers and two web servers on PostgreSQL: each alert once, whichever of them, or it, stands still or dies."""

from __future__ import annotations

import json
import secrets
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import select

from tests.support.databases import MEMORY
from tests.support.link import link
from tests.support.live import Live
from tests.support.own_postgres import OwnPostgres
from tests.torture.night import POLICY, ROSTER
from triage.policy.retry import SENDING_LEASE
from triage.services import records
from triage.services.audit import verify_chain
from triage.store.models import Case, Delivery

TAKEOVER_SECONDS = 30
START_SECONDS = 60
BEFORE_THE_SWEEP_SECONDS = 4.0
"""Less than from one sweep to the next: who alerts within it has heard the bell."""


@pytest.fixture
def server() -> Iterator[OwnPostgres]:
    """Not in pytest's own folder: as root the server runs as another user, whom the next pytest would lock out."""
    with tempfile.TemporaryDirectory(prefix="afterhours-postgres-", dir=MEMORY) as folder:
        made = OwnPostgres(Path(folder) / "servers")
        yield made
        made.close()


def leave_voicemail(live: Live, caller: str) -> None:
    """As the phone system repeats itself until we take it."""
    form = {
        "CallSid": f"CA{secrets.token_hex(16)}",
        "RecordingSid": f"RE{secrets.token_hex(16)}",
        "RecordingStatus": "completed",
        "RecordingDuration": "20",
        "From": caller,
    }
    live.until(partial(live.is_taken, "/twilio/recording", form))


def texts(live: Live) -> list[str]:
    """The alerts that went out."""
    return [message.body for message in live.phones.messages() if message.direction != "inbound"]


def is_alerted(live: Live, caller: str) -> bool:
    return any(caller in body for body in texts(live))


def arrived(live: Live, caller: str) -> bool:
    """Whether the alert is on the phone: no report of it is still to come."""
    return any(caller in message.body and message.status == "delivered" for message in live.phones.messages())


def seconds_to_alert(live: Live, caller: str, within: float = TAKEOVER_SECONDS) -> float:
    """From when a caller was done to the alert about it."""
    leave_voicemail(live, caller)
    begun = time.monotonic()
    live.until(partial(is_alerted, live, caller), within)
    return time.monotonic() - begun


def states(live: Live, caller: str) -> list[str]:
    """Those of the alerts about a caller."""
    with live.program.desk.store.read() as session:
        about = select(Delivery.state).join(Delivery.case).where(Case.caller == caller)
        return list(session.scalars(about.order_by(Delivery.id)))


def behind(database_url: str) -> dict[str, dict[str, str]]:
    """The second node of each kind reaches the database by this address."""
    return {name: {"AFTERHOURS_DATABASE_URL": database_url} for name in ("webhooks2", "scheduler2")}


def findings(live: Live, name: str) -> str:
    """What the auditor of a scheduler has said to be wrong."""
    lines = [json.loads(line) for line in live.log_of(name).splitlines() if line.startswith("{")]
    return " ".join(str(line.get("findings")) for line in lines if line["event"] == "audit_failed")


@pytest.mark.thorough
@pytest.mark.waits
@pytest.mark.timeout(240)
def test_nodes_take_over_from_each_other_and_nobody_is_alerted_twice(server: OwnPostgres, tmp_path: Path) -> None:
    (tmp_path / "policy.toml").write_text(POLICY)
    files = {"AFTERHOURS_POLICY_FILE": str(tmp_path / "policy.toml"), "AFTERHOURS_ROSTER_FILE": str(ROSTER)}
    with (
        link(server.socket_folder) as network,
        Live(server.url, tmp_path, files, webs=2, schedulers=2, read_seconds=2, own=behind(network.url)) as live,
    ):
        live.until(lambda: server.listeners() == 2, START_SECONDS)
        for number in range(6):
            assert seconds_to_alert(live, f"+1614555300{number}") < BEFORE_THE_SWEEP_SECONDS

        # one scheduler stands still in the middle of a request that the phone system carried out
        live.suspend("scheduler2")
        live.answers.clear()
        live.phones.faults.drop_reports = True
        leave_voicemail(live, "+16145553100")
        live.until(lambda: arrived(live, "+16145553100"))
        stopped_at = time.monotonic()
        live.suspend("scheduler")
        live.go_on("scheduler2")
        live.answers.set()
        assert seconds_to_alert(live, "+16145553101") < TAKEOVER_SECONDS
        live.phones.faults.drop_reports = False
        live.kill("webhooks")
        assert seconds_to_alert(live, "+16145553102") < TAKEOVER_SECONDS
        live.start("webhooks")

        # meanwhile the database is away for so long that an auditor notices, and everybody comes back by themselves
        server.stop("immediate")
        live.until(lambda: "database" in findings(live, "scheduler2"), TAKEOVER_SECONDS)
        server.start()
        assert seconds_to_alert(live, "+16145553103") < TAKEOVER_SECONDS
        live.until(lambda: server.listeners() >= 1, TAKEOVER_SECONDS)
        assert seconds_to_alert(live, "+16145553104") < BEFORE_THE_SWEEP_SECONDS

        # the lease is over: what the first had in hand is found, and its own result comes too late
        live.until(lambda: states(live, "+16145553100") == ["delivered"], SENDING_LEASE.total_seconds() + 15)
        assert time.monotonic() - stopped_at < SENDING_LEASE.total_seconds() + BEFORE_THE_SWEEP_SECONDS
        live.go_on("scheduler")
        live.kill("scheduler2")
        live.start("scheduler2")
        assert seconds_to_alert(live, "+16145553105") < TAKEOVER_SECONDS
        live.until(lambda: server.listeners() == 2, START_SECONDS)

        server.cut_off()
        assert seconds_to_alert(live, "+16145553106") < TAKEOVER_SECONDS

        # the server dies, its standby leads: one node asks both where to write, the other goes by an address that moves
        server.fail_over()
        assert seconds_to_alert(live, "+16145553107") < TAKEOVER_SECONDS
        live.until(lambda: server.listeners() == 2, TAKEOVER_SECONDS)

        # one node's commits are carried out, but it never hears of it; then it hears nothing at all
        network.lose_commits()
        for number in range(4):
            assert seconds_to_alert(live, f"+1614555320{number}") < TAKEOVER_SECONDS
        live.until(lambda: network.lost_commits > 0)
        network.hold_up()
        for number in range(2):
            assert seconds_to_alert(live, f"+1614555330{number}") < TAKEOVER_SECONDS
        network.flow()
        network.cut()
        assert seconds_to_alert(live, "+16145553400") < TAKEOVER_SECONDS
        assert live.died() == []
        assert states(live, "+16145553100") == ["delivered"]
        assert set(Counter(body.split("\n")[0] for body in texts(live)).values()) == {1}
        assert not [body for body in texts(live) if body.startswith("(repeat)")]
        assert len(records.list_cases(live.program.desk, only_open=False)) == 21
        assert verify_chain(live.program.desk).first_bad is None
