"""Forms that change the roster: what would change is shown first, and done once that was seen."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from flask import flash, redirect, render_template, request
from werkzeug.wrappers import Response
from wtforms import DateTimeLocalField, HiddenField
from wtforms.validators import InputRequired, Length

from triage.errors import Refused, StaleRow, TriageError
from triage.policy.lengths import in_two_units
from triage.policy.on_call_words import day_in_words, hour_in_words, moment_in_words
from triage.policy.roster import Roster
from triage.policy.roster_changes import effects
from triage.policy.roster_warnings import doubled, emptied
from triage.policy.roster_words import every_in_words
from triage.services.roster_changes import Change, change_roster, preview_change, roster_in_force
from webhooks.console.access import signed_in
from webhooks.console.forms import Form
from webhooks.program import desk, program

YEARS = range(2000, 2101)
Page = Callable[[TriageError], tuple[str, int]]
"""The page with the form again, and what to mend."""


class MomentField(DateTimeLocalField):  # type: ignore[misc] # the library has no types
    """A wall-clock moment to the minute, of a year that rosters are made for; of any other text `data` is None."""

    data: Any

    def __init__(self, label: str, **how: Any) -> None:
        wanted = InputRequired("Write a day and a time.")
        super().__init__(label, [wanted], format=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"], **how)

    def process_formdata(self, valuelist: list[str]) -> None:
        try:
            super().process_formdata(valuelist)
        except ValueError:
            raise ValueError("Write a day and a time like 2026-11-25T17:00.") from None
        if self.data is not None and self.data.year not in YEARS:
            self.data = None
            raise ValueError(f"Write a year from {YEARS[0]} to {YEARS[-1]}.")


class RosterForm(Form):
    """`made_from` is the version of the roster that the page showed; `sure` is given once the preview was seen."""

    made_from = HiddenField(validators=[InputRequired("Open the page again."), Length(max=12)])
    sure = HiddenField()

    def is_sent(self) -> bool:
        """Whether it was posted and every field is good."""
        return bool(self.validate_on_submit())


def words_of(roster: Roster) -> dict[str, Any]:
    """What templates write days and moments with, on the roster's wall clock."""
    zone, now = ZoneInfo(roster.timezone), program().now()
    return {
        "day": day_in_words,
        "hour": partial(hour_in_words, zone=zone),
        "moment": partial(moment_in_words, zone=zone, now=now),
        "every": every_in_words,
        "span": in_two_units,
        "now": now,
    }


def propose(form: RosterForm, change: Change, again: Page, *, back: str, **words: Any) -> Response | tuple[str, int]:
    """The preview of a change, or, once that was seen, the change itself and the way to `back`.

    `words` are for the preview: `title`, `notes`, and `sent` where it sends other fields than those that came.
    """
    try:
        return _change(form, change, back) if form.sure.data == "yes" else (_preview(form, change, back, words), 200)
    except StaleRow as error:
        form.made_from.data = roster_in_force(desk()).version
        return again(error)[0], 409
    except Refused as error:
        return again(error)


def _change(form: RosterForm, change: Change, back: str) -> Response:
    made_from, actor, now = form.made_from.data, signed_in().actor, program().now()
    changed = change_roster(desk(), change, made_from=made_from, actor=actor, now=now)
    flash("Done: " + ". ".join(changed.told(now)) + "." if changed.words else "Nothing had to be changed.")
    return redirect(back, 303)


def _preview(form: RosterForm, change: Change, back: str, words: dict[str, Any]) -> str:
    now = program().now()
    sent = [(name, value) for name, value in request.form.items(multi=True) if name not in {"csrf_token", "sure"}]
    changed = preview_change(desk(), change, made_from=form.made_from.data)
    if not changed.words:
        raise Refused("That changes nothing.")
    found = effects(changed.before, changed.roster, now)
    return render_template(
        "roster_preview.html",
        changes=changed.told(now),
        effects=found,
        empty=emptied(found),
        doubled=doubled(changed.roster, found),
        back=back,
        **{"title": "Change the roster", "notes": (), "sent": sent, **words},
        **words_of(changed.roster),
    )
