"""Taking overrides from a calendar file: every row is shown first, and what is wrong with those that are left out."""

from __future__ import annotations

from flask import request, url_for
from flask_wtf.file import FileField
from pydantic import TypeAdapter, ValidationError
from werkzeug.wrappers import Response
from wtforms import HiddenField, SelectChoice, SelectField

from triage.errors import Refused, TriageError
from triage.policy.access import Permission
from triage.policy.calendar_import import MOST_ROWS, Row, read_calendar
from triage.policy.on_call_words import day_in_words
from triage.policy.roster import Override, Roster
from triage.policy.roster_changes import add_overrides
from triage.services.roster_changes import roster_in_force
from webhooks.console import console
from webhooks.console.access import needs
from webhooks.console.layout import form_page
from webhooks.console.roster_forms import RosterForm, propose, words_of
from webhooks.program import desk, program

_OVERRIDES = TypeAdapter(tuple[Override, ...])


class ImportForm(RosterForm):
    rotation = SelectField("Rotation")
    calendar = FileField("Calendar file (.ics)", render_kw={"accept": ".ics,text/calendar"})
    rows = HiddenField()


@console.get("/on-call/import")
@needs(Permission.CHANGE_ON_CALL)
def import_page() -> tuple[str, int]:
    """A file to choose."""
    roster = roster_in_force(desk())
    return form_page("calendar_import.html", _form(roster), roster=roster)


@console.post("/on-call/import")
@needs(Permission.CHANGE_ON_CALL)
def import_calendar() -> Response | tuple[str, int]:
    """First every row of the file and what it would change, then the change."""
    roster, now = roster_in_force(desk()), program().now()
    form = _form(roster)

    def again(error: TriageError | None, bad: list[Row] | None = None) -> tuple[str, int]:
        return form_page(
            "calendar_import.html", form, error, roster=roster, bad=bad or [], title=_title, **words_of(roster)
        )

    if not form.is_sent():
        return again(None)
    bad: list[Row] = []
    try:
        if form.sure.data == "yes":
            added = _seen(form.rows.data)
        else:
            rows = read_calendar(
                form.calendar.data.read() if form.calendar.data else b"", roster, form.rotation.data, now
            )
            bad = [row for row in rows if row.override is None]
            added = tuple(row.override for row in rows if row.override is not None)
            if not added:
                return again(Refused("No event of the file can be taken."), bad)
    except Refused as error:
        return again(error)
    sent = {"made_from": form.made_from.data, "rotation": form.rotation.data, "rows": _written(added)}
    return propose(
        form,
        lambda before: add_overrides(before, added, now),
        again,
        back=url_for("console.overrides"),
        title="Take in the calendar",
        notes=[f"Left out: {_title(row)}: {row.fault}." for row in bad],
        sent=list(sent.items()),
    )


def _form(roster: Roster) -> ImportForm:
    form = ImportForm(made_from=roster.version, rotation=request.args.get("rotation"))
    form.rotation.choices = [SelectChoice(one.name, one.name) for one in roster.rotations]
    return form


def _title(row: Row) -> str:
    """What a row is called, with its day: there may be many of one title."""
    return f"{row.summary or 'an event without a title'}" + (
        f", {day_in_words(row.on)} {row.on.year}" if row.on else ""
    )


def _seen(rows: str) -> tuple[Override, ...]:
    """The overrides that the preview showed. Raises Refused."""
    try:
        found = _OVERRIDES.validate_json(rows)
    except ValidationError:
        raise Refused("Choose the file again.") from None
    if len(found) > MOST_ROWS:
        raise Refused("Choose the file again.")
    return found


def _written(added: tuple[Override, ...]) -> str:
    return _OVERRIDES.dump_json(added, by_alias=True).decode()
