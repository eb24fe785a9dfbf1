"""What people decide about a dealer's ledger: minutes put right with a reason, hours borrowed (C7)."""

from __future__ import annotations

import re

from flask import flash, redirect, url_for
from werkzeug.wrappers import Response
from wtforms import HiddenField, IntegerField, SelectChoice, SelectField, StringField
from wtforms.validators import InputRequired, Length, Optional

from triage.errors import MovedOn, NotFound, Refused, TriageError
from triage.policy.access import Permission
from triage.policy.lengths import in_hours
from triage.services import ledger_changes
from triage.services.dealer_page import account_of
from triage.services.ledger_changes import LONGEST_REASON
from triage.services.statements import ledger_of
from webhooks.console import console
from webhooks.console.access import needs, signed_in
from webhooks.console.forms import Form
from webhooks.console.layout import form_page
from webhooks.console.report_forms import DayField
from webhooks.program import desk, program

_NEW_LOT = ""


class CorrectForm(Form):
    """`seen` is the newest entry when the page was made: who sends it twice puts nothing right twice."""

    seen = HiddenField(validators=[InputRequired()])
    minutes = IntegerField("Minutes; below zero to take some away", [InputRequired("Write a number of minutes.")])
    lot = SelectField("Of")
    ends_on = DayField("Last day of new minutes", [Optional()])
    reason = StringField(
        "Reason",
        [InputRequired("Say why."), Length(max=LONGEST_REASON, message=f"Take {LONGEST_REASON} characters or fewer.")],
        render_kw={"autocomplete": "off"},
    )


class BorrowForm(Form):
    quarter = SelectField("To pay what was over in", validators=[InputRequired("Choose a quarter.")])
    most = IntegerField("Minutes at the most", [Optional()])


@console.route("/dealers/<dealer:code>/ledger/correct", methods=["GET", "POST"])
@needs(Permission.CHANGE_LEDGER)
def correct_ledger(code: str) -> Response | tuple[str, int]:
    """Give minutes, or take some away, as an entry with a reason."""
    newest = ledger_changes.newest_entry(desk(), code)
    found, form = ledger_of(desk(), code, program().now()), CorrectForm()
    lots = [(lot["lot"], f"{lot['words']}: {in_hours(lot['minutes'])} left") for lot in found["lots"]]
    form.lot.choices = [SelectChoice(_NEW_LOT, "New minutes"), *(SelectChoice(name, words) for name, words in lots)]

    def page(error: TriageError | None = None) -> tuple[str, int]:
        return form_page("ledger_correct.html", form, error, dealer=found, newest=newest)

    if not form.validate_on_submit() or not re.fullmatch("[0-9]{1,18}", form.seen.data):
        return page()
    try:
        ledger_changes.correct(
            desk(),
            code,
            form.minutes.data,
            form.reason.data,
            lot=form.lot.data or None,
            ends_on=form.ends_on.data,
            seen=int(form.seen.data),
            actor=signed_in().actor,
            now=program().now(),
        )
    except MovedOn as error:
        return page(_as_sentence(error))[0], 409
    except (NotFound, Refused) as error:
        return page(_as_sentence(error))
    flash(f"Put right: {in_hours(form.minutes.data)}.")
    return _back(found["dealer"])


@console.route("/dealers/<dealer:code>/ledger/borrow", methods=["GET", "POST"])
@needs(Permission.CHANGE_LEDGER)
def borrow_hours(code: str) -> Response | tuple[str, int]:
    """Hours of the next quarter pay what was over in this one."""
    now, form = program().now(), BorrowForm()
    found, account = ledger_of(desk(), code, now), account_of(desk(), code, now)
    over = {each["quarter"]: each["minutes"] for each in account.over}
    known = [found["quarter"], *(quarter for quarter in sorted(over, reverse=True) if quarter != found["quarter"])]
    words = {quarter: f"{quarter}: {in_hours(over.get(quarter, 0))} over" for quarter in known}
    form.quarter.choices = [SelectChoice(quarter, words[quarter]) for quarter in reversed(known)]

    def page(error: TriageError | None = None) -> tuple[str, int]:
        return form_page("ledger_borrow.html", form, error, dealer=found)

    if not form.validate_on_submit():
        return page()
    try:
        counts_at, minutes = ledger_changes.borrow(
            desk(), code, form.quarter.data, most=form.most.data, actor=signed_in().actor, now=now
        )
    except (NotFound, Refused) as error:
        return page(_as_sentence(error))
    is_ahead = counts_at > now
    flash("Asked. It counts once the quarter has ended." if is_ahead else f"Borrowed: {in_hours(minutes)}.")
    return _back(found["dealer"])


@console.post("/dealers/<dealer:code>/ledger/borrow/<quarter>/take-back")
@needs(Permission.CHANGE_LEDGER)
def take_back_borrowing(code: str, quarter: str) -> Response:
    """As if it had not been asked for."""
    try:
        ledger_changes.take_back_borrowing(desk(), code, quarter, actor=signed_in().actor, now=program().now())
    except Refused as error:
        raise _as_sentence(error) from None
    flash(f"Taken back: nothing is borrowed for {quarter}.")
    return _back(code)


def _back(code: str) -> Response:
    return redirect(url_for("console.show_dealer", code=code, _anchor="ledger"), 303)


def _as_sentence(error: TriageError) -> TriageError:
    words = str(error)
    return type(error)(words[:1].upper() + words[1:].rstrip(".") + ".")
