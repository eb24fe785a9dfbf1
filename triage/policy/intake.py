"""What a message is owed: its window, deadline, rate and conditions (rules W1 to W6, E1 to E3)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from triage.policy.fields import WindowName
from triage.policy.hours import (
    add_support_time,
    is_closure,
    is_support_day,
    local,
    next_opening,
    window_at,
    window_terms,
)
from triage.policy.money_terms import SessionRate
from triage.policy.terms import Product, ProductLine, Terms


class Treatment(StrEnum):
    """What happens to a message."""

    PAGE = "page"  # on-call is alerted now
    DEFER = "defer"  # on-call is alerted at the next opening (E3)
    LIST = "list"  # kept for the next support day; no support is owed (E3)
    REVIEW = "review"  # a hang-up, or a number that the owner blocked: kept, nothing is owed


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What is known of a voicemail when it is sorted. Instants are the phone system's own (W5)."""

    answered_at: datetime
    left_at: datetime
    product: ProductLine = "unknown"
    emergency: bool = False
    attested: bool | None = None
    duration: timedelta | None = None
    is_recorded: bool = True
    is_hang_up: bool = False
    is_blocked: bool = False
    is_little: bool = False  # silence may be all of it


@dataclass(frozen=True, slots=True, kw_only=True)
class Sorted:
    """What the contract says about a message. `clauses` are the rules that decided. `onsite_required` is the condition
    of a call back within the window's span (E1), not of a message that waits for support hours."""

    window: WindowName
    support_day: bool
    local_time: datetime
    treatment: Treatment
    callback_due: datetime | None
    alert_at: datetime | None
    rate: SessionRate
    billable: bool
    onsite_required: bool
    flags: tuple[str, ...]
    clauses: tuple[str, ...]

    @property
    def pages(self) -> bool:
        """Whether somebody is alerted at once."""
        return self.treatment is Treatment.PAGE


def sort(message: Message, terms: Terms) -> Sorted:
    """Sort a message into its window and say what it is owed."""
    name = window_at(message.answered_at, terms)
    window = window_terms(name, terms)
    here = local(message.answered_at, terms)
    product: Product = getattr(terms.products, message.product)
    treatment = _treatment(message, name, product)
    onsite_required = window.onsite_required and treatment not in {Treatment.DEFER, Treatment.LIST}
    return Sorted(
        window=name,
        support_day=is_support_day(here.date(), terms),
        local_time=here,
        treatment=treatment,
        callback_due=_due(message, name, treatment, product, terms),
        alert_at=_alert_at(message, name, treatment, terms),
        rate=window.rate,
        billable=product.supported,
        onsite_required=onsite_required,
        flags=_flags(message, treatment, product, onsite_required=onsite_required),
        clauses=_clauses(message, name, treatment, product, terms, onsite_required=onsite_required),
    )


def is_hang_up(*, duration: timedelta | None, is_recorded: bool, is_silent: bool | None, terms: Terms) -> bool:
    """Whether nobody left a message: too short, or no recording because it was short or silent.

    `is_silent` is what the phone system says of a recording that it did not keep; None where it gave no reason.
    """
    if is_recorded:
        return duration is not None and duration < terms.intake.hang_up_below
    return is_silent is True or (is_silent is None and terms.intake.absent_recording == "list")


def spoken_for(duration: timedelta | None, *, is_ended_by_caller: bool, terms: Terms) -> timedelta | None:
    """How long somebody spoke, by what is told when a recording ends: the silence that ended it is none of it."""
    if duration is None or is_ended_by_caller or duration >= terms.phone.max_length:
        return duration
    return max(duration - terms.phone.silence, timedelta(0))


def left_at(*, started_at: datetime | None, duration: timedelta | None, heard_at: datetime, terms: Terms) -> datetime:
    """When the message was left: the end of its recording by the phone system's clock (W5).

    Without a start of its own, it ended when we first heard that it had. A recording dated ahead of that by more
    than the policy's tolerance is not believed: a deadline in the far future would hide the case.
    """
    if started_at is None:
        return heard_at
    ended = started_at + (duration or timedelta(0))
    return ended if ended <= heard_at + terms.intake.clock_tolerance else heard_at


