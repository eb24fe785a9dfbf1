"""The forms on the page of a case, and the page with them: as it is, or again with what to mend."""

from __future__ import annotations

from typing import Any

from flask import render_template
from wtforms import BooleanField, IntegerField, RadioField, SelectChoice, SelectField, StringField, TextAreaField
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange, Optional, Regexp

from triage.errors import TriageError
from triage.policy.case_actions import Action
from triage.policy.commands import LONGEST_NOTE
from triage.policy.session_price import NOT_BILLED
from triage.policy.story_scene import on_both_clocks
from triage.services.case_page import CasePage, case_page
from webhooks.console.access import signed_in
from webhooks.console.forms import Form
from webhooks.errors import status_of
from webhooks.program import desk, program

_LARGEST = 2**31 - 1
_WORDS = Length(max=LONGEST_NOTE, message=f"Too long: take {LONGEST_NOTE} characters or fewer.")
_NO_MINUTES = "Write whole minutes: 35, or 0 where nothing is to be billed."
_MINUTES = Regexp(r"\s*\d{1,3}\s*$", message=_NO_MINUTES)
_NO_REASON = "Write why: the history and the report keep it."
_RATES = (("after_hours", "After hours"), ("standard", "Standard"), (NOT_BILLED, "Not billed"))
YES = "yes"


class ActionForm(Form):
    """`seen` is the newest entry of the history that the page told of."""

    seen = IntegerField(validators=[InputRequired(), NumberRange(0, _LARGEST)])

    def fit(self, page: CasePage) -> None:
        """Fields that depend on the case."""


class NoteForm(ActionForm):
    note = TextAreaField("Note", [DataRequired("Write the note."), _WORDS], render_kw={"rows": 3})


class CloseForm(ActionForm):
    minutes = StringField(
        "Minutes of work",
        [Optional(), _MINUTES],
        render_kw={"inputmode": "numeric", "autocomplete": "off"},
    )
    sure = BooleanField("That many minutes are meant")
    work = TextAreaField("What was done", [Optional(), _WORDS], render_kw={"rows": 3})

    def fit(self, page: CasePage) -> None:
        if page.stand.needs_minutes:
            self.minutes.validators = [InputRequired(_NO_MINUTES), *self.minutes.validators[1:]]
        else:
            self.minutes.label.text = "Minutes of work after the call, if any"


class HandOverForm(ActionForm):
    person = SelectField("To", validators=[InputRequired("Choose somebody.")])

    def fit(self, page: CasePage) -> None:
        self.person.choices = [SelectChoice(value, label) for value, label in page.people]


class CorrectForm(ActionForm):
    typed = StringField(
        "Minutes that were typed", [InputRequired(_NO_MINUTES), _MINUTES], render_kw={"inputmode": "numeric"}
    )
    sure = BooleanField("That many minutes are meant")
    rate = SelectField("Rate")
    reason = StringField("Reason", [DataRequired(_NO_REASON), _WORDS])

    def fit(self, page: CasePage) -> None:
        self.rate.choices = [SelectChoice(value, label) for value, label in _RATES]
        if page.work is not None and self.typed.data is None:
            self.typed.data, self.rate.data = str(page.work.stated_minutes or 0), page.work.rate


class ReopenForm(ActionForm):
    called = RadioField("Was the caller called back?", validators=[InputRequired("Choose one of the two.")])
    because = StringField("Reason", [DataRequired(_NO_REASON), _WORDS])

    def fit(self, page: CasePage) -> None:
        self.called.choices = [
            (YES, "Yes: only its session goes on"),
            *([("no", "No: they wait, and the alerts begin again")] if page.stand.can_ask_again else []),
        ]


class DealerForm(ActionForm):
    dealer = StringField(
        "Dealer's code, or the beginning of its name; empty for none",
        [Length(max=120, message="Too long: a name has 120 characters at the most.")],
        render_kw={"autocomplete": "off"},
    )
    why = StringField("Reason", [DataRequired(_NO_REASON), _WORDS])


FORMS: dict[Action, type[ActionForm]] = {
    Action.TAKE: ActionForm,
    Action.CALL: ActionForm,
    Action.ATTEMPT: ActionForm,
    Action.CLOSE: CloseForm,
    Action.HAND_OVER: HandOverForm,
    Action.CORRECT: CorrectForm,
    Action.REOPEN: ReopenForm,
    Action.DEALER: DealerForm,
    Action.NOTE: NoteForm,
}


def page_of(reference: str) -> CasePage:
    """The case as whoever is signed in sees it. Raises NotFound."""
    return case_page(desk(), reference, signed_in(), program().now())


def rendered(
    page: CasePage, failed: tuple[Action, ActionForm] | None = None, error: TriageError | None = None
) -> tuple[str, int]:
    """The page with its forms. Where one failed: with what was written in it, what to mend, and 400 or 409."""
    forms: dict[str, Any] = {}
    for action, kind in FORMS.items():
        form = failed[1] if failed is not None and failed[0] is action else kind(formdata=None)
        form.fit(page)
        forms[action.value] = form
    status = status_of(error) if error is not None else 400 if failed is not None else 200
    return render_template(
        "case.html",
        case=page,
        forms=forms,
        failed=failed[0].value if failed else None,
        error=error,
        on_both_clocks=on_both_clocks,
    ), status
