"""Bookings: a week of them, a form for another that says what it will cost, and each with what can be done."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response
from wtforms import SelectChoice

from triage.errors import MovedOn, Refused, TriageError
from triage.policy.access import Permission
from triage.policy.bookings import Cost, name_of
from triage.policy.hours import local, span_of_days
from triage.policy.on_call_words import day_in_words
from triage.policy.session_price import Kind
from triage.policy.wall_clock import on_wall
from triage.policy.work import KIND_WORDS
from triage.services import booking_records, bookings
from triage.services.accounts import people
from triage.services.booking_checks import NewBooking, whom
from triage.services.booking_records import Record, show_booking
from triage.services.bookings import Took
from triage.services.recognition import known_dealers
from triage.services.work_records import client
from webhooks.console import console
from webhooks.console.access import needs, signed_in
from webhooks.console.booking_forms import BookForm, CancelForm, FinishForm, MoveForm, SlotForm, StartForm
from webhooks.console.forms import Form
from webhooks.console.layout import form_page
from webhooks.program import desk, program

_A_WEEK = 7
_YEARS = range(2000, 2101)
_TAGS = {"booked": "", "started": "active", "finished": "", "cancelled": "", "missed": "overdue"}
_NOT_YOU = "Your account names nobody of the roster: an administrator links it."


@console.get("/bookings")
@needs(Permission.READ_DEALERS)
def list_bookings() -> str:
    """A week, day by day; today's week also has what nobody has finished."""
    terms, now = desk().terms, program().now()
    today = local(now, terms).date()
    first = _day(request.args.get("from"), today)
    last = first + timedelta(days=_A_WEEK - 1)
    found = booking_records.list_bookings(desk(), *span_of_days(first, last, terms), now)
    open_still = booking_records.left_open(desk(), now, now) if first == today else []
    days: dict[date, list[Record]] = {}
    for each in found:
        if each not in open_still:
            days.setdefault(max(first, local(each["starts_at"], terms).date()), []).append(each)
    return render_template(
        "bookings.html",
        first=first,
        last=last,
        today=today,
        earlier=first - timedelta(days=_A_WEEK),
        later=first + timedelta(days=_A_WEEK),
        days=days,
        left_open=open_still,
        day=day_in_words,
        tags=_TAGS,
    )


@console.get("/bookings/new")
@needs(Permission.RECORD_WORK)
def new_booking() -> tuple[str, int]:
    """The next full hour, for a dealer where the address names one."""
    wall = on_wall(program().now(), ZoneInfo(desk().terms.zone)).replace(minute=0, second=0, microsecond=0)
    starts = wall + timedelta(hours=1)
    given = {"dealer": request.args.get("dealer", "")[:40], "person": signed_in().person_id}
    return _new_page(BookForm(formdata=None, starts=starts, ends=starts + timedelta(hours=1), **given))


@console.post("/bookings/new")
@needs(Permission.RECORD_WORK)
def book() -> Response | tuple[str, int]:
    """What it would cost; or it is booked."""
    form = _fitted(BookForm())
    if not form.validate_on_submit():
        return _new_page(form)
    try:
        new = _new(form)
        if not form.book.data:
            return _new_page(form, cost=bookings.preview(desk(), new, program().now()))
        number = bookings.book(desk(), new, program().now(), actor=signed_in().actor)
    except Refused as error:
        return _new_page(form, error)
    program().bell.ring()
    flash(f"{name_of(number)} is booked. Technician and dealer get a text where they can be reached by one.")
    return redirect(url_for("console.show_booking_page", number=number), 303)


@console.get("/bookings/<int:number>")
@needs(Permission.READ_DEALERS)
def show_booking_page(number: int) -> tuple[str, int]:
    """One booking, and what whoever looks may do with it."""
    return _page(number)


@console.post("/bookings/<int:number>/move")
@needs(Permission.RECORD_WORK)
def move_booking(number: int) -> Response | tuple[str, int]:
    def do(form: MoveForm, now: datetime, seen: int) -> str:
        starts_at, ends_at = form.slot(desk().terms)
        actor = signed_in().actor
        bookings.move(desk(), number, starts_at, ends_at, form.person.data, now, actor=actor, seen=seen)
        return f"{name_of(number)} is moved."

    return _act(number, _fitted(MoveForm()), do)


@console.post("/bookings/<int:number>/cancel")
@needs(Permission.RECORD_WORK)
def cancel_booking(number: int) -> Response | tuple[str, int]:
    def do(form: CancelForm, now: datetime, seen: int) -> str:
        bookings.cancel(desk(), number, form.why.data or "", now, actor=signed_in().actor, seen=seen)
        return f"{name_of(number)} is cancelled."

    return _act(number, CancelForm(), do)


@console.post("/bookings/<int:number>/start")
@needs(Permission.RECORD_WORK)
def start_booking(number: int) -> Response | tuple[str, int]:
    def do(_form: StartForm, now: datetime, seen: int) -> str:
        with desk().store.write() as tx:
            bookings.start(tx, desk(), number, now, actor=signed_in().actor, seen=seen)
        return f"{name_of(number)} has begun."

    return _act(number, StartForm(), do)


