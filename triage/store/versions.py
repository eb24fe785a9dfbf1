"""Versions of the contract and of the roster."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from triage.errors import NotFound
from triage.policy.document import version_of
from triage.store.models import Case, PolicyVersion, RosterVersion

NEWEST_ROSTER = select(func.max(RosterVersion.id))
"""The number of the roster in force; built once, since every request and sweep asks it."""


def policy_content(session: Session, version: str) -> str:
    """The canonical text of a contract. Raises NotFound."""
    found = session.get(PolicyVersion, version)
    if found is None:
        raise NotFound(f"no policy version {version} is on record")
    return found.content


def has_policy(session: Session, version: str) -> bool:
    return session.get(PolicyVersion, version) is not None


def first_used_at(session: Session, version: str) -> datetime | None:
    return session.scalar(select(PolicyVersion.first_used_at).where(PolicyVersion.version == version))


def add_policy(session: Session, version: str, content: str, now: datetime) -> bool:
    """Keep a contract; False where it is kept already."""
    if has_policy(session, version):
        return False
    session.add(PolicyVersion(version=version, content=content, first_used_at=now))
    return True


def sound_policies(session: Session) -> set[str]:
    """The contracts whose text is still the one that their name was computed from."""
    rows = session.scalars(select(PolicyVersion))
    return {row.version for row in rows if version_of(row.content) == row.version}


def newest_roster_id(session: Session) -> int | None:
    return session.connection().scalar(NEWEST_ROSTER)


def roster_content(session: Session, roster_id: int) -> str:
    return session.get_one(RosterVersion, roster_id).content


def people_ever(session: Session) -> set[str]:
    """The id of everybody who is on the roster, or ever was."""
    contents = session.scalars(select(RosterVersion.content).execution_options(yield_per=100))
    return {person["id"] for content in contents for person in json.loads(content)["people"]}


def rosters_loaded(session: Session) -> Sequence[tuple[int, datetime]]:
    """The number of every roster and when it was loaded, the newest first."""
    rows = session.execute(select(RosterVersion.id, RosterVersion.loaded_at).order_by(RosterVersion.id.desc()))
    return [(number, at) for number, at in rows]


def newest_source(session: Session) -> str | None:
    """The version of the file that the newest roster came from."""
    return session.scalar(select(RosterVersion.source).order_by(RosterVersion.id.desc()).limit(1))


def newest_roster(session: Session) -> tuple[str, datetime] | None:
    """The version of the roster in force, and since when it is."""
    row = session.execute(
        select(RosterVersion.version, RosterVersion.loaded_at).order_by(RosterVersion.id.desc()).limit(1)
    ).first()
    return (row.version, row.loaded_at) if row else None


def add_roster(session: Session, version: str, content: str, *, source: str, now: datetime) -> None:
    session.add(RosterVersion(version=version, content=content, source=source, loaded_at=now))
    session.flush()


def policies_in_use(session: Session) -> Sequence[tuple[str, datetime, int]]:
    """Every contract, the newest first: its version, when it was first used, how many cases began with it."""
    used = select(Case.policy, func.count().label("cases")).group_by(Case.policy).subquery()
    rows = session.execute(
        select(PolicyVersion.version, PolicyVersion.first_used_at, func.coalesce(used.c.cases, 0))
        .outerjoin(used, used.c.policy == PolicyVersion.version)
        .order_by(PolicyVersion.first_used_at.desc(), PolicyVersion.version)
    )
    return [(version, at, count) for version, at, count in rows]
