"""Work of every kind: a list, a form to record what the telephone did not measure, and each with its price."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from zoneinfo import ZoneInfo

from flask import flash, redirect, request, url_for
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response
from wtforms import SelectChoice

from triage.errors import Refused, TriageError
from triage.policy.access import Permission
from triage.policy.actor_words import actor_in_words
from triage.policy.event_words import event_in_words
from triage.policy.hours import local
from triage.policy.work import KIND_WORDS, NewExpense
from triage.policy.work_words import Row, rows_of, spans_of
from triage.services import work_records
from triage.services.accounts import people
from triage.services.desk import known_names
from triage.services.records import Record
from triage.services.work import Changed, NewWork
from triage.services.work_records import Client, Sought
from webhooks.console import console
from webhooks.console.access import needs, signed_in
from webhooks.console.layout import form_page
from webhooks.console.pager import page_of
from webhooks.console.report_forms import quick
from webhooks.console.work_forms import CorrectForm, SoughtForm, TypedForm, WithdrawForm, WorkForm
from webhooks.program import desk, program

_LAST_DAYS = timedelta(days=30)
_LONGEST_CODE = 40
_NOT_YOU = "Your account names nobody of the roster: an administrator links it."


@console.get("/sessions")
@needs(Permission.READ_DEALERS)
def list_work() -> tuple[str, int]:
    """Work that began in a span of days, of a dealer or a person where asked."""
    today = local(program().now(), desk().terms).date()
    asked = {"first": str(today - _LAST_DAYS), "last": str(today), **request.args.to_dict()}
    form = SoughtForm(MultiDict(asked))
    dealers = work_records.dealers_to_choose(desk())
    form.dealer.choices = _any(dealers, form.dealer.data)
    form.person.choices = _any(people(desk()), form.person.data)
    if not form.validate():
        return form_page("work_list.html", form, page=None, quick=quick())
    sought = Sought(
        first=form.first.data,
        last=form.last.data,
        dealer=form.dealer.data or None,
        person=form.person.data or None,
    )
    kept = {name: form[name].data for name in ("dealer", "person") if form[name].data}
    page = page_of(work_records.find_work(desk(), sought))
    return form_page(
        "work_list.html",
        form,
        page=page,
        found=work_records.list_work(desk(), page.items),
        quick=quick(**kept),
        names=known_names(desk()),
        kinds=KIND_WORDS,
        address={"first": str(sought.first), "last": str(sought.last), **kept},
    )


@console.get("/sessions/new")
@needs(Permission.RECORD_WORK)
def new_work() -> tuple[str, int]:
    """For which dealer, then what."""
    code = request.args.get("dealer", "")[:_LONGEST_CODE]
    who = signed_in().person_id
    form = WorkForm(formdata=None, dealer=code, person=who)
    if (kind := request.args.get("kind")) is not None:
        form.kind.data = kind
    return _new_page(form)


@console.post("/sessions/new")
@needs(Permission.RECORD_WORK)
def record_work() -> Response | tuple[str, int]:
    """What it would cost; or it is kept."""
    form = WorkForm()
    client = _client(form.dealer.data)
    form.fit(_people(), client, desk().terms)
    if not form.validate_on_submit():
        return _new_page(form)
    actor, now = signed_in().actor, program().now()
    try:
        new = _new(form, client)
        if not form.record.data:
            return _new_page(form, checked=work_records.check_work(desk(), new, now, actor=actor))
        number = work_records.keep_work(desk(), new, now, actor=actor)
    except Refused as error:
        return _new_page(form, error)
    flash(f"Work {number} is recorded.")
    return redirect(url_for("console.show_work", number=number), 303)


@console.get("/sessions/<int:number>")
@needs(Permission.READ_DEALERS)
def show_work(number: int) -> tuple[str, int]:
    """One piece of work: times, lines with their arithmetic, what paid for it, what was done with it."""
    return _work_page(number)


@console.post("/sessions/<int:number>/correct")
@needs(Permission.CORRECT_CASES)
def correct_work(number: int) -> Response | tuple[str, int]:
    """Other times, expenses or words; what was not touched stays to the second."""
    found, form = work_records.show_work(desk(), number), CorrectForm()
    if not form.validate_on_submit():
        return _work_page(number, form)
    try:
        changed, actor = _changed(form, found), signed_in().actor
        work_records.correct_work(desk(), number, changed, program().now(), reason=form.reason.data, actor=actor)
    except Refused as error:
        return _work_page(number, form, error)
    flash("It is billed anew. What was said before stays in the history.")
    return redirect(url_for("console.show_work", number=number), 303)


@console.post("/sessions/<int:number>/withdraw")
@needs(Permission.CORRECT_CASES)
def withdraw_work(number: int) -> Response | tuple[str, int]:
    """It was no work."""
    form = WithdrawForm()
    if not form.validate_on_submit():
        return _work_page(number, form)
    try:
        actor = signed_in().actor
        work_records.withdraw_work(desk(), number, program().now(), reason=form.because.data, actor=actor)
    except Refused as error:
        return _work_page(number, form, error)
    flash("It is withdrawn: nothing is billed for it.")
    return redirect(url_for("console.show_work", number=number), 303)


def _new(form: WorkForm, client: Client | None) -> NewWork:
    """The work that a good form means. Raises Refused."""
    whose = work_records.whose(
        desk(), client.code if client else None, form.technician.data or None, form.site.data or None
    )
    if form.site_clock.data and whose.zone is None:
        raise Refused("Choose the site whose clock the times are of.")
    return NewWork(
        kind=form.kind_of_work,
        person_id=form.person.data,
        dealer_id=whose.dealer_id,
        dealer_technician_id=whose.technician_id,
        site_id=whose.site_id,
        product=form.product.data,
        spans=spans_of(form.written_rows(), form.zone(whose.zone, desk().terms)),
        note=form.note.data or "",
        expenses=form.expenses(),
        server=form.server.data or None,
        is_booked=form.booked.data,
        is_sure=form.sure.data,
    )


def _changed(form: CorrectForm, found: Record) -> Changed:
    """What a good form says otherwise than the work does."""
    zone = form.zone(found["zone"], desk().terms)
    rows, spent, note = form.written_rows(), form.expenses(), (form.note.data or "").strip()
    return Changed(
        spans=spans_of(rows, zone) if rows != list(_rows(found, zone)) else None,
        expenses=spent if spent != _spent(found) else None,
        note=note if note != (found["note"] or "") else None,
        is_sure=form.sure.data,
    )


def _new_page(form: WorkForm, error: TriageError | None = None, checked: Record | None = None) -> tuple[str, int]:
    terms = desk().terms
    client = _client(form.dealer.data)
    form.fit(_people(), client, terms)
    return form_page(
        "work_new.html",
        form,
        error or (None if form.person.choices else Refused(_NOT_YOU)),
        client=client,
        dealers=work_records.dealers_to_choose(desk()),
        found=checked,
        zone=terms.zone,
        has_more=_has_more(form),
        per_mile=terms.day_rates.on_site_day.mileage,
    )


def _work_page(
    number: int, failed: CorrectForm | WithdrawForm | None = None, error: TriageError | None = None
) -> tuple[str, int]:
    found = work_records.show_work(desk(), number)
    correct = failed if isinstance(failed, CorrectForm) else _filled(found)
    withdraw = failed if isinstance(failed, WithdrawForm) else WithdrawForm(formdata=None)
    return form_page(
        "work.html",
        failed or WithdrawForm(formdata=None),
        error,
        found=found,
        kinds=KIND_WORDS,
        names=known_names(desk()),
        correct=correct,
        withdraw=withdraw,
        failed="correct" if failed is correct else "withdraw" if failed is withdraw else None,
        has_more=_has_more(correct),
        zone=desk().terms.zone,
        per_mile=desk().terms.day_rates.on_site_day.mileage,
        there=lambda at: f"{at.astimezone(ZoneInfo(found['zone'])):%b %-d, %-I:%M %p}",
        in_words=event_in_words,
        by=partial(actor_in_words, names=known_names(desk())),
    )


def _filled(found: Record) -> CorrectForm:
    """The form as the work is, on the site's clock where it has one."""
    zone = ZoneInfo(found["zone"] or desk().terms.zone)
    return CorrectForm(
        formdata=None,
        site_clock=found["zone"] is not None,
        rows=[{"day": row.day, "began": row.began, "ended": row.ended} for row in _rows(found, zone)],
        spent=[
            {
                "words": each["words"],
                "amount": f"{each['amount']:.2f}" if each["miles"] is None else "",
                "miles": str(each["miles"]) if each["miles"] is not None else "",
            }
            for each in found["expenses"]
        ],
        note=found["note"] or "",
    )