def answered_at(*, answered: datetime | None, started_at: datetime | None, left: datetime) -> datetime:
    """When the call was answered (W5): as the call said, never after its recording began."""
    known = [at for at in (answered, started_at, left) if at is not None]
    return min(known)


def at_risk_at(*, left: datetime, due: datetime, before: timedelta) -> datetime:
    """When a case counts as at risk: so long before its deadline, but not before half of its time is gone."""
    return max(due - before, left + (due - left) / 2)


def folds_into(*, case_due: datetime | None, message: Sorted) -> bool:
    """Whether a further message of the same caller joins the open case.

    The first deadline stands, so the case must promise a callback no later than the new message would.
    """
    if message.treatment is Treatment.REVIEW:
        return True
    return case_due is not None and message.callback_due is not None and case_due <= message.callback_due


def _treatment(message: Message, name: WindowName, product: Product) -> Treatment:
    if message.is_hang_up or message.is_blocked:
        return Treatment.REVIEW
    if not product.supported:
        return Treatment.LIST
    if name == "support_hours":
        return Treatment.PAGE
    return Treatment(product.after_hours)


def _due(message: Message, name: WindowName, treatment: Treatment, product: Product, terms: Terms) -> datetime | None:
    if treatment is Treatment.PAGE:
        return message.left_at + window_terms(name, terms).callback_within
    if treatment is Treatment.DEFER:
        return add_support_time(_support_begins(message.left_at, name, terms), product.due_after_opening, terms)
    return None


def _alert_at(message: Message, name: WindowName, treatment: Treatment, terms: Terms) -> datetime | None:
    if treatment is Treatment.PAGE:
        return message.left_at
    if treatment in {Treatment.DEFER, Treatment.LIST}:
        return _support_begins(message.left_at, name, terms)
    return None


def work_begins(*, window: WindowName, left_at: datetime, is_deferred: bool, terms: Terms) -> datetime:
    """When the clock of a case starts: as its message was left; of a deferred one, with its support day (E3)."""
    return _support_begins(left_at, window, terms) if is_deferred else left_at


def _support_begins(left: datetime, name: WindowName, terms: Terms) -> datetime:
    """When the next support day begins for a message: at once, where it was spoken across the opening."""
    if name != "support_hours" and window_at(left, terms) == "support_hours":
        return left
    return next_opening(left, terms)


def _flags(message: Message, treatment: Treatment, product: Product, *, onsite_required: bool) -> tuple[str, ...]:
    marks = {
        "emergency": message.emergency,
        "not_attested": onsite_required and message.attested is not True,
        "not_supported": not product.supported,
        "deferred": treatment is Treatment.DEFER,
        "hang_up": message.is_hang_up,
        "no_recording": not message.is_recorded,
        "little_said": message.is_little and message.is_recorded and not message.is_hang_up,
        "blocked": message.is_blocked,
    }
    return tuple(name for name, holds in marks.items() if holds)


def _clauses(
    message: Message,
    name: WindowName,
    treatment: Treatment,
    product: Product,
    terms: Terms,
    *,
    onsite_required: bool,
) -> tuple[str, ...]:
    window = window_terms(name, terms)
    here = local(message.answered_at, terms).date()
    reasons = {
        window.clause: True,
        "T3": is_closure(here, terms),
        "E1": onsite_required,
        "E2": message.emergency,
        "E3": treatment in {Treatment.DEFER, Treatment.LIST} or not product.supported,
        "W5": True,
        "W6": True,
        terms.rates.after_hours.clause: window.rate == "after_hours",
        terms.rates.standard.clause: window.rate == "standard",
    }
    return tuple(clause for clause, holds in reasons.items() if holds)
