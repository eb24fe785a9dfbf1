"""What a reader finds: links of the documents lead somewhere, the top level holds what it has to and no more."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCUMENTS = (
    "README.md",
    "CHANGELOG.md",
    ".github/CONTRIBUTING.md",
    "systemd/INSTALL.md",
    "webhooks/console/MANAGERS.md",
)
TOP = {"config", "scheduler", "systemd", "tests", "triage", "webhooks", "pyproject.toml", "README.md"} | {
    "CHANGELOG.md",
    "LICENSE",
    "Makefile",
    "requirements.lock",
    "requirements-dev.lock",
}


def _kept() -> list[str]:
    """Every file that is in the repository, by its path from here."""
    told = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S607
    return told.stdout.splitlines()


def test_the_top_level_holds_nothing_else() -> None:
    assert {path.split("/")[0] for path in _kept() if not path.startswith(".")} == TOP


def test_every_document_is_tried() -> None:
    assert {path for path in _kept() if path.endswith(".md")} == set(DOCUMENTS)


@pytest.mark.parametrize("document", DOCUMENTS)
def test_links_to_files_lead_somewhere(document: str) -> None:
    text = (ROOT / document).read_text()
    links = [link for link in re.findall(r"\]\(([^)#\s]+)", text) if "://" not in link]

    assert [link for link in links if not (ROOT / document).parent.joinpath(link).exists()] == []
