"""The rules and the dashboard that are shipped name figures that /metrics has, with labels that it has."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest

from scheduler.sweep import keep_house
from tests.support.wire import Wire
from tests.support.world import CALLER, Build
from triage.policy.limits import (
    DISK_LOW_BYTES,
    DISK_LOW_SHARE,
    ONCE_A_DAY_WITHIN,
    SWEEP_MAY_TAKE,
    WORK_MAY_WAIT,
    is_list_late,
)
from triage.policy.terms import Terms
from triage.services import canary
from triage.services.vital_signs import BACKUP, HEARTBEAT
from triage.store import vital_signs

SHIPPED = Path(__file__).parents[2] / "systemd"
RULES = SHIPPED / "prometheus" / "alerts.yml"
BOARD = SHIPPED / "grafana" / "dashboard.json"
NAME = r"\bafterhours_\w+"


@pytest.fixture
def metrics(build_world: Build) -> str:
    """What a daemon prints that has done everything once."""
    world = build_world(canary_number="+16145550198")
    wire = Wire.of(world)
    world.phones.exchange.own_numbers.add("+16145550198")
    canary.start(world.program.desk, world.now)
    world.voicemail(CALLER)
    world.advance(minutes=1)
    keep_house(world.program)
    with world.program.desk.store.write() as tx:
        for sign in (BACKUP, HEARTBEAT):
            vital_signs.show(tx.session, sign, world.now)
    client = wire.app.test_client()
    client.post("/twilio/sms")
    return client.get("/metrics").get_data(as_text=True)


def test_rules_and_board_name_what_is_there_and_the_board_leaves_nothing_out(metrics: str) -> None:
    there = set(re.findall(r"^(afterhours_\w+)(?:\{|\s)", metrics, re.MULTILINE))
    board = json.loads(BOARD.read_text())
    shown = {name for panel in board["panels"] for each in panel["targets"] for name in re.findall(NAME, each["expr"])}
    watched = set(re.findall(NAME, "\n".join(re.findall(r"expr:(.*(?:\n {10}.*)?)", RULES.read_text()))))

    assert watched - there == set()
    assert shown - there == set()
    parts = {name for name in there if name.startswith("afterhours_request_duration_seconds")}
    assert there - shown == parts - {"afterhours_request_duration_seconds_bucket"}


def test_names_follow_the_conventions_and_every_label_has_few_values(metrics: str) -> None:
    kinds = dict(re.findall(r"^# TYPE (\w+) (\w+)$", metrics, re.MULTILINE))
    labels = {label for found in re.findall(r"\{(.*?)\}", metrics) for label in re.findall(r'(\w+)="', found)}

    assert all(name.startswith("afterhours_") for name in kinds)
    assert all(name.endswith("_total") for name, kind in kinds.items() if kind == "counter")
    known = {"route", "status", "le", "state", "channel", "list", "outcome", "place", "fault", "work", "share"}
    assert labels == known | {"version", "python"}
    assert 'afterhours_request_duration_seconds_count{route="/twilio/sms",status="403"}' in metrics
    assert 'afterhours_taken_within_seconds{channel="sms",share="0.99"} 0.0' in metrics
    assert CALLER not in metrics


def test_rules_alert_from_when_on_everybody_else_finds_something_late(terms: Terms) -> None:
    found = re.findall(
        r"(?<=[ (])(afterhours_[a-z_]+)(?:{[^}]*})?[^\n<>=]*?(?: / (\w+))? [<>] ([\d.]+)", RULES.read_text()
    )
    limits = {(name, by): float(figure) for name, by, figure in found if float(figure) > 0 and "request" not in name}
    lists = timedelta(seconds=limits.pop(("afterhours_list_behind_seconds", "")))

    assert limits == {
        ("afterhours_sweep_age_seconds", ""): SWEEP_MAY_TAKE.total_seconds(),
        ("afterhours_oldest_due_seconds", ""): WORK_MAY_WAIT.total_seconds(),
        ("afterhours_taken_within_seconds", ""): WORK_MAY_WAIT.total_seconds(),
        ("afterhours_backup_age_seconds", ""): ONCE_A_DAY_WITHIN.total_seconds(),
        ("afterhours_canary_passed_age_seconds", ""): ONCE_A_DAY_WITHIN.total_seconds(),
        ("afterhours_disk_free_bytes", ""): DISK_LOW_BYTES,
        ("afterhours_disk_free_bytes", "afterhours_disk_size_bytes"): DISK_LOW_SHARE,
    }
    assert not is_list_late(lists, terms)
    assert is_list_late(lists + timedelta(seconds=1), terms)


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not installed here: rules are not checked")
def test_prometheus_accepts_the_rules() -> None:
    command = [str(shutil.which("promtool")), "check", "rules", str(RULES)]
    checked = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)

    assert checked.returncode == 0, checked.stderr