def _rows(found: Record, zone: ZoneInfo) -> tuple[Row, ...]:
    return rows_of([(span["from"], span["to"]) for span in found["spans"]], zone)


def _spent(found: Record) -> tuple[NewExpense, ...]:
    return tuple(
        NewExpense(words=each["words"], amount=each["amount"] if each["miles"] is None else None, miles=each["miles"])
        for each in found["expenses"]
    )


def _has_more(form: TypedForm) -> bool:
    """Whether more rows than the first are in use."""
    return any(entry.form.is_begun() for entry in form.rows[1:])


def _client(code: str | None) -> Client | None:
    """Raises NotFound for a code that no dealer has."""
    return work_records.client(desk(), code) if code else None


def _people() -> list[tuple[str, str]]:
    """Whose work one may type: one's own, or anybody's."""
    who = signed_in()
    everybody = people(desk())
    if who.has(Permission.CORRECT_CASES):
        return everybody
    return [each for each in everybody if each[0] == who.person_id]


def _any(known: list[tuple[str, str]], chosen: str | None) -> list[SelectChoice]:
    """Those to choose from, and the one that was asked for: who left did work, too."""
    others = [(chosen, chosen)] if chosen and chosen not in dict(known) else []
    return [SelectChoice("", "Any"), *(SelectChoice(*each) for each in [*known, *others])]
