"""The layout: who may import whom."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_every_import_follows_the_layout() -> None:
    result = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert result.returncode == 0, result.stdout


def test_the_top_level_is_what_the_design_lists() -> None:
    listed = subprocess.run(
        ["git", "ls-files"],  # noqa: S607 - the repository's own list
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()

    folders = {path.split("/")[0] for path in listed if "/" in path and not path.startswith(".")}
    assert folders == {"config", "triage", "webhooks", "scheduler", "tests", "systemd"}
