"""Rotations: who follows whom, and when; and the days on which the house is closed."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

from flask import url_for
from werkzeug.wrappers import Response
from wtforms import DateField, FieldList, IntegerField, SelectChoice, SelectField
from wtforms.validators import InputRequired, NumberRange, ValidationError

from triage.errors import NotFound, TriageError
from triage.policy.access import Permission
from triage.policy.roster import Roster, Rotation
from triage.policy.roster_changes import add_closure, change_rotation, remove_closure
from triage.policy.wall_clock import on_wall
from triage.services.on_call import coming_shifts
from triage.services.roster_changes import roster_in_force
from webhooks.console import console
from webhooks.console.access import needs
from webhooks.console.layout import form_page
from webhooks.console.roster_forms import MomentField, RosterForm, propose, words_of
from webhooks.program import desk, program

_UNITS = {"days": timedelta(days=1), "hours": timedelta(hours=1), "minutes": timedelta(minutes=1)}
_NOBODY = ""
_SPARE_PLACES = 3
_MOST_PLACES = 40


class RotationForm(RosterForm):
    people = FieldList(SelectField("Person"), max_entries=_MOST_PLACES)
    starts = MomentField("First hand-over")
    count = IntegerField(
        "Each person has it for", [InputRequired("Write a number."), NumberRange(1, 5000, "Write 1 to 5000.")]
    )
    unit = SelectField("Unit", choices=[SelectChoice(unit, unit) for unit in _UNITS])

    def chosen(self) -> list[str]:
        """The people in their order; places that are left empty fall out."""
        return [place.data for place in self.people if place.data != _NOBODY]


class ClosureForm(RosterForm):
    on = DateField("Day", [InputRequired("Write a day.")])

    def validate_on(self, field: DateField) -> None:
        if field.data.year > program().now().year + 5:
            raise ValidationError("That is more than five years ahead: check the year.")


@console.get("/on-call/rotations/<name>")
@needs(Permission.READ_ON_CALL)
def show_rotation(name: str) -> tuple[str, int]:
    """Who follows whom, and the coming shifts. Raises NotFound."""
    roster = roster_in_force(desk())
    rotation = _rotation(roster, name)
    return _rotation_page(_rotation_form(roster, rotation), roster, rotation)


@console.post("/on-call/rotations/<name>")
@needs(Permission.CHANGE_ON_CALL)
def edit_rotation(name: str) -> Response | tuple[str, int]:
    """Another order, first hand-over or length: first what that would change, then the change. Raises NotFound."""
    roster = roster_in_force(desk())
    rotation = _rotation(roster, name)
    form = _rotation_form(roster, rotation)

    def again(error: TriageError | None) -> tuple[str, int]:
        return _rotation_page(form, roster, rotation, error)

    if not form.is_sent():
        return again(None)
    people, starts, every = form.chosen(), form.starts.data, form.count.data * _UNITS[form.unit.data]
    return propose(
        form,
        lambda before: change_rotation(before, name, people=people, starts=starts, every=every),
        again,
        back=url_for("console.show_rotation", name=name),
        title=f"Change {name}",
    )


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


def _rotation(roster: Roster, name: str) -> Rotation:
    found = roster.rotation(name)
    if found is None:
        raise NotFound("There is no such rotation.")
    return found


def _rotation_form(roster: Roster, rotation: Rotation) -> RotationForm:
    unit = next(unit for unit, span in _UNITS.items() if rotation.every % span == timedelta(0))
    places = [*rotation.people, *[_NOBODY] * _SPARE_PLACES][:_MOST_PLACES]
    form = RotationForm(
        made_from=roster.version,
        people=places,
        starts=rotation.starts,
        count=rotation.every // _UNITS[unit],
        unit=unit,
    )
    known = [SelectChoice(_NOBODY, "nobody"), *(SelectChoice(one.id, one.name) for one in roster.people)]
    for number, place in enumerate(form.people, start=1):
        place.choices = known
        place.label.text = f"Place {number}"
    return form


def _rotation_page(
    form: RotationForm, roster: Roster, rotation: Rotation, error: TriageError | None = None
) -> tuple[str, int]:
    coming = [shift for shift in coming_shifts(roster, program().now()) if shift.rotation == rotation.name]
    return form_page(
        "rotation.html",
        form,
        error,
        roster=roster,
        rotation=rotation,
        first=rotation.starts.replace(tzinfo=ZoneInfo(roster.timezone)),
        coming=coming[:10],
        **words_of(roster),
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
