"""The contract in plain words: what a message gets, the nights ahead, every rule, and how versions differ."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import islice

from flask import render_template, request
from werkzeug.datastructures import MultiDict
from wtforms import BooleanField, SelectChoice, SelectField, TimeField
from wtforms.validators import InputRequired

from triage.policy.access import Permission
from triage.policy.contract_figures import by_rule, by_table
from triage.policy.hours import holidays_on, instant, is_support_day, local
from triage.policy.intake import Message, sort
from triage.policy.nights import nights, unusual
from triage.policy.owed_words import owed
from triage.policy.term_words import PRODUCT_WORDS
from triage.services import contract_versions
from webhooks.console import console
from webhooks.console.access import needs
from webhooks.console.forms import Form
from webhooks.console.report_forms import DayField
from webhooks.program import desk, program

_NIGHTS = 7
_A_YEAR = timedelta(days=365)
_PRODUCTS = [SelectChoice(line, words or "Not said") for line, words in PRODUCT_WORDS.items()]


class WhenForm(Form):
    """Asked by its address, so that an answer can be sent to somebody: it changes nothing and carries no token."""

    class Meta:
        csrf = False

    on = DayField("Day", [InputRequired("Write a day, such as 2026-11-01.")], render_kw={"type": "date"})
    at = TimeField("Time, Eastern", [InputRequired("Write a time, such as 01:30.")], render_kw={"type": "time"})
    product = SelectField("Product", choices=_PRODUCTS, default="unknown")
    emergency = BooleanField("Emergency key pressed")
    attested = BooleanField("On site, troubleshooting done")


@console.get("/policy")
@needs(Permission.READ_POLICY)
def show_policy() -> tuple[str, int]:
    """The contract as the daemon reads it. With `on` and `at` in the address, what a message left then would get."""
    now, terms = program().now(), desk().terms
    here = local(now, terms)
    is_asked = "on" in request.args
    given = request.args if is_asked else MultiDict({"on": f"{here:%Y-%m-%d}", "at": f"{here:%H:%M}"})
    form = WhenForm(given)
    is_valid = form.validate()
    moment = instant(form.on.data, form.at.data, terms) if is_valid else now
    found = contract_versions.figures_in_force(desk())
    page = render_template(
        "policy.html",
        now=now,
        here=here,
        sentence=_owed(Message(answered_at=now, left_at=now), now),
        form=form,
        then=moment if is_asked and is_valid else None,
        answer=_owed(_message(form, moment), now) if is_asked and is_valid else None,
        aside=_aside(form, moment) if is_asked and is_valid else "",
        nights=list(islice(nights(now, terms), _NIGHTS)),
        unusual=unusual(now, terms, _A_YEAR),
        rules=by_rule(terms, found),
        tables=by_table(found),
        version=terms.version,
    )
    return page, 400 if is_asked and not is_valid else 200


@console.get("/policy/versions")
@needs(Permission.READ_POLICY)
def list_versions() -> str:
    """Every contract that a case ever began with."""
    return render_template(
        "policy_versions.html", versions=contract_versions.list_versions(desk()), in_force=desk().terms.version
    )


@console.get("/policy/versions/<first>/<second>")
@needs(Permission.READ_POLICY)
def show_differences(first: str, second: str) -> str:
    """What the second of two contracts says otherwise than the first."""
    found = contract_versions.differences(desk(), first, second)
    return render_template("policy_differences.html", first=first, second=second, found=found)


def _message(form: WhenForm, moment: datetime) -> Message:
    return Message(
        answered_at=moment,
        left_at=moment,
        product=form.product.data,
        emergency=form.emergency.data,
        attested=form.attested.data or None,
    )


def _owed(message: Message, now: datetime) -> str:
    terms = desk().terms
    return owed(message, sort(message, terms), now, terms)


def _aside(form: WhenForm, moment: datetime) -> str:
    """What is to be said of an hour that the clock shows twice, or never, and of a holiday that is no closed day."""
    terms = desk().terms
    here = local(moment, terms)
    said = []
    if here.replace(tzinfo=None) != datetime.combine(form.on.data, form.at.data):
        said.append(f"Clocks go forward over that time: {here:%-I:%M %p %Z} is meant.")
    elif here.replace(fold=1).utcoffset() != here.utcoffset():
        said.append(f"The clock shows that time twice: the first, {here:%Z}, is meant.")
    if is_support_day(here.date(), terms):
        said += [
            f"{name} is not among the closed days: it has support hours." for name in holidays_on(here.date(), terms)
        ]
    return " ".join(said)