@console.post("/bookings/<int:number>/finish")
@needs(Permission.RECORD_WORK)
def finish_booking(number: int) -> Response | tuple[str, int]:
    def do(form: FinishForm, now: datetime, seen: int) -> str:
        took, note = Took(minutes=form.minutes.data), form.work.data or ""
        with desk().store.write() as tx:
            bookings.finish(tx, desk(), number, took, note, now, actor=signed_in().actor, seen=seen)
        return f"{name_of(number)} is finished and billed."

    return _act(number, FinishForm(), do)


def _act(number: int, form: Any, do: Callable[[Any, datetime, int], str]) -> Response | tuple[str, int]:
    """Do what a good form asks for, where whoever asks may. 409 where somebody was faster."""
    _refuse_others(show_booking(desk(), number, program().now()))
    if not form.validate_on_submit() or not form.seen.data.isdecimal():
        return _page(number, form)
    try:
        flash(do(form, program().now(), int(form.seen.data)))
    except MovedOn as error:
        return _page(number, None, error)[0], 409
    except Refused as error:
        return _page(number, form, error)
    program().bell.ring()
    return redirect(url_for("console.show_booking_page", number=number), 303)


def _may_change(booking: Record) -> bool:
    who = signed_in()
    is_own = who.person_id is not None and who.person_id == booking["person"]
    return who.has(Permission.CORRECT_CASES) or (who.has(Permission.RECORD_WORK) and is_own)


def _refuse_others(booking: Record) -> None:
    if not _may_change(booking):
        abort(403, f"{booking['booking']} is {booking['technician']}'s: they or a manager change it.")


def _new(form: BookForm) -> NewBooking:
    starts_at, ends_at = form.slot(desk().terms)
    dealer_id, site_id = whom(desk(), form.dealer.data or None, form.site.data or None)
    return NewBooking(
        starts_at=starts_at,
        ends_at=ends_at,
        person_id=form.person.data,
        product=form.product.data,
        dealer_id=dealer_id,
        site_id=site_id,
        phone=form.number(),
        kind=Kind(form.kind.data),
        note=(form.note.data or "").strip(),
    )


def _new_page(form: BookForm, error: TriageError | None = None, cost: Cost | None = None) -> tuple[str, int]:
    _fitted(form)
    missing = None if form.person.choices else Refused(_NOT_YOU)
    return form_page("booking_new.html", form, error or missing, cost=cost, zone=desk().terms.zone)


def _page(number: int, failed: Form | None = None, error: TriageError | None = None) -> tuple[str, int]:
    """One booking; a form that failed shows again what was typed."""
    booking = show_booking(desk(), number, program().now())
    zone = ZoneInfo(desk().terms.zone)
    slot = {name: on_wall(booking[f"{name}_at"], zone) for name in ("starts", "ends")}
    made: dict[str, Form] = {
        "move": _fitted(MoveForm(formdata=None, person=booking["person"], **slot)),
        "start": StartForm(formdata=None),
        "finish": FinishForm(formdata=None),
        "cancel": CancelForm(formdata=None),
    }
    name = next((name for name, form in made.items() if type(form) is type(failed)), None)
    if name is not None and failed is not None:
        made[name] = failed
    return form_page(
        "booking.html",
        failed or made["start"],
        error,
        booking=booking,
        forms=made,
        failed=name,
        may=booking["may"] if _may_change(booking) else [],
        kinds=KIND_WORDS,
        names=dict(people(desk())),
        tags=_TAGS,
        zone=zone.key,
    )


def _fitted(form: Any) -> Any:
    """A form with those who may be booked: oneself, or anybody; the dealers, and the sites of the one it names."""
    who, everybody = signed_in(), people(desk())
    may_all = who.has(Permission.CORRECT_CASES)
    if isinstance(form, SlotForm):
        form.person.choices = [SelectChoice(*each) for each in everybody if may_all or each[0] == who.person_id]
    if isinstance(form, BookForm):
        known = dict(known_dealers(desk()))
        dealers = [SelectChoice(code, f"{name} ({code})") for code, name in known.items()]
        form.dealer.choices = [SelectChoice("", "None: only a number"), *dealers]
        sites = client(desk(), form.dealer.data).sites if form.dealer.data in known else ()
        form.site.choices = [SelectChoice("", "Not known"), *(SelectChoice(name, name) for name, _ in sites)]
    return form


def _day(written: str | None, today: date) -> date:
    """The day that an address asks for; today for none. 400 for what is no day."""
    if written is None:
        return today
    try:
        found = date.fromisoformat(written)
    except ValueError:
        abort(400, "Write a day like 2026-11-25.")
    if found.year not in _YEARS:
        abort(400, f"Write a year from {_YEARS[0]} to {_YEARS[-1]}.")
    return found
