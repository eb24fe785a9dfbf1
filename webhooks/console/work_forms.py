"""The forms of typed work: when, for whom, what it cost besides; and what they mean."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

from wtforms import (
    BooleanField,
    FieldList,
    FormField,
    HiddenField,
    SelectChoice,
    SelectField,
    StringField,
    SubmitField,
    TextAreaField,
    TimeField,
    ValidationError,
)
from wtforms import Form as Part
from wtforms.validators import DataRequired, Length, Optional

from triage.policy.session_price import Kind
from triage.policy.term_words import PRODUCT_WORDS
from triage.policy.terms import ProductLine, Terms
from triage.policy.work import KIND_WORDS, LONGEST_NOTE, LONGEST_WORDS, MOST_EXPENSES, MOST_SPANS, TYPED, NewExpense
from triage.policy.work_words import Row
from triage.services.work_records import Client
from webhooks.console.forms import Form
from webhooks.console.report_forms import DayField, SpanForm

_ROWS = 7
_SPENT_ROWS = 4
_NOTE = Length(max=LONGEST_NOTE, message=f"Too long: take {LONGEST_NOTE} characters or fewer.")


class ClockField(TimeField):  # type: ignore[misc] # the library has no types
    """A time of day; of any other text `data` is None."""

    def process_formdata(self, valuelist: list[str]) -> None:
        try:
            super().process_formdata(valuelist)
        except ValueError:
            raise ValueError("Write a time like 14:30.") from None


class SpanRow(Part):  # type: ignore[misc] # the library has no types
    """A stretch of one day; empty, or whole."""

    day = DayField("Day", [Optional()])
    began = ClockField("From", [Optional()])
    ended = ClockField("To", [Optional()])

    def validate(self, extra_validators: Any = None) -> bool:
        """Also where a field stayed empty: then no check of the field itself is made."""
        is_good = bool(super().validate(extra_validators))
        if is_good and self.is_begun() and any(each.data is None for each in (self.day, self.began, self.ended)):
            self.ended.errors = ["Write the day, from and to."]
            return False
        return is_good

    def is_begun(self) -> bool:
        return any(each.data is not None or each.errors for each in (self.day, self.began, self.ended))


class ExpenseRow(Part):  # type: ignore[misc] # the library has no types
    """What is passed on; empty, or words with dollars or miles."""

    words = StringField("For what", [Optional(), Length(max=LONGEST_WORDS)], render_kw={"autocomplete": "off"})
    amount = StringField("Dollars", [Optional()], render_kw={"inputmode": "decimal", "autocomplete": "off"})
    miles = StringField("or miles", [Optional()], render_kw={"inputmode": "numeric", "autocomplete": "off"})

    def validate_amount(self, field: StringField) -> None:
        if field.data and _dollars(field.data) is None:
            raise ValidationError("Write dollars and cents, like 412.50.")

    def validate_miles(self, field: StringField) -> None:
        if field.data and not (field.data.strip().isascii() and field.data.strip().isdigit()):
            raise ValidationError("Write whole miles.")

    def is_begun(self) -> bool:
        return any((each.data or "").strip() for each in (self.words, self.amount, self.miles))


class TypedForm(Form):
    """What all forms of typed work have."""

    site_clock = BooleanField("These are times of the site's clock")
    rows = FieldList(FormField(SpanRow), min_entries=_ROWS, max_entries=MOST_SPANS * 2)
    spent = FieldList(FormField(ExpenseRow), min_entries=_SPENT_ROWS, max_entries=MOST_EXPENSES)
    note = TextAreaField("What was done (may stay empty)", [Optional(), _NOTE], render_kw={"rows": 3})
    sure = BooleanField("That much time is meant")

    def written_rows(self) -> list[Row]:
        """The rows that were filled in."""
        rows = [entry.form for entry in self.rows if entry.form.is_begun()]
        return [Row(each.day.data, each.began.data, each.ended.data) for each in rows]

    def expenses(self) -> tuple[NewExpense, ...]:
        return tuple(_expense(entry.form) for entry in self.spent if entry.form.is_begun())

    def expenses_are_begun(self) -> bool:
        return any(entry.form.is_begun() for entry in self.spent)

    def zone(self, of_site: str | None, terms: Terms) -> ZoneInfo:
        """Whose clock the rows are on."""
        return ZoneInfo(of_site if of_site and self.site_clock.data else terms.zone)


class WorkForm(TypedForm):
    """Work that is to be recorded. `check` says what it would cost; `record` keeps it."""

    dealer = HiddenField(validators=[Length(max=40)])
    kind = SelectField("Kind", choices=[SelectChoice(kind.value, KIND_WORDS[kind]) for kind in TYPED])
    person = SelectField("Who worked")
    technician = SelectField("The dealer's technician")
    site = SelectField("Site")
    product = SelectField("Product")
    server = SelectField("Server, for its installation only")
    booked = BooleanField("It was booked ahead of time")
    check = SubmitField("Check")
    record = SubmitField("Record")

    def fit(self, people: list[tuple[str, str]], client: Client | None, terms: Terms) -> None:
        rule = terms.server_installation
        lines: tuple[ProductLine, ...] = ("unknown", "emg", "ucp", "application", "server", "discontinued")
        self.person.choices = [SelectChoice(*each) for each in people]
        self.technician.choices = _or_none(client.technicians if client else ())
        self.site.choices = _or_none([name for name, _ in client.sites] if client else ())
        self.product.choices = [SelectChoice(line, PRODUCT_WORDS[line] or "Other") for line in lines]
        self.server.choices = _or_none([*rule.by_the_hour, *rule.by_the_day])

    @property
    def kind_of_work(self) -> Kind:
        return Kind(self.kind.data)


class CorrectForm(TypedForm):
    reason = StringField("Reason", [DataRequired("Write why: it stays in the history."), Length(max=200)])


class WithdrawForm(Form):
    because = StringField("Reason", [DataRequired("Write why: it stays in the history."), Length(max=200)])


class SoughtForm(SpanForm):
    """Which work is listed."""

    dealer = SelectField("Dealer", default="", validate_choice=False)
    person = SelectField("Who worked", default="", validate_choice=False)


def _or_none(names: Any) -> list[SelectChoice]:
    return [SelectChoice("", "None"), *(SelectChoice(name, name) for name in names)]


def _expense(row: ExpenseRow) -> NewExpense:
    miles = (row.miles.data or "").strip()
    return NewExpense(
        words=row.words.data or "",
        amount=_dollars(row.amount.data or ""),
        miles=int(miles) if miles else None,
    )


def _dollars(written: str) -> Decimal | None:
    try:
        return Decimal(written.strip().removeprefix("$").replace(",", ""))
    except InvalidOperation:
        return None
