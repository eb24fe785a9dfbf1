"""The days on which the house is closed."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from flask import url_for
from werkzeug.wrappers import Response
from wtforms.validators import InputRequired, ValidationError

from triage.errors import TriageError
from triage.policy.access import Permission
from triage.policy.roster import Roster
from triage.policy.roster_changes import add_closure, remove_closure
from triage.policy.wall_clock import on_wall
from triage.services.roster_changes import roster_in_force
from webhooks.console import console
from webhooks.console.access import needs
from webhooks.console.layout import form_page
from webhooks.console.report_forms import DayField
from webhooks.console.roster_forms import RosterForm, propose, words_of
from webhooks.program import desk, program


class ClosureForm(RosterForm):
    on = DayField("Day", [InputRequired("Write a day.")])

    def validate_on(self, field: DayField) -> None:
        if field.data and field.data.year > program().now().year + 5:
            raise ValidationError("That is more than five years ahead: check the year.")


@console.get("/on-call/closures")
@needs(Permission.READ_ON_CALL)
def closures() -> tuple[str, int]:
    """Days without support hours, by the roster and by the contract."""
    roster = roster_in_force(desk())
    return _closures_page(ClosureForm(made_from=roster.version), roster)


@console.post("/on-call/closures")
@needs(Permission.CHANGE_ON_CALL)
def close_on() -> Response | tuple[str, int]:
    return _change_closures(is_closed=True)


@console.post("/on-call/closures/open")
@needs(Permission.CHANGE_ON_CALL)
def open_on() -> Response | tuple[str, int]:
    return _change_closures(is_closed=False)


def _change_closures(*, is_closed: bool) -> Response | tuple[str, int]:
    roster, now = roster_in_force(desk()), program().now()
    form = ClosureForm(made_from=roster.version)

    def again(error: TriageError | None) -> tuple[str, int]:
        return _closures_page(form, roster, error)

    if not form.is_sent():
        return again(None)
    change, day = (add_closure if is_closed else remove_closure), form.on.data
    return propose(
        form,
        lambda before: change(before, day, now),
        again,
        back=url_for("console.closures"),
        title="Close a day" if is_closed else "Open a day",
        notes=["Messages of that day are sorted by the new hours from now on; what was promised before stays."],
    )


def _closures_page(form: ClosureForm, roster: Roster, error: TriageError | None = None) -> tuple[str, int]:
    today = on_wall(program().now(), ZoneInfo(roster.timezone)).date()
    hours = desk().terms.hours
    of_contract = sorted({*hours.closures} - {*roster.closures})
    return form_page(
        "closures.html",
        form,
        error,
        roster=roster,
        coming=[day for day in roster.closures if day >= today],
        of_contract=[day for day in of_contract if day >= today],
        observed=hours.observed,
        **words_of(roster),
    )
