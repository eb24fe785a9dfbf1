"""The forms of bookings: a slot, for whom, and what becomes of it."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from wtforms import HiddenField, IntegerField, SelectChoice, SelectField, StringField, SubmitField, TextAreaField
from wtforms.validators import InputRequired, Length, NumberRange, Optional, ValidationError

from triage.policy.bookings import KINDS
from triage.policy.numbers import read_number
from triage.policy.term_words import PRODUCT_WORDS
from triage.policy.terms import ProductLine, Terms
from triage.policy.wall_clock import the_instant
from triage.policy.work import KIND_WORDS
from triage.services.booking_checks import LONGEST_NOTE
from webhooks.console.forms import Form
from webhooks.console.roster_forms import MomentField

_LINES: tuple[ProductLine, ...] = ("unknown", "emg", "ucp", "application", "server", "discontinued")
_SEEN = [InputRequired("Open the page again.")]


class SlotForm(Form):
    """When, on the contract's wall clock, and who."""

    starts = MomentField("From")
    ends = MomentField("To")
    person = SelectField("Our technician")

    def slot(self, terms: Terms) -> tuple[datetime, datetime]:
        """The instants. Raises Refused for a time that the clocks skip, or show twice."""
        zone = ZoneInfo(terms.zone)
        return the_instant(self.starts.data, zone), the_instant(self.ends.data, zone)


class BookForm(SlotForm):
    """A booking that is to be made: `book` makes it, without it is said what it would cost."""

    dealer = SelectField("Dealer")
    site = SelectField("Site", default="")
    phone = StringField(
        "Number to call and to text",
        [Optional(), Length(max=40)],
        render_kw={"type": "tel", "autocomplete": "off"},
    )
    product = SelectField("Product", choices=[SelectChoice(line, PRODUCT_WORDS[line] or "Other") for line in _LINES])
    kind = SelectField("Kind", choices=[SelectChoice(kind.value, KIND_WORDS[kind]) for kind in KINDS])
    note = TextAreaField(
        "What it is about (may stay empty)",
        [Optional(), Length(max=LONGEST_NOTE, message=f"Too long: take {LONGEST_NOTE} characters or fewer.")],
        render_kw={"rows": 2},
    )
    book = SubmitField()

    def validate_phone(self, field: StringField) -> None:
        if field.data and read_number(field.data) is None:
            raise ValidationError("Write the whole number like +16145550199.")

    def number(self) -> str | None:
        return read_number(self.phone.data) if self.phone.data else None


class MoveForm(SlotForm):
    seen = HiddenField(validators=_SEEN)


class StartForm(Form):
    seen = HiddenField(validators=_SEEN)


class FinishForm(Form):
    seen = HiddenField(validators=_SEEN)
    minutes = IntegerField(
        "Minutes that it took",
        [Optional(), NumberRange(1, 1440, "Write whole minutes, 1 to 1440.")],
        render_kw={"inputmode": "numeric"},
    )
    work = TextAreaField(
        "What was done (may stay empty)",
        [Optional(), Length(max=LONGEST_NOTE, message=f"Too long: take {LONGEST_NOTE} characters or fewer.")],
        render_kw={"rows": 2},
    )


class CancelForm(Form):
    seen = HiddenField(validators=_SEEN)
    why = StringField("Reason, for the history (may stay empty)", [Optional(), Length(max=200)])
