"""The history as a chain: each entry's hash covers the entry and the hash before it.

A changed, removed or inserted entry breaks the chain at its place; a shortened one no longer fits the head.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Row, bindparam, func, select, update
from sqlalchemy.orm import Session

from triage.store import versions
from triage.store.base import Base
from triage.store.bulk import insert_all
from triage.store.models import ChainHead, Event

GENESIS = "0" * 64
_BELOW_ALL = -(2**31)
HEAD_ID = 1
_PAGE = 500


def iso(at: datetime) -> str:
    """An instant in UTC with microseconds and Z: one form for hashes and JSON."""
    return f"{at.astimezone(UTC).isoformat(timespec='microseconds')[:-6]}Z"


def _plain(value: Any) -> str:
    return iso(value) if isinstance(value, datetime) else str(value)


# Made once: json.dumps makes an encoder for each entry, which takes longer than to write it.
_write = json.JSONEncoder(sort_keys=True, separators=(",", ":"), default=_plain).encode
_write_plain = json.JSONEncoder(default=_plain).encode

HANGING_SECONDS = 4
"""How long a transaction that writes on PostgreSQL may say nothing before the server ends it. Others wait for it for
engine.BUSY_SECONDS: less, so that they get their turn."""

_EVENTS, _HEADS = (Base.metadata.tables[model.__tablename__] for model in (Event, ChainHead))
# Built once: every write ends with them.
_HEAD = select(_HEADS.c.number, _HEADS.c.hash).where(_HEADS.c.id == HEAD_ID)
_UNTIL_ITS_END = True
_LOCK_HEAD = _HEAD.add_columns(  # in one exchange with the server
    func.set_config("idle_in_transaction_session_timeout", f"{HANGING_SECONDS}s", _UNTIL_ITS_END)
).with_for_update()
_COLUMNS = "number", "case_id", "at", "kind", "actor", "details", "policy", "hash"
_WRITTEN = frozenset({"details"})
_NEWEST_OF_CASE = (
    select(_EVENTS.c.at, _EVENTS.c.kind, _EVENTS.c.details)
    .where(_EVENTS.c.case_id == bindparam("case_id"), _EVENTS.c.kind.in_(bindparam("kinds", expanding=True)))
    .order_by(_EVENTS.c.number.desc())
)
_ALL = select(_EVENTS).order_by(_EVENTS.c.number)
_AFTER = _ALL.where(_EVENTS.c.number > bindparam("after")).limit(bindparam("most"))
_MOVE_HEAD = (
    update(_HEADS).where(_HEADS.c.id == HEAD_ID).values(number=bindparam("head_number"), hash=bindparam("head_hash"))
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry before it has a number."""

    kind: str
    at: datetime
    actor: str
    case_id: int | None = None
    policy: str | None = None
    details: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Verdict:
    """The result of checking the chain. `first_bad` is the first number that does not fit, None where all do."""

    entries: int
    head: str
    first_bad: int | None
    reason: str | None


def lock_head(session: Session) -> tuple[int, str]:
    """Number and hash of the newest entry, which nobody else can move before this transaction ends. If it hangs, it
    ends soon. PostgreSQL only."""
    number, newest, _ = session.connection().execute(_LOCK_HEAD).one()
    return number, newest


def append(session: Session, entries: Sequence[Entry], head: tuple[int, str] | None = None) -> None:
    """Write entries at the end of the chain, whose head was locked before or is read now. The caller's transaction is
    alone (see engine.py)."""
    if not entries:
        return
    connection = session.connection()  # no row of the session is concerned: its bookkeeping would double the time
    number, previous = head or connection.execute(_HEAD).one()
    rows = []
    for entry in entries:
        number += 1
        previous = digest(
            number, entry.at, entry.case_id, entry.kind, entry.actor, entry.details, entry.policy, previous
        )
        details = _write_plain(entry.details)
        rows.append((number, entry.case_id, entry.at, entry.kind, entry.actor, details, entry.policy, previous))
    insert_all(connection, _EVENTS, _COLUMNS, rows, written=_WRITTEN)
    connection.execute(_MOVE_HEAD, {"head_number": number, "head_hash": previous})


