"""On-call: who has it now and next, what nobody has, and the calendar."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from flask import request
from werkzeug.datastructures import MultiDict
from wtforms import DateField, SelectChoice, SelectField
from wtforms.validators import ValidationError

from triage.policy.access import Permission
from triage.policy.on_call_calendar import month_span, week_span
from triage.policy.wall_clock import instants_of, on_wall
from triage.services.on_call import OnCall, on_call, on_call_days
from triage.services.roster_changes import roster_in_force
from webhooks.console import console
from webhooks.console.access import needs
from webhooks.console.forms import Form
from webhooks.console.layout import form_page
from webhooks.console.roster_forms import YEARS, MomentField, words_of
from webhooks.program import desk, program


class _Asked(Form):
    """It only reads, so no token is needed."""

    class Meta:
        csrf = False


class AtForm(_Asked):
    at = MomentField("Who is on call at")


class CalendarForm(_Asked):
    start = DateField("Day", name="from")
    by = SelectField("Show", choices=[SelectChoice("week", "A week"), SelectChoice("month", "A month")], default="week")

    def validate_start(self, field: DateField) -> None:
        if field.data and field.data.year not in YEARS:
            raise ValidationError(f"Write a year from {YEARS[0]} to {YEARS[-1]}.")


@console.get("/on-call")
@needs(Permission.READ_ON_CALL)
def on_call_now() -> tuple[str, int]:
    """Who is on call now and next, what is not covered in the coming two weeks, and who is on call at any instant."""
    now = program().now()
    found = on_call(desk(), now, now)
    zone = ZoneInfo(found.roster.timezone)
    form = AtForm(request.args if "at" in request.args else None, at=on_wall(now, zone))
    answers: list[tuple[datetime, OnCall]] = []
    if "at" in request.args and form.validate():
        answers = [(at, on_call(desk(), at, now)) for at in instants_of(form.at.data, zone)]
        if not answers:
            form.at.errors = ["The clocks skip this time that day: take an hour earlier or later."]
    return form_page("on_call.html", form, found=found, answers=answers, **words_of(found.roster))


@console.get("/on-call/calendar")
@needs(Permission.READ_ON_CALL)
def on_call_calendar() -> tuple[str, int]:
    """Who has which rotation, day by day."""
    now = program().now()
    today = on_wall(now, ZoneInfo(roster_in_force(desk()).timezone)).date()
    form = CalendarForm(MultiDict({"from": str(today), "by": "week", **request.args.to_dict()}))
    is_good = form.validate()
    by_month = form.by.data == "month"
    span = month_span if by_month else week_span
    first, last = span(form.start.data if is_good else today)
    shown = (week_span(first)[0], week_span(last)[1]) if by_month else (first, last)
    roster, days = on_call_days(desk(), *shown, now)
    return form_page(
        "on_call_calendar.html",
        form,
        roster=roster,
        weeks=[days[number : number + 7] for number in range(0, len(days), 7)],
        first=first,
        last=last,
        by=form.by.data if is_good else "week",
        earlier=span(first - timedelta(days=1))[0],
        later=last + timedelta(days=1),
        **words_of(roster),
    )
