"""Taking dealers, technicians, sites and purchases from a file: what it changes is shown first, and every bad row."""

from __future__ import annotations

import hashlib
from typing import get_args

from flask import flash, redirect, render_template, url_for
from flask_wtf.file import FileField
from werkzeug.wrappers import Response
from wtforms import HiddenField, SelectChoice, SelectField, TextAreaField

from triage.errors import Refused, TriageError
from triage.policy.access import Permission
from triage.policy.dealer_changes import Change
from triage.policy.dealer_files import COLUMNS, MOST_BYTES, Kind
from triage.policy.spreadsheet import as_cell
from triage.services import dealer_files
from triage.services.dealer_files import Imported
from triage.services.report_exports import MEDIA_TYPES, Export
from webhooks.console import console
from webhooks.console.access import LARGEST_BODY, needs, signed_in
from webhooks.console.forms import Form
from webhooks.console.layout import form_page
from webhooks.console.report_forms import as_download
from webhooks.program import desk, program

_KIND_WORDS: dict[Kind, str] = {
    "dealers": "Dealers",
    "technicians": "Technicians",
    "sites": "Sites",
    "purchases": "Purchases",
}
_MOST_SHOWN = 200


class ImportForm(Form):
    """`text` is the file again, once what it changes was seen; `seal` says what that was."""

    kind = SelectField("What is in it", choices=[SelectChoice(kind, words) for kind, words in _KIND_WORDS.items()])
    file = FileField("File (.csv)", render_kw={"accept": ".csv,text/csv"})
    text = TextAreaField()
    seal = HiddenField()


@console.get("/dealers/import")
@needs(Permission.CHANGE_DEALERS)
def import_dealers_page() -> tuple[str, int]:
    """A file to choose, and what is there to take away."""
    return _page(ImportForm())


@console.post("/dealers/import")
@needs(Permission.CHANGE_DEALERS, largest=LARGEST_BODY)
def import_dealers() -> Response | tuple[str, int]:
    """First what the file would change, then the change; all of it or nothing."""
    form = ImportForm()
    if not form.validate():
        return _page(form)
    content = form.text.data.replace("\r\n", "\n").encode() if form.seal.data else _sent(form)
    kind: Kind = form.kind.data
    try:
        found = _import(kind, content, is_dry_run=True)
        if form.seal.data != _seal(found) or found.faults:
            is_new = bool(form.seal.data) and not found.faults
            moved = Refused("Something changed meanwhile: look at what the file changes now.") if is_new else None
            return _preview(found, content, moved)
        done = _import(kind, content, is_dry_run=False)
    except Refused as error:
        return _page(form, error)
    if done.faults:
        return _preview(done, content)
    if done.pins:
        return render_template("dealer_pin.html", pins=done.pins, back=url_for("console.list_dealers")), 200
    flash(f"Imported: {_sum(done)}.{done.later_in_words()}")
    return redirect(url_for("console.list_dealers"), 303)


@console.post("/dealers/export/<kind>")
@needs(Permission.CHANGE_DEALERS)
def export_dealers(kind: str) -> Response:
    """All there is of a kind, as the file that import takes. Who took it is part of the history."""
    if kind not in _KIND_WORDS:
        raise Refused("There is no such file: open the page of the import and choose one there.")
    known: Kind = next(each for each in get_args(Kind) if each == kind)
    text = dealer_files.export_file(desk(), known, actor=signed_in().actor, now=program().now())
    return as_download(Export(f"{known}.csv", MEDIA_TYPES["csv"], text.encode()))


def _import(kind: Kind, content: bytes, *, is_dry_run: bool) -> Imported:
    return dealer_files.import_file(
        desk(), kind, content, is_dry_run=is_dry_run, actor=signed_in().actor, now=program().now()
    )


def _sent(form: ImportForm) -> bytes:
    return form.file.data.read(MOST_BYTES + 1) if form.file.data else b""


def _page(form: ImportForm, error: TriageError | None = None) -> tuple[str, int]:
    return form_page("dealer_import.html", form, error, kinds=_KIND_WORDS, columns=COLUMNS, most=MOST_BYTES // 1024)


def _preview(found: Imported, content: bytes, error: TriageError | None = None) -> tuple[str, int]:
    shown = [change for change in found.changes if change.what != "keep"]
    page = render_template(
        "dealer_preview.html",
        error=error,
        found=found,
        sum=_sum(found),
        words=_KIND_WORDS[found.kind].lower(),
        shown=[(change, _named(found.kind, change)) for change in shown[:_MOST_SHOWN]],
        others=len(shown[_MOST_SHOWN:]),
        text=content.decode("utf-8-sig"),
        seal=_seal(found),
    )
    return page, 400 if found.faults or error else 200


def _named(kind: Kind, change: Change) -> str:
    """Whom a row is about."""
    values = change.row.values
    if kind == "purchases":
        return f"{values['dealer']}, {values['date']}"
    return ", ".join(as_cell(values[column]) for column in COLUMNS[kind][: 1 if kind == "dealers" else 2])


def _sum(found: Imported) -> str:
    words = {"add": "new", "change": "changed", "keep": "unchanged"}
    return ", ".join(f"{found.count(what):,} {word}" for what, word in words.items())


def _seal(found: Imported) -> str:
    """What a preview showed. A change of something else on the way does not count."""
    said = repr([(change.row.line, change.what, change.fields) for change in found.changes])
    return hashlib.sha256(f"{found.kind} {said}".encode()).hexdigest()