def digest(
    number: int,
    at: datetime,
    case_id: int | None,
    kind: str,
    actor: str,
    details: dict[str, Any],
    policy: str | None,
    previous: str,
) -> str:
    """The hash of one entry over everything it says and the hash before it."""
    content = _write([number, iso(at), case_id, kind, actor, details, policy, previous])
    return hashlib.sha256(b"\x00" + content.encode()).hexdigest()


def verify(session: Session) -> Verdict:
    """Recompute the chain from its first entry, and the names of the contracts that it speaks of from their texts."""
    verdict, _ = verify_after(session, 0, GENESIS)
    return verdict


def verify_after(session: Session, number: int, previous: str, most: int | None = None) -> tuple[Verdict, bool]:
    """`verify` on from an entry that was found good, for as many entries at the most; whether that was to the end.

    Number 0 and GENESIS stand for the beginning.
    """
    start, expected = number, number + 1
    sound = versions.sound_policies(session)
    wanted, given = (_ALL, {}) if most is None else (_AFTER, {"after": number or _BELOW_ALL, "most": most})
    # No rows of the session, which would take longer to make than to check.
    with closing(session.connection().execute(wanted, given, execution_options={"yield_per": _PAGE})) as rows:
        found = iter(rows)
        while True:
            try:
                row = next(found, None)
            except (ValueError, TypeError, LookupError):  # text that is no instant or no JSON: not ours
                return Verdict(expected - 1, previous, _first_unreadable(session, expected), "not readable"), True
            if row is None:
                break
            if row.number != expected:
                bad, reason = (row.number, "inserted") if row.number < expected else (expected, "missing")
                return Verdict(expected - 1, previous, bad, reason), True
            if (change := _what_was_changed(row, previous, sound)) is not None:
                return Verdict(expected - 1, previous, row.number, change), True
            expected, previous = expected + 1, row.hash
    if most is not None and expected - 1 - start == most:
        return Verdict(expected - 1, previous, None, None), False
    return _against_head(session, expected, previous), True


def _against_head(session: Session, expected: int, previous: str) -> Verdict:
    """Whether the last entry that there is, the one before `expected`, is the one that the head names."""
    head = session.execute(_HEAD).first()
    if head is None:
        return Verdict(expected - 1, previous, max(expected - 1, 1), "the head is gone")
    if head.number < expected - 1:
        return Verdict(head.number, previous, head.number + 1, "not written by the program: it comes after the head")
    if head.number > expected - 1:
        return Verdict(expected - 1, previous, expected, "missing at the end")
    if head.hash != previous:
        return Verdict(expected - 1, previous, expected - 1, "the head does not fit")
    return Verdict(expected - 1, previous, None, None)


def fault_of_case(session: Session, case_id: int) -> str | None:
    """What of a case's own entries does not fit the entry before it, in words; None where all do.

    That takes no longer the longer the history is, and says nothing of the entries of other cases.
    """
    before, sound = _EVENTS.alias(), versions.sound_policies(session)
    rows = (
        select(_EVENTS, before.c.hash.label("previous"))
        .outerjoin(before, before.c.number == _EVENTS.c.number - 1)
        .where(_EVENTS.c.case_id == case_id)
        .order_by(_EVENTS.c.number)
    )
    try:
        for row in session.execute(rows):
            if row.previous is None and row.number > 1:
                return f"entry {row.number - 1} of the history: missing"
            if (change := _what_was_changed(row, row.previous or GENESIS, sound)) is not None:
                return f"entry {row.number} of the history: {change}"
    except (ValueError, TypeError, LookupError):  # text that is no instant or no JSON: not ours
        return "an entry of this case: not readable"
    return None


def _what_was_changed(row: Row[Any], previous: str, sound: set[str]) -> str | None:
    """What of an entry no longer fits: itself, or the contract that it put in force."""
    computed = digest(row.number, row.at, row.case_id, row.kind, row.actor, row.details, row.policy, previous)
    if computed != row.hash:
        return "changed"
    if row.kind == "policy_loaded" and row.policy not in sound:
        return "the contract that it loaded was changed"
    return None


def _first_unreadable(session: Session, start: int) -> int:
    """The first entry from `start` on that cannot even be read."""
    for number in session.scalars(select(Event.number).where(Event.number >= start).order_by(Event.number)).all():
        try:
            session.get_one(Event, number)
        except (ValueError, TypeError, LookupError):
            return number
    return start


def head(session: Session) -> tuple[int, str]:
    """The newest entry's number and hash."""
    number, last = session.execute(_HEAD).one()
    return number, last


