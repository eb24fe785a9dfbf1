"""What people do with a case on its page: the same as by text, once, for the case as they saw it."""

from __future__ import annotations

import hashlib
import io
import re
from html import unescape
from zipfile import ZipFile

import pytest
from werkzeug.test import TestResponse

from tests.support.callbacks import call_back
from tests.support.fixtures import DANA, LEE
from tests.support.visitor import Visitor, signed_in
from tests.support.world import CALLER, World
from triage.policy.access import Role


def act(visitor: Visitor, what: str, *, see: bool = True, **fields: str) -> TestResponse:
    """Look at case 1001 and press a button of it; the page after that."""
    page = visitor.get("/cases/1001").text if see else visitor.last
    found = re.search(r'name="seen" value="(\d+)"', page)
    assert found, "there is no form"
    return visitor.post(f"/cases/1001/{what}", follows=True, seen=found[1], **fields)


def said(page: TestResponse) -> str:
    """What the page says was done, or why it was not."""
    return " ".join(unescape(word) for word in re.findall(r'<p class="note (?:good|bad)"[^>]*>(.*?)</p>', page.text))


def offered(page: TestResponse) -> set[str]:
    return set(re.findall(r'action="/cases/1001/([a-z-]+)"', page.text))


@pytest.mark.on_both
def test_a_case_is_taken_noted_tried_and_closed_on_its_page_as_by_text(world: World, quick_hashes: None) -> None:
    lee = signed_in(world, Role.TECHNICIAN, "lee")
    world.voicemail(attested=True)

    assert said(act(lee, "take")) == "You have it. Call by 11:30 PM EST, 119 min left."
    assert said(act(lee, "note", note="<i>site</i> has two gateways")) == "The note is part of the history."
    assert said(act(lee, "attempt")) == "The attempt is on record, by your word. Try again in 10 minutes."
    world.advance(minutes=20)
    missing = act(lee, "close", work="new card")
    too_many = act(lee, "close", minutes="500", work="new card")
    closed = act(lee, "close", minutes="35", work="new card")

    assert said(too_many).startswith("That is more than the policy believes of one session.")
    assert "That many minutes are meant" in too_many.text
    assert missing.status_code == 400
    assert "Write whole minutes" in missing.text
    assert "new card</textarea>" in missing.text
    assert said(closed).startswith("The case is closed: 35 min, $247.50 at the after-hours rate. That is longer than")
    assert "&lt;i&gt;site&lt;/i&gt; has two gateways" in closed.text
    case = world.case()
    assert (case["state"], case["owner"], case["callback_basis"]) == ("closed", "lee", "stated")
    done = [(entry["kind"], entry["actor"]) for entry in case["events"] if entry["kind"] in KINDS]
    assert done == [(kind, "account:1") for kind in ("acknowledged", "noted", "attempted", "called_back", "closed")]
    assert offered(closed) == {"note"}


def test_a_note_that_is_sent_again_from_the_same_page_is_recorded_once(world: World, quick_hashes: None) -> None:
    lee, dana = signed_in(world, Role.TECHNICIAN, "lee"), signed_in(world, Role.TECHNICIAN, "dana")
    world.voicemail(attested=True)
    for visitor in (lee, dana):
        page = visitor.get("/cases/1001").text
    found = re.search(r'name="seen" value="(\d+)"', page)
    assert found

    first = lee.post("/cases/1001/note", follows=True, seen=found[1], note="gate code 12")
    again = lee.post("/cases/1001/note", follows=True, seen=found[1], note="gate code 12 ")
    act(dana, "note", see=False, note="gate code 12")
    act(lee, "note", note="gate code 12")

    assert said(first) == "The note is part of the history."
    assert said(again) == "The note is part of the history already."
    told = [(entry.actor, entry.details["text"]) for entry in world.entries("noted")]
    assert told == [(account, "gate code 12") for account in ("account:1", "account:2", "account:1")]


KINDS = {"acknowledged", "noted", "attempted", "called_back", "closed", "handed_over"}


