"""The contracts that cases began with: which there were, and how two of them differ."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

from triage.policy.contract_figures import Change, Figure, Line, changed_lines, changes, figures
from triage.policy.terms import read_terms
from triage.services.desk import Desk
from triage.store import versions


@dataclass(frozen=True, slots=True)
class Version:
    """`before` is the version that came into use before it; None for the first."""

    version: str
    first_used_at: datetime
    cases: int
    is_in_force: bool
    before: str | None


@dataclass(frozen=True, slots=True)
class Differences:
    """Line by line in words, and figure by figure with what each was and is."""

    lines: list[Line]
    changes: list[Change]


def list_versions(desk: Desk) -> list[Version]:
    """Every contract that was ever in use, the newest first."""
    with desk.store.read() as session:
        found = versions.policies_in_use(session)
    names = [version for version, _, _ in found]
    return [
        Version(version, at, cases, version == desk.terms.version, before)
        for (version, at, cases), before in zip(found, [*names[1:], None], strict=True)
    ]


def differences(desk: Desk, first: str, second: str) -> Differences:
    """What the second contract says otherwise than the first. Raises NotFound."""
    with desk.store.read() as session:
        was, now = (json.loads(versions.policy_content(session, version)) for version in (first, second))
        before, after = (desk.terms_of(session, version) for version in (first, second))
    return Differences(changed_lines(before, after), changes(was, now, desk.shipped))


def figures_in_force(desk: Desk) -> list[Figure]:
    """Every figure that the shipped policy file explains, with the value in force."""
    return figures(desk.terms, read_terms("", name="policy.toml", shipped=desk.shipped), desk.shipped)
