"""The Makefile explains itself, and hooks check what `make lint` checks."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TARGETS = {
    "run",
    "test",
    "lint",
    "format",
    "lock",
    "bench",
    "bench-large",
    "torture",
    "crashes",
    "simulate",
    "fuzz",
    "audit",
    "clean",
    "help",
}

pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed here")


def make(*arguments: str) -> str:
    return subprocess.run(
        ["make", "--no-print-directory", *arguments],  # noqa: S607 - wherever the system has it
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    ).stdout


def test_make_alone_lists_every_target_with_what_it_does() -> None:
    listed = dict(line.removeprefix("make ").split(maxsplit=1) for line in make().splitlines())

    assert set(listed) == TARGETS
    assert all(listed.values())


def test_every_target_is_phony_and_explained() -> None:
    text = (ROOT / "Makefile").read_text()

    assert set(re.findall(r"^([a-z-]+):", text, re.MULTILINE)) == TARGETS
    assert set(re.findall(r"^([a-z-]+):.* ## \S", text, re.MULTILINE)) == TARGETS
    assert set(re.findall(r"^\.PHONY: ([a-z-]+)$", text, re.MULTILINE)) == TARGETS


def test_second_run_starts_at_once(tmp_path: Path) -> None:
    for name in ("Makefile", "requirements-dev.lock", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    (tmp_path / ".venv").mkdir()
    (tmp_path / ".venv" / ".ready").touch()

    assert make("-n", "-C", str(tmp_path), "run").strip() == "exec .venv/bin/afterhours serve"


@pytest.mark.parametrize("changed", ["requirements-dev.lock", "pyproject.toml"])
def test_changed_dependencies_are_installed_before_the_next_run(changed: str, tmp_path: Path) -> None:
    for name in ("Makefile", "requirements-dev.lock", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    (tmp_path / ".venv").mkdir()
    (tmp_path / ".venv" / ".ready").touch()
    later = (tmp_path / ".venv" / ".ready").stat().st_mtime + 10
    os.utime(tmp_path / changed, (later, later))

    planned = make("-n", "-C", str(tmp_path), "run")

    assert planned.index("--require-hashes -r requirements-dev.lock") < planned.index("--no-deps --no-build-isolation")
    assert planned.index("--no-deps --no-build-isolation -e .") < planned.index("afterhours serve")


def test_hooks_are_the_commands_of_make_lint_and_fetch_nothing() -> None:
    hooks = (ROOT / ".pre-commit-config.yaml").read_text()
    recipe = [line.split(" > ")[0].strip() for line in make("-n", "-o", ".venv/.ready", "lint").splitlines()]

    assert re.findall(r"^ *- repo: (.*)$", hooks, re.MULTILINE) == ["local"]
    assert set(re.findall(r"^ *language: (.*)$", hooks, re.MULTILINE)) == {"system"}
    assert re.findall(r"^ *entry: (.*)$", hooks, re.MULTILINE) == [line for line in recipe if line.startswith(".venv/")]


@pytest.mark.parametrize("name", ["Makefile", ".ci/run", "requirements.lock", "requirements-dev.lock"])
def test_no_address_of_a_registry_and_no_path_of_a_machine(name: str) -> None:
    text = (ROOT / name).read_text()

    assert not re.search(r"https?://|file://|--(extra-)?index-url|--find-links|/home/|/root/", text)


def test_ci_runs_every_test_in_strict_mode() -> None:
    script = ROOT / ".ci" / "run"

    assert script.stat().st_mode & 0o111
    assert "set -euo pipefail" in script.read_text()
    assert script.read_text().splitlines()[-1] == "make test ALL=1"
