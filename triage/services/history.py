"""The whole history to read: narrowed, in pages, in words, and as a file to take away, which is an entry itself."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any, Literal

from triage.errors import NotFound, Refused
from triage.policy.actor_words import actor_in_words
from triage.policy.entry_words import entry_one_by_one
from triage.policy.event_words import EVENT_GROUPS, EVENT_WORDS, event_in_words
from triage.policy.hours import span_of_days
from triage.policy.spreadsheet import as_csv
from triage.policy.written import plain
from triage.services.desk import Desk
from triage.store import Session, accounts, chain, history
from triage.store.history import Narrowed
from triage.store.models.case import id_of, reference_of

Form = Literal["jsonl", "csv"]

A_PAGE = 50
MOST_EXPORTED = 100_000
_COLUMNS = ("number", "at", "kind", "actor", "case", "details", "policy", "hash")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What of the history: whole days of the contract's clock, both included; None and "" where it does not matter."""

    first: date | None = None
    last: date | None = None
    reference: str = ""
    kind: str = ""
    actor: str = ""
    words: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One entry in words."""

    number: int
    at: datetime
    what: str
    reference: str | None
    actor: str
    details: list[tuple[str, str]]
    policy: str | None
    hash: str


@dataclass(frozen=True, slots=True)
class Page:
    """`older` is the entry after which the next page begins; None where there is none. `searched_to` is how far back a
    search went that has not come to its end."""

    lines: list[Line]
    older: int | None
    searched_to: datetime | None
    entries: int


@dataclass(frozen=True, slots=True)
class Export:
    content: bytes
    count: int
    sha256: str


def read_page(desk: Desk, asked: Asked, before: int | None) -> Page:
    """The newest entries that are asked for, or those older than the entry `before`. Raises NotFound."""
    narrowed = _narrowed(desk, asked)
    with desk.store.read() as session:
        place = history.place_of(session, before) if before is not None else None
        if before is not None and place is None:
            raise NotFound(f"there is no entry {before}")
        rows = history.newest(session, narrowed, place, A_PAGE + 1)
        is_full = len(rows) > A_PAGE
        end = history.end_of_search(session, narrowed, place) if narrowed.is_searched and not is_full else None
        names = _names(session, desk)
        entries, _ = chain.head(session)
    lines = [_line(desk, row, names) for row in rows[:A_PAGE]]
    if is_full:
        return Page(lines, lines[-1].number, None, entries)
    return Page(lines, end.number if end else None, end.at if end else None, entries)


def kinds() -> list[tuple[str, str, str]]:
    """Every kind of entry with its words and what it is about, in the order of these."""
    return [
        (kind, EVENT_WORDS[kind], group)
        for group, kinds_of_it in EVENT_GROUPS.items()
        for kind in sorted(kinds_of_it, key=lambda kind: EVENT_WORDS[kind].casefold())
    ]


def actors(desk: Desk) -> list[tuple[str, str]]:
    """Everybody who did anything, with the words for them."""
    with desk.store.read() as session:
        found, names = history.actors(session), _names(session, desk)
    return sorted(((actor, actor_in_words(actor, names)) for actor in found), key=lambda pair: pair[1].casefold())


def export(desk: Desk, asked: Asked, form: Form, *, actor: str, now: datetime) -> Export:
    """All that is asked for, newest first, as a file. Who took what is an entry, with the hash of the file.

    Raises Refused where that is more than MOST_EXPORTED entries: half of it would look like all of it.
    """
    narrowed = _narrowed(desk, asked)
    with desk.store.read() as session:
        rows = [_record(row) for row in history.every(session, narrowed, MOST_EXPORTED + 1)]
    if len(rows) > MOST_EXPORTED:
        raise Refused(f"That is more than {MOST_EXPORTED:,} entries: name fewer days, then the others.")
    text = "".join(_as_lines(rows)) if form == "jsonl" else as_csv(_flat(rows), _COLUMNS)
    content = text.encode()
    made = Export(content, len(rows), hashlib.sha256(content).hexdigest())
    asked_for = {name: value for name, value in asdict(asked).items() if value}
    with desk.store.write() as tx:
        tx.record(
            "history_exported", at=now, actor=actor, form=form, entries=made.count, sha256=made.sha256, asked=asked_for
        )
    return made


def _narrowed(desk: Desk, asked: Asked) -> Narrowed:
    start = span_of_days(asked.first, asked.first, desk.terms)[0] if asked.first else None
    end = span_of_days(asked.last, asked.last, desk.terms)[1] if asked.last else None
    case_id = None
    if asked.reference:
        case_id = id_of(asked.reference)
        if case_id is None:
            raise Refused(f"{asked.reference} is no reference of a case: write four digits or more, such as 1042.")
    return Narrowed(
        start=start,
        end=end,
        case_id=case_id,
        kind=asked.kind or None,
        actor=asked.actor or None,
        words=json.dumps(asked.words)[1:-1] or None,  # as details are kept
    )


def _names(session: Session, desk: Desk) -> dict[str, str]:
    """What people and accounts are called, by the actor that each is."""
    people = {f"person:{person.id}": person.name for person in desk.roster(session).people}
    return people | {f"account:{account.id}": account.name for account, _, _ in accounts.every(session)}


def _line(desk: Desk, row: Any, names: Mapping[str, str]) -> Line:
    people = {actor.partition(":")[2]: name for actor, name in names.items() if actor.startswith("person:")}
    return Line(
        number=row.number,
        at=row.at,
        what=event_in_words(row.kind, row.details),
        reference=reference_of(row.case_id) if row.case_id is not None else None,
        actor=actor_in_words(row.actor, names),
        details=entry_one_by_one(row.kind, row.details, desk.terms, people, row.actor),
        policy=row.policy,
        hash=row.hash,
    )


def _record(row: Any) -> dict[str, Any]:
    return {
        "number": row.number,
        "at": row.at,
        "kind": row.kind,
        "actor": row.actor,
        "case": reference_of(row.case_id) if row.case_id is not None else None,
        "details": row.details,
        "policy": row.policy,
        "hash": row.hash,
    }


def _as_lines(rows: Iterable[dict[str, Any]]) -> Iterator[str]:
    """ASCII only: what callers wrote may hold characters that move a terminal's cursor."""
    for row in rows:
        yield f"{json.dumps(row, default=plain)}\n"


def _flat(rows: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for row in rows:
        yield {**row, "details": json.dumps(row["details"])}
