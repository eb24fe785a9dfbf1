"""What is known of a dealer, changed by hand: each form is one row of the file that import takes."""

from __future__ import annotations

import hashlib
from typing import Any, ClassVar, get_args

from flask import flash, redirect, render_template, url_for
from werkzeug.wrappers import Response
from wtforms import BooleanField, Field, HiddenField, SelectChoice, SelectField, StringField
from wtforms.validators import Length

from triage.errors import NotFound, Refused, TriageError
from triage.policy.access import Permission
from triage.policy.dealer_files import COLUMNS, NEW_PIN, NO_PIN, SHARED, Key, Kind
from triage.policy.money_terms import PurchaseKind
from triage.policy.spreadsheet import as_cell
from triage.policy.term_words import PRODUCT_WORDS
from triage.policy.terms import Terms
from triage.services import dealer_files, dealers
from triage.services.dealer_files import Imported
from webhooks.console import console
from webhooks.console.access import needs, signed_in
from webhooks.console.forms import Form
from webhooks.console.layout import form_page
from webhooks.program import desk, program

PURCHASE_WORDS: dict[PurchaseKind, str] = {
    "hardware": "Hardware",
    "licence": "Licence",
    "prepaid": "Prepaid hours",
    "training": "Training",
    "other": "Other",
}
_TOO_LONG = Length(max=1000, message="Write less.")
_DAY = {"type": "date"}
_ALONE = {"autocomplete": "off"}


class RowForm(Form):
    """`seen` says what was there when the page was made: who changes something else meanwhile is not overwritten."""

    about: ClassVar[Kind]
    seen = HiddenField(validators=[_TOO_LONG])

    def cells(self) -> dict[str, str]:
        """What was written, by the columns of the file."""
        return {column: _as_text(self[column].data) for column in COLUMNS[self.about] if column in self}

    def fill(self, cells: dict[str, str]) -> None:
        """Show what is there."""
        for column in COLUMNS[self.about]:
            if column in self and column != "pin":
                field: Field = self[column]
                field.data = cells[column] == "yes" if isinstance(field, BooleanField) else cells[column]

    @property
    def first(self) -> Field:
        """The field that stands first."""
        return next(self[column] for column in COLUMNS[self.about] if column in self)

    def blame(self, done: Imported) -> None:
        """Put each fault to the field that it is about."""
        for fault in done.faults:
            field = self._fields.get(fault.key, self.first)
            field.errors = [*field.errors, f"{fault.reason[:1].upper()}{fault.reason[1:]}."]


class DealerForm(RowForm):
    about = "dealers"
    name = StringField("Name", [_TOO_LONG], render_kw=_ALONE)
    email = StringField("E-mail, for invoices", [_TOO_LONG], render_kw={**_ALONE, "type": "email"})
    joined_on = StringField("Dealer since", [_TOO_LONG], render_kw=_DAY)
    has_account = BooleanField("Has an account: may be billed afterwards (E6)")
    left_on = StringField("Left on", [_TOO_LONG], render_kw=_DAY)


class NewDealerForm(DealerForm):
    code = StringField("Code: accounting's customer number", [_TOO_LONG], render_kw=_ALONE)


class TechnicianForm(RowForm):
    about = "technicians"
    phones = StringField("Telephone numbers", [_TOO_LONG], render_kw={**_ALONE, "inputmode": "tel"})
    pin = SelectField("PIN, for calls from other telephones")
    left_on = StringField("Left on", [_TOO_LONG], render_kw=_DAY)


class NewTechnicianForm(TechnicianForm):
    name = StringField("Name", [_TOO_LONG], render_kw=_ALONE)


class SharedForm(RowForm):
    about = "technicians"
    phones = StringField("Telephone numbers", [_TOO_LONG], render_kw={**_ALONE, "inputmode": "tel"})