def events_of(session: Session, case_id: int) -> Iterable[Event]:
    """The timeline of a case, oldest first."""
    return session.scalars(select(Event).where(Event.case_id == case_id).order_by(Event.number))


def last_at(session: Session, case_id: int, kinds: Sequence[str], person_id: str) -> datetime | None:
    """When the newest entry of these kinds about a case and a person was written; None where there is none."""
    rows = session.connection().execute(_NEWEST_OF_CASE, {"case_id": case_id, "kinds": kinds})
    return next((row.at for row in rows if row.details.get("person") == person_id), None)


def last_kind(session: Session, case_id: int, kinds: Sequence[str], person_id: str) -> str | None:
    """The kind of the newest entry of these kinds about a case and a person; None where there is none."""
    rows = session.connection().execute(_NEWEST_OF_CASE, {"case_id": case_id, "kinds": kinds})
    return next((row.kind for row in rows if row.details.get("person") == person_id), None)


def last_of_kind(session: Session, case_ids: Sequence[int], kind: str) -> dict[int, dict[str, Any]]:
    """What the newest entry of a kind says, by the case; a case without any is left out."""
    wanted = select(_EVENTS.c.case_id, _EVENTS.c.details).where(_EVENTS.c.kind == kind).order_by(_EVENTS.c.number)
    parts = (case_ids[first : first + _PAGE] for first in range(0, len(case_ids), _PAGE))
    return {
        row.case_id: row.details for some in parts for row in session.execute(wanted.where(_EVENTS.c.case_id.in_(some)))
    }


def last_of_rare_kind(session: Session, kind: str) -> dict[int, dict[str, Any]]:
    """`last_of_kind` of every case: for a kind of which there are fewer entries than a long list has cases."""
    wanted = select(_EVENTS.c.case_id, _EVENTS.c.details).where(_EVENTS.c.kind == kind)
    return {row.case_id: row.details for row in session.execute(wanted.order_by(_EVENTS.c.number))}


def reasons_by_session(session: Session, kind: str) -> dict[int, str | None]:
    """The last reason of a rare kind of entry that names a session and no case, by the session."""
    wanted = select(_EVENTS.c.details).where(_EVENTS.c.kind == kind).order_by(_EVENTS.c.number)
    return {row.details["session"]: row.details.get("reason") for row in session.execute(wanted)}


def events_of_all(
    session: Session, case_ids: Sequence[int]
) -> Iterator[tuple[int, datetime, str, str, dict[str, Any]]]:
    """Case, instant, kind, actor and details of the entries of these cases; those of one case oldest first."""
    wanted = select(_EVENTS.c.case_id, _EVENTS.c.at, _EVENTS.c.kind, _EVENTS.c.actor, _EVENTS.c.details)
    for first in range(0, len(case_ids), _PAGE):
        some = case_ids[first : first + _PAGE]
        for row in session.execute(wanted.where(_EVENTS.c.case_id.in_(some)).order_by(_EVENTS.c.number)):
            yield row.case_id, row.at, row.kind, row.actor, row.details


def newest_number(session: Session, case_id: int) -> int:
    """The number of the newest entry about a case; 0 where there is none."""
    return session.scalar(select(func.max(Event.number)).where(Event.case_id == case_id)) or 0


def entries_since(session: Session, case_id: int, number: int, kinds: Iterable[str]) -> Sequence[Event]:
    """The entries of these kinds about a case after the entry of a number, oldest first."""
    chosen = (Event.case_id == case_id, Event.number > number, Event.kind.in_(kinds))
    return session.scalars(select(Event).where(*chosen).order_by(Event.number)).all()


def details_since(session: Session, case_id: int, kind: str, actor: str, since: datetime) -> Sequence[dict[str, Any]]:
    """What the entries of a kind about a case by an actor say that are younger than an instant."""
    events = _EVENTS.c
    chosen = (events.actor == actor, events.at > since, events.kind == kind, events.case_id == case_id)
    return session.scalars(select(events.details).where(*chosen)).all()


def newest_of(session: Session, kind: str) -> Event | None:
    """The newest entry of a kind. Reads the history backwards: for rare questions."""
    return session.scalars(select(Event).where(Event.kind == kind).order_by(Event.number.desc()).limit(1)).first()
