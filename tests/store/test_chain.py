"""Whoever rewrites history is found out, and the first entry that does not fit is named."""

# ruff: noqa: S608 - the SQL is the tests' own

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from tests.support.rows import NOW
from triage.store import chain
from triage.store.engine import Store

ENTRIES = 6


@pytest.fixture
def written(store: Store) -> Store:
    """A store with six entries, some of them with awkward details."""
    details: list[dict[str, Any]] = [
        {},
        {"amount": "247.50", "late": 0.1},
        {"words": 'Zoë said "no"\n💩', "many": [1, 2, None]},
        {"due": NOW + timedelta(hours=2)},
        {"flag": True, "nested": {"b": 1, "a": 2}},
        {"big": 10**15},
    ]
    for number, extra in enumerate(details, start=1):
        with store.write() as tx:
            tx.record(f"kind{number}", at=NOW + timedelta(microseconds=number), actor="system", **extra)
    return store


def verdict_after(store: Store, *statements: str) -> chain.Verdict:
    with store.write() as tx:
        for statement in statements:
            tx.session.execute(text(statement))
    with store.read() as session:
        return chain.verify(session)


def test_a_whole_chain_fits(written: Store) -> None:
    with written.read() as session:
        verdict = chain.verify(session)
        head = chain.head(session)

    assert verdict == chain.Verdict(ENTRIES, head[1], None, None)


def test_an_empty_chain_fits(store: Store) -> None:
    with store.read() as session:
        assert chain.verify(session) == chain.Verdict(0, chain.GENESIS, None, None)


@pytest.mark.parametrize(
    "change",
    [
        "actor = 'person:mallory'",
        "kind = 'called_back'",
        'details = \'{"words": "yes"}\'',
        "policy = 'v2'",
        "at = '2026-11-21 02:30:09.000000+00'",
        "hash = '" + "0" * 64 + "'",
    ],
)
def test_a_changed_entry_is_named(change: str, written: Store) -> None:
    verdict = verdict_after(written, f"UPDATE events SET {change} WHERE number = 3")

    assert (verdict.first_bad, verdict.reason, verdict.entries) == (3, "changed", 2)


def test_a_changed_entry_whose_hash_was_made_to_fit_shows_in_the_next(written: Store) -> None:
    with written.read() as session:
        rows = list(session.execute(text("SELECT hash FROM events ORDER BY number")).scalars())
    forged = chain.digest(3, NOW, None, "called_back", "person:mallory", {}, None, rows[1])

    verdict = verdict_after(
        written,
        f"UPDATE events SET at = '2026-11-21 02:30:00.000000', kind = 'called_back', actor = 'person:mallory',"
        f" details = '{{}}', hash = '{forged}' WHERE number = 3"
        if written.is_sqlite
        else f"UPDATE events SET at = '2026-11-21 02:30:00+00', kind = 'called_back', actor = 'person:mallory',"
        f" details = '{{}}', hash = '{forged}' WHERE number = 3",
    )

    assert (verdict.first_bad, verdict.reason) == (4, "changed")


@pytest.mark.parametrize("number", [1, 3, 5])
def test_a_deleted_entry_is_named(number: int, written: Store) -> None:
    verdict = verdict_after(written, f"DELETE FROM events WHERE number = {number}")

    assert (verdict.first_bad, verdict.reason, verdict.entries) == (number, "missing", number - 1)


def test_a_truncated_chain_names_the_first_that_is_gone(written: Store) -> None:
    verdict = verdict_after(written, "DELETE FROM events WHERE number > 4")

    assert (verdict.first_bad, verdict.reason, verdict.entries) == (5, "missing at the end", 4)


def test_a_chain_emptied_whole_names_its_first(written: Store) -> None:
    verdict = verdict_after(written, "DELETE FROM events")

    assert (verdict.first_bad, verdict.reason) == (1, "missing at the end")


def test_an_entry_put_at_the_end_is_named(written: Store) -> None:
    with written.read() as session:
        _, head = chain.head(session)
    forged = chain.digest(7, NOW, None, "closed", "system", {}, None, head)
    at = "2026-11-21 02:30:00.000000" if written.is_sqlite else "2026-11-21 02:30:00+00"

    verdict = verdict_after(
        written,
        "INSERT INTO events (number, at, kind, actor, details, hash)"
        f" VALUES (7, '{at}', 'closed', 'system', '{{}}', '{forged}')",
    )

    assert verdict.first_bad == 7
    assert "not written by the program" in (verdict.reason or "")


def test_an_entry_put_before_the_first_is_named(written: Store) -> None:
    verdict = verdict_after(
        written,
        "INSERT INTO events (number, at, kind, actor, details, hash) SELECT 0, at, kind, actor, details, hash"
        " FROM events WHERE number = 1",
    )

    assert (verdict.first_bad, verdict.reason) == (0, "inserted")


def test_two_entries_in_each_others_place_are_named(written: Store) -> None:
    verdict = verdict_after(
        written,
        "UPDATE events SET number = 99 WHERE number = 2",
        "UPDATE events SET number = 2 WHERE number = 4",
        "UPDATE events SET number = 4 WHERE number = 99",
    )

    assert (verdict.first_bad, verdict.reason) == (2, "changed")


def test_a_head_that_was_changed_shows(written: Store) -> None:
    verdict = verdict_after(written, f"UPDATE chain_head SET hash = '{'f' * 64}'")

    assert (verdict.first_bad, verdict.reason) == (ENTRIES, "the head does not fit")


def test_a_head_that_is_gone_shows(written: Store) -> None:
    verdict = verdict_after(written, "DELETE FROM chain_head")

    assert (verdict.first_bad, verdict.reason) == (ENTRIES, "the head is gone")


def test_a_chain_cut_off_together_with_its_head_shows_against_the_published_head(written: Store) -> None:
    with written.read() as session:
        published = chain.head(session)
        fourth = session.execute(text("SELECT hash FROM events WHERE number = 4")).scalar()

    verdict = verdict_after(
        written, "DELETE FROM events WHERE number > 4", f"UPDATE chain_head SET number = 4, hash = '{fourth}'"
    )

    assert verdict.first_bad is None
    assert (verdict.entries, verdict.head) != published


def test_entries_of_one_write_follow_each_other(store: Store) -> None:
    with store.write() as tx:
        for number in range(50):
            tx.record("beat", at=NOW, actor="system", number=number)

    with store.read() as session:
        assert chain.verify(session).entries == 50
