"""What a report is asked for, as a form and as an address: whoever gets the address asks the same question."""

from __future__ import annotations

from dataclasses import fields
from datetime import date, timedelta
from typing import Any

from flask import Response, request
from werkzeug.datastructures import MultiDict
from wtforms import DateField, SelectChoice, SelectField, StringField, ValidationError
from wtforms.validators import InputRequired

from triage.policy.calendar_groups import HOURS, WEEKDAYS, quick_spans
from triage.policy.hours import local
from triage.policy.numbers import read_number
from triage.policy.term_words import WINDOW_WORDS
from triage.services.accounts import people
from triage.services.recognition import known_dealers
from triage.services.report_exports import Export
from triage.services.sla_report import WINDOWS, Question
from webhooks.console.forms import Form
from webhooks.program import desk, program

YEARS = range(1970, 2201)
_MOST_YEARS = 10
_LONGEST = timedelta(days=366 * _MOST_YEARS)
_DAY = "Write a date like 2026-11-01."


class DayField(DateField):  # type: ignore[misc] # the library has no types
    """A day of a year that instants can be reckoned with; of any other text `data` is None."""

    data: Any

    def process_formdata(self, valuelist: list[str]) -> None:
        try:
            super().process_formdata(valuelist)
        except ValueError:
            raise ValueError(_DAY) from None
        if self.data is not None and self.data.year not in YEARS:
            self.data = None
            raise ValueError(f"Write a year from {YEARS[0]} to {YEARS[-1]}.")


def check_order(first: DayField, last: DayField) -> None:
    """Raises ValidationError where two good days are the wrong way round."""
    if first.data and last.data and last.data < first.data:
        raise ValidationError("The span ends before it begins.")


class SpanForm(Form):
    """Whole days of the contract's clock, both included. It only reads, so no token is needed.

    A report of centuries would keep the process busy that answers the phone.
    """

    class Meta:
        csrf = False

    first = DayField("From", [InputRequired(_DAY)])
    last = DayField("To, included", [InputRequired(_DAY)])

    def validate_last(self, field: DayField) -> None:
        check_order(self.first, field)
        if self.first.data and field.data and field.data - self.first.data > _LONGEST:
            raise ValidationError(f"A report covers {_MOST_YEARS} years at most: take fewer, then the others.")


class SlaForm(SpanForm):
    window = SelectField(
        "Window", choices=[SelectChoice("", "Any"), *(SelectChoice(name, WINDOW_WORDS[name]) for name in WINDOWS)],
        default="",
    )  # fmt: skip
    technician = SelectField("Technician", default="", validate_choice=False)
    caller = StringField("Caller's number", render_kw={"inputmode": "tel", "autocomplete": "off"})
    dealer = SelectField("Dealer", default="", validate_choice=False)
    weekday = SelectField(
        "Weekday", choices=[SelectChoice("", "Any"), *(SelectChoice(day, day.capitalize()) for day in WEEKDAYS)],
        default="",
    )  # fmt: skip
    hour = SelectField(
        "Hour", choices=[SelectChoice("", "Any"), *(SelectChoice(str(hour), f"{hour:02}:00") for hour in HOURS)],
        default="",
    )  # fmt: skip

    def validate_caller(self, field: StringField) -> None:
        if field.data and read_number(field.data) is None:
            raise ValidationError("Write a whole number like +16145550199.")


def span_form() -> SpanForm:
    return SpanForm(_asked())


def sla_form() -> SlaForm:
    """The form as it was asked; where nothing was, of the last seven days."""
    form = SlaForm(_asked())
    known = people(desk())
    if form.technician.data and form.technician.data not in dict(known):
        known = [*known, (form.technician.data, form.technician.data)]  # somebody who left had cases, too
    form.technician.choices = [SelectChoice("", "Any"), *(SelectChoice(value, label) for value, label in known)]
    form.dealer.choices = dealer_choices(form.dealer.data)
    return form


def dealer_choices(chosen: str | None) -> list[SelectChoice]:
    """Any dealer and each; also what an address names that is none: what becomes of it says so."""
    known = known_dealers(desk())
    if chosen and chosen not in dict(known):
        known = [*known, (chosen, chosen)]
    return [SelectChoice("", "Any"), *(SelectChoice(code, name) for code, name in known)]


def question(form: SlaForm) -> Question:
    """The question of a form that was found good."""
    return Question(
        first=form.first.data,
        last=form.last.data,
        window=form.window.data or None,
        technician=form.technician.data or None,
        caller=read_number(form.caller.data or ""),
        dealer=form.dealer.data or None,
        weekday=form.weekday.data or None,
        hour=int(form.hour.data) if form.hour.data else None,
    )


_PARTS = tuple(part.name for part in fields(Question))


def in_address(asked: Question, **narrowed: Any) -> dict[str, str]:
    """The question, narrowed further, as what stands after the ? of an address."""
    values = {name: getattr(asked, name) for name in _PARTS} | narrowed
    return {name: str(value) for name, value in values.items() if value is not None}


def quick(**kept: str) -> list[tuple[str, dict[str, str]]]:
    """The spans that are mostly asked for, each with what its address says; the rest of the question is kept."""
    return [(name, {**kept, "first": str(first), "last": str(last)}) for name, first, last in quick_spans(_today())]


def as_download(export: Export) -> Response:
    """A file that the browser keeps instead of showing it."""
    answer = Response(export.content, content_type=export.media_type)
    answer.headers.set("Content-Disposition", "attachment", filename=export.name)
    return answer


def _asked() -> MultiDict[str, str]:
    *_, (_, first, last) = quick_spans(_today())
    return MultiDict({"first": str(first), "last": str(last), **request.values.to_dict()})


def _today() -> date:
    return local(program().now(), desk().terms).date()
