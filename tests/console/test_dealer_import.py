"""Files of dealers in the console: what they change is seen first, bad rows are told, and it is all or nothing."""

from __future__ import annotations

import html
import io
import re
from collections.abc import Mapping

import pytest
from werkzeug.test import TestResponse

from tests.support.dealers import add_dealer
from tests.support.visitor import Visitor, signed_in
from tests.support.world import PUBLIC_URL, World
from triage.policy.access import Role
from triage.services.dealer_list import find_dealers
from webhooks.console.access import LARGEST_BODY

pytestmark = pytest.mark.usefixtures("quick_hashes")

BODY = "multipart/form-data; boundary=x"
DEALERS = "code,name,email,joined_on,has_account,left_on\r\n"


def test_what_a_file_changes_is_shown_before_it_is_done(world: World) -> None:
    add_dealer(world, "ACME")
    boss = signed_in(world, Role.MANAGER)

    rows = 'ACME,"Acme ""&"" Sons",,,yes,\r\nZED,Zed Systems,,2026-11-02,no,\r\n'
    preview = sent(boss, "dealers", f"{DEALERS}{rows}")
    assert "Of the dealers in the file: 1 new, 1 changed, 0 unchanged. Nothing is changed yet." in preview.text
    assert "<del>Acme Telephone</del> to Acme &#34;&amp;&#34; Sons" in preview.text
    assert names(world) == ["Acme Telephone"]

    assert "Imported: 1 new, 1 changed, 0 unchanged." in confirmed(boss, preview).text
    assert names(world) == ['Acme "&" Sons', "Zed Systems"]
    assert "0 new, 0 changed, 2 unchanged" in sent(boss, "dealers", f"{DEALERS}{rows}").text


def test_every_bad_row_is_told_and_nothing_is_taken(world: World) -> None:
    boss = signed_in(world, Role.MANAGER)

    answer = sent(boss, "dealers", f"{DEALERS}A 1,One,,,yes,\nB,Two,,soon,maybe,\nC,Three,,,yes,\n")
    assert answer.status_code == 400
    assert re.findall(r'</span>(\d+)</th><td data-label="Column">(\w+)<', answer.text) == [
        ("2", "code"),
        ("3", "joined_on"),
        ("3", "has_account"),
    ]
    assert "Mend these 3 cells" in answer.text
    assert names(world) == []
    assert "name the columns" in sent(boss, "dealers", "a,b\n").text
    assert "not in UTF-8" in sent(boss, "dealers", b"\xff\xfe").text
    assert "name the columns" in sent(boss, "dealers", "").text


def test_what_changed_since_the_preview_is_shown_again(world: World) -> None:
    boss = signed_in(world, Role.MANAGER)
    preview = sent(boss, "dealers", f"{DEALERS}ACME,Acme,,,yes,\n")
    add_dealer(world, "ACME")

    again = confirmed(boss, preview)
    assert (again.status_code, "Something changed meanwhile" in again.text) == (400, True)
    assert names(world) == ["Acme Telephone"]
    assert "Imported: 0 new, 1 changed" in confirmed(boss, again).text


@pytest.mark.thorough
def test_a_long_file_is_read_for_whoever_may_import_and_for_nobody_else(world: World) -> None:
    add_dealer(world, "ACME")
    bought = [f"ACME,2026-11-02,10.00,other,{'x' * 50}{number}\n" for number in range(1500)]
    long = "dealer,date,amount,kind,reference\n" + "".join(bought)
    boss = signed_in(world, Role.MANAGER)

    preview = sent(boss, "purchases", long)
    assert "1,500 new" in preview.text
    assert "And 1,300 more." in preview.text
    assert "Imported: 1,500 new" in confirmed(boss, preview).text
    assert sent(signed_in(world, Role.TECHNICIAN, "lee"), "purchases", long).status_code == 403
    assert sent(Visitor(world.app), "purchases", long).status_code == 413
    body = b"x" * (LARGEST_BODY + 1)
    assert boss.client.post("/dealers/import", data=body, base_url=PUBLIC_URL, content_type=BODY).status_code == 413


def test_pins_that_an_import_makes_are_shown_once_and_an_export_has_none(world: World) -> None:
    add_dealer(world, "ACME")
    boss = signed_in(world, Role.MANAGER)

    preview = sent(boss, "technicians", "dealer,name,phones,pin,left_on\nACME,Jo Park,+16145550111,new,\n")
    pin = re.search(r"<code>(\d{6})</code>", confirmed(boss, preview).text)
    assert pin
    boss.get("/dealers/import")
    file = boss.post("/dealers/export/technicians")
    assert file.text.splitlines() == ["dealer,name,phones,pin,left_on", "ACME,Jo Park,'+16145550111,,"]
    assert file.headers["Content-Disposition"] == "attachment; filename=technicians.csv"
    assert "0 new, 0 changed, 1 unchanged" in sent(boss, "technicians", file.text).text


def sent(visitor: Visitor, kind: str, content: str | bytes) -> TestResponse:
    """A file that was chosen in the form."""
    visitor.get("/dealers/import")
    raw = content.encode() if isinstance(content, str) else content
    fields = {"csrf_token": token_of(visitor.last), "kind": kind, "file": (io.BytesIO(raw), "some.csv")}
    return posted(visitor, fields)


def confirmed(visitor: Visitor, preview: TestResponse) -> TestResponse:
    """The form of the preview as a browser sends it: each new line in two characters."""
    hidden = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', preview.text)
    fields = {name: html.unescape(value).replace("\r\n", "\n").replace("\n", "\r\n") for name, value in hidden}
    answer = posted(visitor, fields)
    return visitor.get(answer.headers["Location"]) if answer.status_code == 303 else answer


def posted(visitor: Visitor, fields: Mapping[str, object]) -> TestResponse:
    return visitor.client.post(
        "/dealers/import",
        data=fields,
        base_url=PUBLIC_URL,
        content_type="multipart/form-data",
        headers={"User-Agent": "Firefox/145.0 (X11; Linux)"},
    )


def token_of(page: str) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    return found[1] if found else ""


def names(world: World) -> list[str]:
    return [line.name for line in find_dealers(world.program.desk)]