def test_who_acts_on_an_old_page_is_told_who_did_what_and_nothing_is_done(world: World, quick_hashes: None) -> None:
    manager = signed_in(world, Role.MANAGER, "maria")
    world.voicemail(attested=True)
    page = manager.get("/cases/1001")
    world.text(LEE, "ACK")

    refused = act(manager, "hand-over", see=False, person="dana")

    assert refused.status_code == 409
    assert said(refused).startswith("Not done, as the case moved on: 9:31 PM EST Taken by a technician (Lee Okafor).")
    assert '<option selected value="dana">' in refused.text
    forged = manager.post("/cases/1001/hand-over", seen="2000000000", person="dana")
    assert (forged.status_code, "does not show the case as it is" in said(forged)) == (409, True)
    assert world.case()["owner"] == "lee"
    assert offered(page) == {"take", "call", "attempt", "close", "hand-over", "note", "pack"}
    assert said(act(manager, "hand-over", see=False, person="dana")).startswith("Dana Whitfield has it now")


def test_a_case_is_handed_over_by_name_and_all_concerned_are_told(team: World, quick_hashes: None) -> None:
    world = team
    lee, manager = signed_in(world, Role.TECHNICIAN, "lee"), signed_in(world, Role.MANAGER)
    world.voicemail(attested=True)
    asked = act(manager, "hand-over", person="dana")
    world.advance(seconds=2)
    called = [call.to for call in world.phones.calls() if call.direction == "outbound-api"]

    assert said(asked) == "Dana Whitfield is alerted now. Nobody has the case until somebody takes it."
    assert world.bodies(DANA)[-1].startswith("FOR YOU 1001 overnight: +16145550199")
    assert called == [DANA]
    assert world.case()["owner"] is None
    world.text(LEE, "ACK")
    due = world.case()["callback_due"]

    given = act(lee, "hand-over", person="dana")
    world.advance(seconds=2)

    assert said(given) == "Dana Whitfield has it now, and was told by text. The time of the promise runs on."
    assert "Technician <b> gave it to you. Call by 11:3" in world.bodies(DANA)[-1]
    assert world.bodies(LEE)[-1].endswith("Dana has it now. Nothing for you to do.")
    assert (world.case()["owner"], world.case()["callback_due"]) == ("dana", due)
    world.advance(minutes=46)  # what was left of Lee's span for a callback is over
    assert world.case()["state"] == "open"


@pytest.mark.thorough
def test_call_now_rings_ones_own_phone_and_puts_one_through(world: World, quick_hashes: None) -> None:
    lee, unknown = signed_in(world, Role.TECHNICIAN, "lee"), signed_in(world, Role.ADMINISTRATOR)
    world.phones.add_phone(CALLER, "Caller", talks_for=125)
    world.phones.set_keys(LEE, "1")
    world.voicemail(attested=True)

    page = lee.get("/cases/1001").text
    called = act(lee, "call")
    world.advance(minutes=6)
    closed = act(lee, "close", minutes="", work="")

    assert f"We ring your phone, {LEE}. Press 1 on it, and it is put through to {CALLER}." in page
    assert said(called).startswith(f"Your phone, {LEE}, rings now.")
    assert said(closed) == "The case is closed: 3 min, $247.50 at the after-hours rate."
    assert world.case()["callback_basis"] == "measured"
    assert offered(unknown.get("/cases/1001")) == {"correct", "note", "pack", "reopen"}
    assert "Your account names nobody of the roster." in unknown.get("/cases/1001").text


