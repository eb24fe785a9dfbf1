"""Rotations: who follows whom, and when."""

from __future__ import annotations

from datetime import timedelta
from typing import TypeVar
from zoneinfo import ZoneInfo

from flask import url_for
from werkzeug.wrappers import Response
from wtforms import FieldList, IntegerField, SelectChoice, SelectField, StringField
from wtforms.validators import InputRequired, Length, NumberRange

from triage.errors import NotFound, TriageError
from triage.policy.access import Permission
from triage.policy.ladder import targets
from triage.policy.roster import Roster, Rotation
from triage.policy.roster_changes import add_rotation, change_rotation, remove_rotation
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


class NewRotationForm(RotationForm):
    name = StringField("Name", [InputRequired("Write a name, like weekend."), Length(max=40)])


class RemovalForm(RosterForm):
    """Nothing but which roster it was made from."""


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


@console.post("/on-call/rotations/<name>/remove")
@needs(Permission.CHANGE_ON_CALL)
def drop_rotation(name: str) -> Response | tuple[str, int]:
    """Take a rotation out that no ladder needs, with its overrides. Raises NotFound."""
    roster = roster_in_force(desk())
    rotation = _rotation(roster, name)
    form = RemovalForm(made_from=roster.version)

    def again(error: TriageError | None) -> tuple[str, int]:
        return _rotation_page(_rotation_form(roster, rotation), roster, rotation, error)

    if not form.is_sent():
        return again(None)
    return propose(
        form,
        lambda before: remove_rotation(before, name, needed=targets(desk().terms)),
        again,
        back=url_for("console.on_call_now"),
        title=f"Remove {name}",
        notes=["Its overrides go with it. Cases and their alerts stay on record."],
    )


@console.get("/on-call/new-rotation")
@needs(Permission.CHANGE_ON_CALL)
def new_rotation() -> tuple[str, int]:
    """The form for one more rotation."""
    roster = roster_in_force(desk())
    return _new_rotation_page(_new_rotation_form(roster), roster)


@console.post("/on-call/new-rotation")
@needs(Permission.CHANGE_ON_CALL)
def create_rotation() -> Response | tuple[str, int]:
    """One more rotation: first what it will be, then the change."""
    roster = roster_in_force(desk())
    form = _new_rotation_form(roster)

    def again(error: TriageError | None) -> tuple[str, int]:
        return _new_rotation_page(form, roster, error)

    if not form.is_sent():
        return again(None)
    name, people, starts = form.name.data.strip().lower(), form.chosen(), form.starts.data
    every = form.count.data * _UNITS[form.unit.data]
    return propose(
        form,
        lambda before: add_rotation(before, name, people=people, starts=starts, every=every),
        again,
        back=url_for("console.on_call_now"),
        title=f"Add {name}",
        notes=[]
        if name in targets(desk().terms)
        else [f"Nobody is alerted by it until the policy's ladder names {name}."],
    )


def _rotation(roster: Roster, name: str) -> Rotation:
    found = roster.rotation(name)
    if found is None:
        raise NotFound("There is no such rotation.")
    return found


def _rotation_form(roster: Roster, rotation: Rotation) -> RotationForm:
    unit = next(unit for unit, span in _UNITS.items() if rotation.every % span == timedelta(0))
    form = RotationForm(
        made_from=roster.version,
        people=[*rotation.people, *[_NOBODY] * _SPARE_PLACES][:_MOST_PLACES],
        starts=rotation.starts,
        count=rotation.every // _UNITS[unit],
        unit=unit,
    )
    return _with_people(form, roster)


def _new_rotation_form(roster: Roster) -> NewRotationForm:
    """Empty but for the most common hand-over: each Monday at eight."""
    today = on_wall(program().now(), ZoneInfo(roster.timezone)).replace(hour=8, minute=0, second=0, microsecond=0)
    form = NewRotationForm(
        made_from=roster.version,
        people=[_NOBODY] * (_SPARE_PLACES + 1),
        starts=today - timedelta(days=today.weekday()),
        count=7,
        unit="days",
    )
    return _with_people(form, roster)


FilledIn = TypeVar("FilledIn", bound=RotationForm)


def _with_people(form: FilledIn, roster: Roster) -> FilledIn:
    known = [SelectChoice(_NOBODY, "nobody"), *(SelectChoice(one.id, one.name) for one in roster.people)]
    for number, place in enumerate(form.people, start=1):
        place.choices = known
        place.label.text = f"Place {number}"
    return form


def _new_rotation_page(form: NewRotationForm, roster: Roster, error: TriageError | None = None) -> tuple[str, int]:
    return form_page("new_rotation.html", form, error, roster=roster, **words_of(roster))


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
        is_needed=rotation.name in targets(desk().terms),
        **words_of(roster),
    )