class SiteForm(RowForm):
    about = "sites"
    zone = StringField("Time zone", [_TOO_LONG], render_kw=_ALONE)
    product = SelectField("Product")
    software = StringField("Software release", [_TOO_LONG], render_kw=_ALONE)
    licence_until = StringField("Maintenance licence until", [_TOO_LONG], render_kw=_DAY)
    trunk = StringField("SIP trunks of", [_TOO_LONG], render_kw=_ALONE)


class NewSiteForm(SiteForm):
    name = StringField("Name", [_TOO_LONG], render_kw=_ALONE)


class PurchaseForm(RowForm):
    about = "purchases"
    date = StringField("Bought on", [_TOO_LONG], render_kw=_DAY)
    kind = SelectField("What", choices=[SelectChoice(kind, PURCHASE_WORDS[kind]) for kind in get_args(PurchaseKind)])
    amount = StringField("Amount, in dollars", [_TOO_LONG], render_kw={**_ALONE, "inputmode": "decimal"})
    reference = StringField("Reference: the number of the invoice", [_TOO_LONG], render_kw=_ALONE)


@console.route("/dealers/new", methods=["GET", "POST"])
@needs(Permission.CHANGE_DEALERS)
def add_dealer() -> Response | tuple[str, int]:
    form = NewDealerForm()
    code = (form.code.data or "").strip()
    return _row(form, code, {}, title="Add a dealer", back=url_for("console.list_dealers"))


@console.route("/dealers/<dealer:code>/change", methods=["GET", "POST"])
@needs(Permission.CHANGE_DEALERS)
def change_dealer(code: str) -> Response | tuple[str, int]:
    before = _known("dealers", (code.casefold(),))
    return _row(DealerForm(), before["code"], before, title=f"Change {before['name']}")


@console.route("/dealers/<dealer:code>/technicians/new", methods=["GET", "POST"])
@needs(Permission.CHANGE_DEALERS)
def add_dealer_technician(code: str) -> Response | tuple[str, int]:
    dealer, form = _dealer(code), NewTechnicianForm()
    form.pin.choices = [SelectChoice("", "None"), SelectChoice(NEW_PIN, "A new one, shown once")]
    return _row(form, dealer["code"], {}, title=f"Add a technician of {dealer['name']}", part="technicians")


@console.route("/dealers/<dealer:code>/technicians/<int:number>", methods=["GET", "POST"])
@needs(Permission.CHANGE_DEALERS)
def change_dealer_technician(code: str, number: int) -> Response | tuple[str, int]:
    dealer, form = _dealer(code), TechnicianForm()
    found = _of(dealer["technicians"], number)
    form.pin.choices = [SelectChoice("", "Keep it" if found["has_pin"] else "None")]
    form.pin.choices += [SelectChoice(NEW_PIN, "A new one, shown once")]
    form.pin.choices += [SelectChoice(NO_PIN, "None")] if found["has_pin"] else []
    before = _known("technicians", (dealer["code"].casefold(), found["name"].casefold()))
    return _row(form, dealer["code"], before, title=f"Change {found['name']}", part="technicians")


@console.route("/dealers/<dealer:code>/shared-numbers", methods=["GET", "POST"])
@needs(Permission.CHANGE_DEALERS)
def change_shared_numbers(code: str) -> Response | tuple[str, int]:
    """Numbers of lines that several people of a dealer use."""
    dealer = _dealer(code)
    before = dealer_files.cells_of(desk(), "technicians", (dealer["code"].casefold(), SHARED))
    shared = before or {"dealer": dealer["code"], "name": SHARED, "phones": "", "pin": "", "left_on": ""}
    title = f"Numbers that several of {dealer['name']} use"
    return _row(SharedForm(), dealer["code"], shared, title=title, part="technicians", is_new=not before)


@console.route("/dealers/<dealer:code>/sites/new", methods=["GET", "POST"])
@needs(Permission.CHANGE_DEALERS)
def add_site(code: str) -> Response | tuple[str, int]:
    dealer, form = _dealer(code), NewSiteForm()
    form.product.choices = _products(desk().terms, "")
    return _row(form, dealer["code"], {}, title=f"Add a site of {dealer['name']}", part="sites")