def test_a_dispute_pack_is_taken_by_who_reads_the_history_and_says_what_was_checked(
    world: World, quick_hashes: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    auditor = signed_in(world, Role.AUDITOR)
    technician = signed_in(world, Role.TECHNICIAN)
    world.voicemail(attested=True)
    world.advance(minutes=1)

    assert offered(auditor.get("/cases/1001")) == {"pack"}
    taken = auditor.post("/cases/1001/pack")
    refused = [auditor.post("/cases/1001/take", seen="1"), technician.post("/cases/1001/pack")]
    monkeypatch.setattr("triage.services.case_pack.MOST_CHECKED_AT_ONCE", 1)
    quick = auditor.post("/cases/1001/pack")

    with ZipFile(io.BytesIO(taken.data)) as whole, ZipFile(io.BytesIO(quick.data)) as short:
        assert {"case.pdf", "case.json", "policy.json", "SHA256SUMS"} < set(whole.namelist()) == set(short.namelist())
    assert taken.headers["Content-Disposition"] == "attachment; filename=case-1001.zip"
    assert [answer.status_code for answer in refused] == [403, 403]
    hashes = [entry.details["sha256"] for entry in world.entries("case_exported")]
    assert hashes == [hashlib.sha256(answer.data).hexdigest() for answer in (taken, quick)]
    assert {entry.actor for entry in world.entries("case_exported")} == {"account:1"}


@pytest.mark.thorough
def test_a_manager_corrects_a_bill_with_a_reason_and_the_report_says_so(world: World, quick_hashes: None) -> None:
    manager, lee = signed_in(world, Role.MANAGER), signed_in(world, Role.TECHNICIAN, "lee")
    world.voicemail(attested=True)
    world.advance(minutes=70)
    world.text(LEE, "DONE 35 card")

    before = offered(manager.get("/cases/1001"))
    nameless = act(manager, "correct", typed="35", rate="standard", reason=" ")
    same = act(manager, "correct", typed="35", rate="after_hours", reason="why not")
    rated = act(manager, "correct", typed="35", rate="standard", reason="booked <ahead>, E7")
    many = act(manager, "correct", typed="999", rate="standard", reason="typo")
    meant = act(manager, "correct", typed="999", rate="standard", reason="a weekend", sure="y")
    free = act(manager, "correct", typed="70", rate="not_billed", reason="goodwill")

    assert {"correct", "reopen"} <= before
    assert not {"correct", "reopen"} & offered(lee.get("/cases/1001"))
    assert (nameless.status_code, same.status_code) == (400, 409)
    assert said(rated) == "Corrected: 35 min, $123.75 at the standard rate. Before: $247.50."
    assert "after it was closed: booked &lt;ahead&gt;, E7" in rated.text
    assert (many.status_code, "That many minutes are meant" in many.text) == (409, True)
    assert said(many).startswith("That is more than the policy believes of one session.")
    assert said(meant).startswith("Corrected: 999 min,")
    assert said(meant).endswith("That is longer than there was time for since the message: marked as doubtful.")
    assert said(free).startswith("Corrected: 70 min, not billed.")
    first = world.entries("session_corrected")[0]
    assert (first.actor, first.details["reason"]) == ("account:1", "booked <ahead>, E7")
    assert [first.details[when]["rate"] for when in ("before", "after")] == ["after_hours", "standard"]
    assert first.details["after"]["clauses"] == ["W3", "W6", "R2"]


@pytest.mark.thorough
def test_a_wrongly_closed_case_is_alerted_again_by_its_first_deadline(team: World, quick_hashes: None) -> None:
    world = team
    manager = signed_in(world, Role.MANAGER)
    world.voicemail(attested=True)
    due = world.case()["callback_due"]
    world.advance(minutes=20)
    world.text(LEE, "DONE 35 card")
    assert "The promise was kept" in manager.get("/cases/1001").text

    opened = act(manager, "reopen", called="no", because="Lee meant 1002")
    world.advance(seconds=2)

    assert said(opened).startswith("The case waits for a callback again.")
    case = world.case()
    assert (case["state"], case["callback_due"], case["callback_made_at"], case["sessions"]) == ("open", due, None, [])
    assert "Manager <b> reopened it: Lee meant 1002. They wait for a call again." in world.bodies(LEE)[-2]
    assert world.bodies(LEE)[-1].startswith("NO CALLBACK YET 1001 overnight:")
    world.advance(hours=2)
    assert world.case()["breached_at"] == due
    assert '<span class="tag overdue">overdue</span>' in manager.get("/cases/1001").text


@pytest.mark.thorough
def test_a_measured_callback_stands_when_its_case_is_reopened_and_is_billed_once(
    world: World, quick_hashes: None
) -> None:
    manager = signed_in(world, Role.MANAGER, "maria")
    world.voicemail(attested=True)
    call_back(world)
    world.text(LEE, "DONE card")

    refused = act(manager, "reopen", called="no", because="no")
    opened = act(manager, "reopen", called="yes", because="work goes on")
    closed = act(manager, "close", minutes="70", work="more")

    assert refused.status_code == 400
    assert said(opened) == "The case is open again until somebody closes it."
    assert said(closed).startswith("The case is closed: 73 min, $371.25 at the after-hours rate.")
    [work] = world.case()["sessions"]
    assert (work["measured_s"], work["stated_minutes"], len(work["lines"])) == (125, 70, 1)
    assert world.entries("reopened")[0].details["before"]["billed"] == ["247.50"]
    assert "The promise was kept" in closed.text
