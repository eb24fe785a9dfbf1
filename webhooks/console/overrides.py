"""Overrides: somebody else for a while. Two people who swap shifts are two of them."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import request, url_for
from werkzeug.wrappers import Response
from wtforms import DateField, SelectChoice, SelectField
from wtforms.validators import Optional

from triage.errors import Refused, TriageError
from triage.policy.access import Permission
from triage.policy.nights import off_hours_of
from triage.policy.on_call_words import moment_in_words
from triage.policy.roster import Roster
from triage.policy.roster_changes import WallSpan, add_overrides, lift_override, new_override, overlapping, swap
from triage.policy.roster_words import for_people, override_in_words
from triage.policy.wall_clock import on_wall
from triage.services.on_call import coming_overrides, coming_shifts
from triage.services.roster_changes import roster_in_force
from webhooks.console import console
from webhooks.console.access import needs
from webhooks.console.layout import form_page
from webhooks.console.roster_forms import MomentField, RosterForm, propose, words_of
from webhooks.program import desk, program


class OverrideForm(RosterForm):
    rotation = SelectField("Rotation")
    person = SelectField("Who takes it")
    starts = MomentField("From")
    ends = MomentField("To")


class LiftForm(RosterForm):
    """Nothing but what every form of the roster has."""


class SwapForm(RosterForm):
    first = SelectField("This shift")
    first_night = DateField("Of it only the night of (may stay empty)", [Optional()])
    second = SelectField("For this one")
    second_night = DateField("Of that one only the night of (may stay empty)", [Optional()])

    def nights(self) -> tuple[WallSpan | None, WallSpan | None]:
        """Of each shift the one night that was asked for; None is the whole shift."""
        asked = (self.first_night.data, self.second_night.data)
        first, second = (off_hours_of(on, desk().terms) if on else None for on in asked)
        return first, second


@console.get("/on-call/overrides")
@needs(Permission.READ_ON_CALL)
def overrides() -> tuple[str, int]:
    """Those that count or will count, and a form for another."""
    roster = roster_in_force(desk())
    return _overrides_page(_override_form(roster), roster)


@console.post("/on-call/overrides")
@needs(Permission.CHANGE_ON_CALL)
def add_override() -> Response | tuple[str, int]:
    """Another one: first what it would change, then the change."""
    roster, now = roster_in_force(desk()), program().now()
    form = _override_form(roster)

    def again(error: TriageError | None) -> tuple[str, int]:
        return _overrides_page(form, roster, error)

    if not form.is_sent():
        return again(None)
    try:
        added = new_override(roster, form.rotation.data, form.person.data, form.starts.data, form.ends.data)
    except Refused as error:
        return again(error)
    style = for_people(now, roster)
    notes = [
        f"It overlaps another: {override_in_words(other, style)}. The one added last counts, which is this one."
        for other in overlapping(roster, added)
    ]
    day: dict[str, Any] = {"from": added.starts.date()}
    return propose(
        form,
        lambda before: add_overrides(before, [added], now),
        again,
        back=url_for("console.on_call_calendar", **day),
        title="Add an override",
        notes=notes,
    )


@console.post("/on-call/overrides/<int:number>/lift")
@needs(Permission.CHANGE_ON_CALL)
def lift(number: int) -> Response | tuple[str, int]:
    """Take out one that is still to come, or end one that counts now."""
    form, now = LiftForm(), program().now()

    def again(error: TriageError | None) -> tuple[str, int]:
        roster = roster_in_force(desk())
        return _overrides_page(_override_form(roster), roster, error or Refused("Open the page again."))

    if not form.is_sent():
        return again(None)
    return propose(
        form,
        lambda before: lift_override(before, number, now),
        again,
        back=url_for("console.overrides"),
        title="End an override",
    )


@console.get("/on-call/swap")
@needs(Permission.CHANGE_ON_CALL)
def swap_page() -> tuple[str, int]:
    """Two coming shifts to choose."""
    roster = roster_in_force(desk())
    return _swap_page(_swap_form(roster), roster)


@console.post("/on-call/swap")
@needs(Permission.CHANGE_ON_CALL)
def swap_shifts() -> Response | tuple[str, int]:
    """Two people take each other's shift, or one night of it: first what that would change, then the change."""
    roster, now = roster_in_force(desk()), program().now()
    form = _swap_form(roster)

    def again(error: TriageError | None) -> tuple[str, int]:
        return _swap_page(form, roster, error)

    if not form.is_sent():
        return again(None)
    first, second, only = _read_shift(form.first.data), _read_shift(form.second.data), form.nights()
    return propose(
        form,
        lambda before: swap(before, first, second, now, only=only),
        again,
        back=url_for("console.overrides"),
        title="Swap two shifts",
    )


def _override_form(roster: Roster) -> OverrideForm:
    wall = on_wall(program().now(), ZoneInfo(roster.timezone)).replace(minute=0, second=0, microsecond=0)
    asked = {"rotation": request.args.get("rotation"), "starts": wall, "made_from": roster.version}
    form = OverrideForm(**asked)
    form.rotation.choices = [SelectChoice(one.name, one.name) for one in roster.rotations]
    form.person.choices = [SelectChoice(one.id, one.name) for one in roster.people]
    return form


def _swap_form(roster: Roster) -> SwapForm:
    now, zone = program().now(), ZoneInfo(roster.timezone)
    shifts = coming_shifts(roster, now)
    choices = [
        SelectChoice(
            f"{shift.rotation} {shift.starts.isoformat()}",
            f"{shift.person.name}, {shift.rotation}: {moment_in_words(shift.starts, zone, now)}"
            f" to {moment_in_words(shift.ends, zone, now)}",
        )
        for shift in shifts
        if shift.person is not None
    ]
    another = next((number for number, shift in enumerate(shifts) if shift.person != shifts[0].person), 0)
    form = SwapForm(made_from=roster.version, second=choices[another].value if choices else None)
    form.first.choices = form.second.choices = choices
    return form


def _read_shift(value: str) -> tuple[str, datetime]:
    """A shift as the form names it: one of its own choices."""
    rotation, _, starts = value.partition(" ")
    return rotation, datetime.fromisoformat(starts)


def _overrides_page(form: OverrideForm, roster: Roster, error: TriageError | None = None) -> tuple[str, int]:
    listed = coming_overrides(roster, program().now())
    return form_page("overrides.html", form, error, roster=roster, listed=listed, **words_of(roster))


def _swap_page(form: SwapForm, roster: Roster, error: TriageError | None = None) -> tuple[str, int]:
    return form_page("swap.html", form, error, roster=roster, support=desk().terms.hours, **words_of(roster))
