"""Reading the whole history by time, newest first: narrowed, and in pages that begin where the last one ended."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Row, Select, String, cast, func, or_, select
from sqlalchemy.orm import Session

from triage.store.base import Base
from triage.store.chain import GENESIS, HEAD_ID
from triage.store.models import ChainCheck

SEARCHED = 10_000
"""Among so many entries one page looks for words: it stays quick, and says how far it looked."""

_EVENTS = Base.metadata.tables["events"]
_LARGEST = 2**31 - 1
_MOST_ACTORS = 500
_AT_ONCE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Narrowed:
    """Of the whole history what was done in [start, end), about one case, of one kind, by one actor.

    `words` stand in the details, as they are written there: JSON in ASCII. One index is used, of the case, else the
    kind, else the actor; the others, and words, are looked for among the entries that it leaves.
    """

    start: datetime | None = None
    end: datetime | None = None
    case_id: int | None = None
    kind: str | None = None
    actor: str | None = None
    words: str | None = None

    @property
    def is_searched(self) -> bool:
        """Whether anything is looked for that the index does not tell."""
        return bool(self.words) or sum(value is not None for value in (self.case_id, self.kind, self.actor)) > 1


class Place(NamedTuple):
    """An entry in the order of time."""

    at: datetime
    number: int


@dataclass(frozen=True, slots=True)
class Newer:
    """What a history has after an entry: how many entries, of which cases, and the instants of the first and the last.

    `is_same` is whether that entry has the hash that was asked for; else it is another history.
    """

    is_same: bool
    entries: int
    cases: tuple[int, ...]
    first: datetime | None
    last: datetime | None


def newer_than(session: Session, number: int, digest: str) -> Newer:
    """What the history has after the entry of this number and hash; number 0 and GENESIS stand for the beginning."""
    is_same = hashes(session, [number]).get(number, GENESIS) == digest
    after = _EVENTS.c.number > number
    found = session.execute(select(func.count(), func.min(_EVENTS.c.at), func.max(_EVENTS.c.at)).where(after)).one()
    cases = (
        select(_EVENTS.c.case_id).where(after, _EVENTS.c.case_id.is_not(None)).distinct().order_by(_EVENTS.c.case_id)
    )
    return Newer(is_same, found[0], tuple(session.scalars(cases)), found[1], found[2])


def place_of(session: Session, number: int) -> Place | None:
    if number > _LARGEST:
        return None
    found = session.execute(select(_EVENTS.c.at, _EVENTS.c.number).where(_EVENTS.c.number == number)).first()
    return Place(found.at, found.number) if found else None


def newest(session: Session, narrowed: Narrowed, before: Place | None, most: int) -> Sequence[Row[Any]]:
    """The newest entries before a place, or of all; what the index does not tell, among SEARCHED of the others."""
    wanted = _wanted(narrowed, before)
    if narrowed.is_searched:
        looked_at = wanted.limit(SEARCHED).subquery()
        found = _searched(looked_at.c, narrowed)
        wanted = select(looked_at).where(*found).order_by(looked_at.c.at.desc(), looked_at.c.number.desc())
    return session.execute(wanted.limit(most)).all()


def end_of_search(session: Session, narrowed: Narrowed, before: Place | None) -> Place | None:
    """The last entry that was looked at for what the index does not tell; None where there is no older one."""
    places = _wanted(narrowed, before).with_only_columns(_EVENTS.c.at, _EVENTS.c.number)
    found = session.execute(places.offset(SEARCHED - 1).limit(2)).all()
    return Place(found[0].at, found[0].number) if len(found) > 1 else None


def every(session: Session, narrowed: Narrowed, most: int) -> Iterator[Row[Any]]:
    """All that is asked for, newest first, and no more than `most`; the search goes through all of it."""
    wanted = _wanted(narrowed, None).where(*_searched(_EVENTS.c, narrowed))
    for part in session.execute(wanted.limit(most).execution_options(yield_per=_AT_ONCE)).partitions():
        yield from part


def newest_of_kind(session: Session, kind: str, most: int) -> Sequence[Row[Any]]:
    return newest(session, Narrowed(kind=kind), None, most)


def actors(session: Session) -> list[str]:
    """Everybody who is in the history, each found by one look into the index; of very many the first by name."""
    found: list[str] = []
    following = select(_EVENTS.c.actor).order_by(_EVENTS.c.actor).limit(1)
    while len(found) < _MOST_ACTORS:
        after = following.where(_EVENTS.c.actor > found[-1]) if found else following
        actor = session.scalar(after)
        if actor is None:
            break
        found.append(actor)
    return found


def hashes(session: Session, numbers: Sequence[int]) -> dict[int, str]:
    """The hash that each of these entries has now."""
    rows = session.execute(select(_EVENTS.c.number, _EVENTS.c.hash).where(_EVENTS.c.number.in_(numbers)))
    return {row.number: row.hash for row in rows}


IS_CHECK_UNDER_WAY = select(ChainCheck.id).where(ChainCheck.id == HEAD_ID).exists().select()
"""Built once: whoever keeps house asks twice a minute."""


def check_under_way(session: Session) -> ChainCheck | None:
    return session.get(ChainCheck, HEAD_ID)


def begin_check(session: Session, number: int, digest: str, *, asked_by: str, now: datetime) -> None:
    """Check the chain on from this entry, unless a check is under way."""
    if check_under_way(session) is None:
        session.add(ChainCheck(id=HEAD_ID, number=number, hash=digest, started_at=now, asked_by=asked_by))


def _wanted(narrowed: Narrowed, before: Place | None) -> Select[Any]:
    """What the index that is used tells of what is asked for, newest first."""
    chosen = _equal(_EVENTS.c, narrowed)[:1]
    if narrowed.start is not None:
        chosen.append(_EVENTS.c.at >= narrowed.start)
    if narrowed.end is not None:
        chosen.append(_EVENTS.c.at < narrowed.end)
    if before is not None:  # the first term is for the index, which the second alone would not use
        chosen += [_EVENTS.c.at <= before.at, or_(_EVENTS.c.at < before.at, _EVENTS.c.number < before.number)]
    return select(_EVENTS).where(*chosen).order_by(_EVENTS.c.at.desc(), _EVENTS.c.number.desc())


def _searched(columns: Any, narrowed: Narrowed) -> list[ColumnElement[bool]]:
    """What the index that is used does not tell."""
    found = _equal(columns, narrowed)[1:]
    if narrowed.words:
        found.append(cast(columns.details, String).icontains(narrowed.words, autoescape=True))
    return found


def _equal(columns: Any, narrowed: Narrowed) -> list[ColumnElement[bool]]:
    """What is asked for by its very value, the rarest first."""
    pairs = ((columns.case_id, narrowed.case_id), (columns.kind, narrowed.kind), (columns.actor, narrowed.actor))
    return [column == value for column, value in pairs if value is not None]