@console.route("/dealers/<dealer:code>/sites/<int:number>", methods=["GET", "POST"])
@needs(Permission.CHANGE_DEALERS)
def change_site(code: str, number: int) -> Response | tuple[str, int]:
    dealer, form = _dealer(code), SiteForm()
    found = _of(dealer["sites"], number)
    before = _known("sites", (dealer["code"].casefold(), found["name"].casefold()))
    form.product.choices = _products(desk().terms, before["product"])
    return _row(form, dealer["code"], before, title=f"Change {found['name']}", part="sites")


@console.route("/dealers/<dealer:code>/purchases/new", methods=["GET", "POST"])
@needs(Permission.CHANGE_DEALERS)
def add_purchase(code: str) -> Response | tuple[str, int]:
    """What a dealer bought or gave back. It stays: a mistake is put right by another one, below zero."""
    dealer = _dealer(code)
    return _row(PurchaseForm(), dealer["code"], {}, title=f"Add a purchase of {dealer['name']}", part="purchases")


def _row(
    form: RowForm,
    code: str,
    before: dict[str, str],
    *,
    title: str,
    part: str = "",
    is_new: bool | None = None,
    back: str = "",
) -> Response | tuple[str, int]:
    """The form, or what came of it. `before` is what is there; `part` of the dealer's page is what it is about."""
    back = back or url_for("console.show_dealer", code=code, _anchor=part or None)

    def page(error: TriageError | None = None) -> tuple[str, int]:
        form.seen.data = _seal(before)
        return form_page("dealer_form.html", form, error, title=title, back=back, columns=COLUMNS[form.about])

    if not form.is_submitted():
        if before:
            form.fill(before)
        return page()
    if not form.validate():
        return page()
    if form.seen.data != _seal(before):
        return page(Refused("Somebody changed this meanwhile. Look at it again: this is what you wrote."))
    cells = dict.fromkeys(COLUMNS[form.about], "") | {"dealer": code} | before | form.cells()
    try:
        done = dealer_files.write_row(
            desk(),
            form.about,
            cells,
            is_new=not before if is_new is None else is_new,
            actor=signed_in().actor,
            now=program().now(),
        )
    except Refused as error:
        return page(error)
    if done.faults:
        form.blame(done)
        return page()
    if done.pins:
        return render_template("dealer_pin.html", pins=done.pins, back=back), 200
    flash("Done." if any(change.what != "keep" for change in done.changes) else "Nothing had to be changed.")
    return redirect(url_for("console.show_dealer", code=code, _anchor=part or None), 303)


def _dealer(code: str) -> dict[str, Any]:
    return dealers.show_dealer(desk(), code, program().now())


def _known(kind: Kind, key: Key) -> dict[str, str]:
    found = dealer_files.cells_of(desk(), kind, key)
    if not found:
        raise NotFound("There is nothing of that name: open the page of the dealer and begin there.")
    return found


def _of(rows: list[dict[str, Any]], number: int) -> dict[str, Any]:
    found = next((row for row in rows if row["id"] == number), None)
    if found is None:
        raise NotFound("This dealer has none of that number: open its page and begin there.")
    return found


def _products(terms: Terms, present: str) -> list[SelectChoice]:
    named = {line: PRODUCT_WORDS[line] for line in PRODUCT_WORDS if line != "unknown"}
    known = named | {name: f"{name}, discontinued" for name in terms.products.discontinued.names}
    others = {present: present} if present not in known and present else {}
    return [SelectChoice(value, words) for value, words in ({"": "Not known"} | known | others).items()]


def _as_text(value: object) -> str:
    return as_cell(value if isinstance(value, bool) else str(value or ""))


def _seal(cells: dict[str, str]) -> str:
    return hashlib.sha256(repr(sorted(cells.items())).encode()).hexdigest()[:16]
