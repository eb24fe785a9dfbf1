"""More cases than the program writes in a few minutes: copies of the closed ones of no dealer, beside the seed.

Each copy is of a caller of its own. Of a copy the history has five entries and there is one alert. The chain is made
anew over all entries, by their time: `afterhours audit verify` finds it whole.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

from tests.bench.seed import CALLERS
from triage.store.base import Base
from triage.store.chain import GENESIS

_FIRST = 1_100_000
"""The numbers of copies come after this one: those of the seed end before."""
_KINDS = ("case_opened", "acknowledged", "breached", "called_back", "billed", "closed")
_COPIED = "cases.state = 'closed' AND cases.dealer_id IS NULL"
_CASE = f"{_FIRST} + cases.id * (SELECT count(*) FROM copies) + k"  # noqa: S608 - ours
_CALLER = f"'+1614' || printf('%07d', substr(caller, 6) + {CALLERS} * (k + 1))"
_TABLES = {  # whose rows are copied, how they name their case, and what differs in a copy
    "voicemails": ("case_id", {"id": _CASE, "recording_sid": f"'RE' || printf('%032x', {_CASE})"}),
    "recording_copies": ("voicemail_id", {"file_name": f"'RE' || printf('%032x', {_CASE}) || '.wav'"}),
    "alerts": ("case_id", {"id": _CASE}),
    "deliveries": ("case_id", {"id": _CASE, "alert_id": _CASE, "provider_sid": f"'SM' || printf('%032x', {_CASE})"}),
    "sessions": ("case_id", {"id": _CASE}),
    "billing_lines": ("session_id", {"id": "NULL"}),
    "cases": ("id", {"caller": _CALLER}),  # the last: until then all cases are of the seed
}
_OF_FIRST_STEP = {"alerts": "AND alerts.id % 10 = 0", "deliveries": "AND deliveries.id % 10 = 0"}


def copy_cases(path: Path, wanted: int) -> None:
    """Copy each so often that there are at least as many cases as wanted. The file is the seed's."""
    aside = path.with_name(f"{path.name}.told")
    connection = sqlite3.connect(path, isolation_level=None)
    for pragma in ("journal_mode=OFF", "synchronous=OFF", "cache_size=-400000", "foreign_keys=OFF"):
        connection.execute(f"PRAGMA {pragma}")
    made = connection.execute(
        "SELECT name, type, sql FROM sqlite_master WHERE type IN ('index', 'trigger') AND sql IS NOT NULL"
    ).fetchall()
    for name, kind, _ in made:
        connection.execute(f"DROP {kind} {name}")
    _count_copies(connection, wanted)
    connection.execute("ATTACH ? AS aside", [str(aside)])
    connection.execute("PRAGMA aside.journal_mode=OFF")
    _tell(connection)
    for table in _TABLES:
        _copy(connection, table)
    _chain(connection)
    connection.execute("DETACH aside")
    aside.unlink()
    for _, _, statement in made:
        connection.execute(statement)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.close()


def _count_copies(connection: sqlite3.Connection, wanted: int) -> None:
    (there,) = connection.execute("SELECT count(*) FROM cases").fetchone()
    (copied,) = connection.execute(f"SELECT count(*) FROM cases WHERE {_COPIED}").fetchone()  # noqa: S608 - ours
    connection.execute("CREATE TEMP TABLE copies (k INTEGER PRIMARY KEY)")
    connection.executemany("INSERT INTO copies VALUES (?)", [(k,) for k in range(-(-(wanted - there) // copied))])


def _copy(connection: sqlite3.Connection, table: str) -> None:
    case, differs = _TABLES[table]
    differs = {case: _CASE, **differs}
    names = [column.name for column in Base.metadata.tables[table].columns]
    columns = ", ".join(f'"{name}"' for name in names)
    values = ", ".join(differs.get(name, f"{table}.{name}") for name in names)
    cases = "" if table == "cases" else f"CROSS JOIN cases ON cases.id = {table}.{case}"  # CROSS: in this order
    connection.execute(
        f"INSERT INTO {table} ({columns}) SELECT {values} FROM {table} {cases} CROSS JOIN copies"  # noqa: S608 - ours
        f" WHERE {_COPIED} {_OF_FIRST_STEP.get(table, '')} ORDER BY {table}.rowid, k"
    )


def _tell(connection: sqlite3.Connection) -> None:
    """The entries as they are, and those of the copies, aside."""
    columns = "at, case_id, kind, actor, details, policy"
    connection.execute(f"CREATE TABLE aside.told AS SELECT {columns} FROM events ORDER BY number")  # noqa: S608
    kinds = ", ".join(f"'{kind}'" for kind in _KINDS)
    connection.execute(
        f"INSERT INTO aside.told SELECT at, {_CASE}, kind, actor, details, events.policy"  # noqa: S608 - ours
        f" FROM events JOIN cases ON cases.id = case_id CROSS JOIN copies WHERE {_COPIED} AND kind IN ({kinds})"
    )


def _chain(connection: sqlite3.Connection) -> None:
    connection.execute("DELETE FROM events")
    connection.execute("BEGIN")
    connection.executemany(
        "INSERT INTO events (number, at, case_id, kind, actor, details, policy, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        _chained(connection),
    )
    connection.execute("COMMIT")
    connection.execute(
        "UPDATE chain_head SET (number, hash) = (SELECT number, hash FROM events ORDER BY number DESC LIMIT 1)"
    )


def _chained(connection: sqlite3.Connection) -> Iterator[tuple[object, ...]]:
    """As `digest` of triage/store/chain.py has it, in a fifth of the time: the copies of an entry say the same."""
    previous = GENESIS
    told = connection.execute("SELECT * FROM aside.told ORDER BY at, rowid")
    for number, (at, case_id, kind, actor, details, policy) in enumerate(told, start=1):
        rest = f"{_written(kind)},{_written(actor)},{_in_order(details)},{_written(policy)}"
        said = f'[{number},"{at[:10]}T{at[11:]}Z",{_written(case_id)},{rest},"{previous}"]'
        previous = sha256(b"\x00" + said.encode()).hexdigest()
        yield number, at, case_id, kind, actor, details, policy, previous


@lru_cache(maxsize=64)
def _written(value: int | str | None) -> str:
    return json.dumps(value)


@lru_cache(maxsize=64)
def _in_order(details: str) -> str:
    return json.dumps(json.loads(details), sort_keys=True, separators=(",", ":"))
