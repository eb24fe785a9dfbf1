"""The history: filters, pages, words, export, and whether its chain is whole."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
from datetime import timedelta

import pytest

from scheduler.sweep import keep_house
from tests.support.fixtures import LEE
from tests.support.visitor import signed_in
from tests.support.world import World
from triage.policy.access import Role
from triage.services import audit, history
from triage.store import history as rows


def numbers(page: str) -> list[int]:
    """The entries that a page shows, in its order."""
    return [int(number) for number in re.findall(r'<tr id="e(\d+)">', page)]


def words(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


@pytest.mark.thorough
def test_the_history_is_read_newest_first_and_narrowed_by_day_case_kind_actor_and_words(
    world: World, quick_hashes: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    auditor = signed_in(world, Role.AUDITOR)
    world.voicemail(attested=True)
    world.advance(minutes=5)
    world.voicemail("+13125550100", attested=True)
    world.text(LEE, "ACK 1001")
    world.text(LEE, "NOTE 1001 I replaced the café's <b>100%</b> card")
    world.advance(hours=3)

    everything = auditor.get("/history").text
    case = auditor.get("/history?reference=1001").text
    taken = auditor.get("/history?kind=acknowledged&actor=person:lee").text
    lees = auditor.get("/history?actor=person:lee").text
    said = auditor.get("/history?words=caf%C3%A9'S %3CB%3E100%25").text
    wild = auditor.get("/history?words=1__%25").text
    saturday = auditor.get("/history?first=2026-11-21&last=2026-11-21").text
    friday = auditor.get("/history?first=2026-11-20&last=2026-11-20").text

    assert len(numbers(everything)) == 50
    assert "Case opened" in words(case)
    assert "/cases/1002" not in case  # its digits alone may stand in any hash
    assert len(numbers(taken)) == 1
    assert "Taken by a technician" in words(taken.split("<table")[1])
    assert set(numbers(taken)) < set(numbers(lees))
    assert "Lee Okafor" in lees
    assert len(numbers(said)) >= 1
    assert "café&#39;s &lt;b&gt;100%&lt;/b&gt; card" in said
    assert (numbers(wild), "No entries" in wild) == ([], True)
    assert numbers(saturday)
    assert not set(numbers(saturday)) & set(numbers(friday))
    monkeypatch.setattr(history, "A_PAGE", 7)
    monkeypatch.setattr(rows, "SEARCHED", 9)
    whole = paged(auditor, "/history?reference=1001&first=2026-11-20")
    assert whole[:50] == numbers(case)
    assert whole == sorted(set(whole), reverse=True)
    assert paged(auditor, "/history?actor=person:lee&kind=acknowledged") == numbers(taken)
    assert "Looked back to" in auditor.get("/history?words=zebra").text


def paged(auditor: object, path: str) -> list[int]:
    """All entries, page by page, as a person walks through them."""
    found: list[int] = []
    while path:
        page = auditor.get(path).text  # type: ignore[attr-defined]
        found += numbers(page)
        older = re.search(r'<a class="button" href="([^"]+)">', page)
        path = older[1].replace("&amp;", "&") if older else ""
    return found


def test_what_is_asked_wrongly_is_told_and_changes_nothing(world: World, quick_hashes: None) -> None:
    auditor = signed_in(world, Role.AUDITOR)
    for query, told in (
        ("reference=12", "12 is no reference of a case"),
        ("first=yesterday", "Write a date like 2026-11-01."),
        ("first=2026-11-02&last=2026-11-01", "The span ends before it begins."),
        ("kind=nonsense", "Not a valid choice"),
        (f"words={'x' * 101}", "Take 100 characters or fewer."),
    ):
        page = auditor.get(f"/history?{query}")
        assert (page.status_code, told in page.text) == (400, True), query
    assert auditor.get("/history?before=999999").status_code == 404


@pytest.mark.on_both
def test_an_export_holds_what_is_asked_for_and_is_an_entry_with_its_hash(
    world: World, quick_hashes: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    auditor = signed_in(world, Role.AUDITOR)
    world.voicemail(attested=True)
    world.text(LEE, "NOTE 1001 =HYPERLINK(1)")
    shown = numbers(auditor.get("/history?reference=1001").text)

    lines = auditor.post("/history/export", file="jsonl", reference="1001")
    sheet = auditor.post("/history/export", file="csv", kind="noted")
    monkeypatch.setattr(history, "MOST_EXPORTED", 3)
    refused = auditor.post("/history/export", file="csv")

    found = [json.loads(line) for line in lines.text.splitlines()]
    assert [entry["number"] for entry in found] == shown
    assert {entry["case"] for entry in found} == {"1001"}
    assert lines.headers["Content-Disposition"].endswith('.jsonl"')
    [row] = csv.DictReader(io.StringIO(sheet.text))
    assert (row["kind"], row["actor"], row["at"][:10]) == ("noted", "person:lee", "2026-11-21")
    assert "more than 3 entries" in refused.text
    first, second = world.entries("history_exported")
    digest = hashlib.sha256(lines.data).hexdigest()
    assert (first.actor, first.details) == (
        "account:1",
        {
            "form": "jsonl",
            "entries": len(found),
            "sha256": digest,
            "asked": {"reference": "1001"},
        },
    )
    assert (second.details["form"], second.details["entries"], second.details["asked"]) == ("csv", 1, {"kind": "noted"})


@pytest.mark.thorough
@pytest.mark.on_both
def test_the_chain_is_checked_at_once_or_in_portions_and_every_day(
    world: World, quick_hashes: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    auditor = signed_in(world, Role.AUDITOR)
    world.voicemail(attested=True)
    world.advance(minutes=1)
    before = auditor.get("/history/chain").text
    at_once = auditor.post("/history/chain").text
    monkeypatch.setattr(audit, "AT_ONCE", 1)
    monkeypatch.setattr(audit, "_PORTION", 4)
    asked = auditor.post("/history/chain").text
    keep_house(world.program)
    going = auditor.get("/history/chain").text
    for _ in range(20):
        keep_house(world.program)
    done = auditor.get("/history/chain").text
    [head] = world.entries("head_published")
    checks = world.entries("history_checked")

    assert re.search(r"The first \d+ entries fit, checked .*; \d+ newer ones are not checked yet", words(before))
    assert "Whole." in words(at_once)
    assert "Checked: see below." in at_once
    assert "The check has begun." in asked
    assert re.search(r" 4 of \d+ entries so far", words(going))
    assert "Whole." in done
    assert head.details["hash"] in done
    assert "does not fit" not in done.split("Daily heads")[1]
    assert [check.actor for check in checks] == ["system", "account:1", "account:1"]
    assert checks[-1].details["entries"] == checks[-1].number - 1
    world.clock.tick(timedelta(days=1))
    keep_house(world.program)
    assert len(world.entries("head_published")) == 2


@pytest.mark.on_both
def test_a_history_that_was_changed_is_told_with_its_first_bad_entry(team: World, quick_hashes: None) -> None:
    manager = signed_in(team, Role.MANAGER)
    team.voicemail(attested=True)
    team.rewrite_history("UPDATE events SET hash = 'x'")
    page = words(manager.post("/history/chain").text)
    team.advance(seconds=5)

    assert "Not whole. Entry 1 does not fit: changed. The 0 before it do." in page
    assert "does not fit" in page.split("Daily heads")[1]
    assert any("entry 1 does not fit (changed)" in body for body in team.bodies("+16145550105"))
