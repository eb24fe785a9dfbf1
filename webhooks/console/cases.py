"""All cases ever, to find an old one: by reference, by number or dealer of the caller, by the days of its message."""

from __future__ import annotations

from typing import Any

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response
from wtforms import SelectChoice, SelectField, StringField, ValidationError
from wtforms.validators import Optional

from triage.policy.access import Permission
from triage.policy.board import Standing, standing
from triage.policy.lifecycle import CaseState
from triage.policy.numbers import read_number
from triage.services.accounts import people
from triage.services.case_search import Wanted, find_cases
from webhooks.console import console
from webhooks.console.access import needs
from webhooks.console.forms import Form
from webhooks.console.report_forms import DayField, check_order, dealer_choices
from webhooks.program import desk, program

_ANY, _OPEN, _CLOSED = "", "open", "closed"
_LONGEST_REFERENCE = 9


class CasesForm(Form):
    """It only reads, so no token is needed."""

    class Meta:
        csrf = False

    sought = StringField("Reference, or the caller's number", render_kw={"autocomplete": "off"})
    state = SelectField(
        "State",
        choices=[SelectChoice(_ANY, "Any"), SelectChoice(_OPEN, "Not closed"), SelectChoice(_CLOSED, "Closed")],
        default=_ANY,
    )
    dealer = SelectField("Dealer", default="", validate_choice=False)
    first = DayField("Left from", [Optional()])
    last = DayField("To, included", [Optional()])

    def validate_sought(self, field: StringField) -> None:
        if field.data and self.reference is None and read_number(field.data) is None:
            raise ValidationError("Write a reference like 1042, or a whole number like +16145550199.")

    def validate_last(self, field: DayField) -> None:
        check_order(self.first, field)

    @property
    def reference(self) -> str | None:
        text = (self.sought.data or "").strip().lstrip("#")
        return text if text.isdecimal() and text.isascii() and len(text) <= _LONGEST_REFERENCE else None


@console.get("/cases")
@needs(Permission.READ_CASES)
def list_cases() -> Response | tuple[str, int]:
    """The newest first, page by page. Who writes a reference is taken to its case."""
    form = CasesForm(request.args)
    form.dealer.choices = dealer_choices(form.dealer.data)
    if not form.validate():
        return render_template("cases.html", form=form, found=None), 400
    if form.reference is not None:
        return redirect(url_for("console.show_case", reference=form.reference), 303)
    wanted = Wanted(
        number=read_number(form.sought.data or ""),
        dealer=form.dealer.data or None,
        is_closed={_OPEN: False, _CLOSED: True}.get(form.state.data),
        first=form.first.data,
        last=form.last.data,
    )
    found, older = find_cases(desk(), wanted, before=request.args.get("before", type=int))
    address = {name: value for name, value in request.args.items() if value and name != "before"}
    names = dict(people(desk()))
    return render_template(
        "cases.html", form=form, found=found, older=older, address=address, names=names, standing=standing_now
    ), 200


def standing_now(case: dict[str, Any]) -> Standing:
    """In the words of the board."""
    state, now = CaseState(case["state"]), program().now()
    return standing(state, due=case["callback_due"], at_risk_at=case["at_risk_at"], now=now)
