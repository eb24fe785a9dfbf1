"""The SLA report: figures of a span of days, and the cases behind each of them.

The command line and the console ask the same question and get the same record. Every figure of a group is a figure of
the totals of a report narrowed to that group, so its cases are found by asking that narrower question. Instants are
aware UTC, days and hours are those of the contract's clock, spans are seconds.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Any, TypedDict, cast

import structlog

from triage.errors import NotFound, Refused, StoreUnavailable
from triage.policy.calendar_groups import HOURS, WEEKDAYS, Slot, falls_on, slot_of, week_number, weeks
from triage.policy.fields import WindowName
from triage.policy.hours import local, span_of_days, zone_of
from triage.policy.instants import instant_of, microseconds_of
from triage.policy.intake import work_begins
from triage.policy.monthly_report import last_day_of
from triage.policy.sla import BEHIND, Outcome, Tally, outcome, span, wait_of
from triage.policy.sla_groups import Broken, Counted, Groups, as_kept, counted, is_decided, joined, kept
from triage.services.desk import Desk
from triage.store import Session, cases, dealers, kept_months, vital_signs
from triage.store import chain as history
from triage.store.models.case import reference_of

log = structlog.get_logger()

Record = dict[str, Any]
WINDOWS: tuple[WindowName, ...] = ("support_hours", "evening", "overnight", "other")
FIGURES = tuple(BEHIND)
KEEPING = "months kept"
"""The sign of life of keep_a_month: nothing more could be kept."""
WORTH_KEEPING = 100
"""Cases of a day: fewer are as quickly counted again."""
_DAY, _PAUSE = timedelta(days=1), timedelta(hours=1)
_NOT_PART_OF_A_STORY = frozenset({"delivery_accepted", "delivery_delivered", "transcribed"})


class Narrowed(TypedDict, total=False):
    """What a question may be narrowed to, see there."""

    window: WindowName | None
    technician: str | None
    caller: str | None
    dealer: str | None
    weekday: str | None
    hour: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What a report is about: messages left on the days from `first` to `last`, both included.

    The rest narrows it, None is any: `technician` owns the case, `caller` is the number that it came from or that the
    caller keyed, `dealer` is the code of whose technician called, `weekday` and `hour` (0 to 23) are when the message
    was left.
    """

    first: date
    last: date
    window: WindowName | None = None
    technician: str | None = None
    caller: str | None = None
    dealer: str | None = None
    weekday: str | None = None
    hour: int | None = None


def sla_report(
    desk: Desk,
    asked: Question,
    now: datetime,
    *,
    most_stories: int | None = None,
    most_breaches: int | None = None,
) -> Record:
    """Promises met and broken, how long things took, and when the messages came.

    Told of are the first `most_breaches` breaches, and the story of the first `most_stories`; None is all. The others
    have their instants alone. Raises
    Refused for a span that ends before it begins, NotFound for a technician or a dealer of whom nothing is known.
    """
    with desk.store.read() as session:
        found = _groups(session, desk, asked, now)
        stories = _stories(session, [*islice(found.broken(), most_stories)])
    tallies, volume = found.tallies, found.volume
    return {
        "from": asked.first,
        "to": asked.last,
        "narrowed": {name: getattr(asked, name) for name in Narrowed.__annotations__},
        "totals": _figures(found.totals()),
        "windows": {name: _figures(tallies["windows"][name]) for name in WINDOWS},
        "technicians": {name: _figures(tally) for name, tally in sorted(tallies["technicians"].items())},
        "weeks": [
            {"from": first, "to": last, **_figures(tallies["weeks"][str(week_number(first))])}
            for first, last in weeks(asked.first, asked.last)
        ],
        "weekdays": {name: _figures(tallies["weekdays"][str(weekday)]) for weekday, name in enumerate(WEEKDAYS)},
        "hours": {f"{hour:02}": _figures(tallies["hours"][str(hour)]) for hour in HOURS},
        "volume": {name: volume[weekday * len(HOURS) :][: len(HOURS)] for weekday, name in enumerate(WEEKDAYS)},
        "breaches": [_breach(case, stories.get(case.case_id), now) for case in islice(found.broken(), most_breaches)],
    }


def references_behind(desk: Desk, asked: Question, figure: str, now: datetime) -> list[str]:
    """The cases that a figure of the totals counts or measures: as they were left, the longest wait first where
    the figure is a span.

    Raises as `sla_report` does, and NotFound for a figure that is none.
    """
    if figure not in BEHIND:
        raise NotFound(f"there is no figure {figure}; these are: {', '.join(FIGURES)}")
    with desk.store.read() as session:
        found = [case for case in _counted(session, desk, asked, now) if BEHIND[figure](case)]
    found.sort(key=lambda case: -wait_of(case, figure))
    return [reference_of(case.case_id) for case in found]


def outcomes_between(
    session: Session, desk: Desk, start: datetime, end: datetime, now: datetime
) -> dict[Outcome, list[str]]:
    """What became, by now, of the promises for messages left in [start, end): the references of each outcome."""
    found: dict[Outcome, list[str]] = {each: [] for each in Outcome}
    for case in _judged(session, desk, cases.times_of_left_between(session, start, end), now):
        found[case.outcome].append(reference_of(case.case_id))
    return found


def months_over(first: date, last: date) -> list[tuple[date, date]]:
    """The whole months of a span of days, both ends included."""
    found, month = [], first if first.day == 1 else last_day_of(first.replace(day=1)) + _DAY
    while (end := last_day_of(month)) <= last:
        found.append((month, end))
        month = end + _DAY
    return found


def _groups(session: Session, desk: Desk, asked: Question, now: datetime) -> Groups:
    """The groups of a question: those of whole months and days as they are kept, where they are, else of the cases."""
    if any(getattr(asked, name) is not None for name in Narrowed.__annotations__):
        return counted(_counted(session, desk, asked, now))
    start, end = _span(desk, asked)
    parts = []
    for span_starts, span_ends, groups in _parts(session, desk, start, end):
        lines = () if groups else cases.times_of_left_between(session, span_starts, span_ends)
        parts.append(groups or counted(_judged(session, desk, lines, now)))
    return joined(parts)


def _parts(
    session: Session, desk: Desk, start: datetime, end: datetime
) -> Iterator[tuple[datetime, datetime, Groups | None]]:
    """A span in parts, one after the other: a month or day that is kept, with its groups, and what is between them."""
    at, whole = start, kept_months.within(session, start, end)
    for span_starts, span_ends in sorted(whole, key=lambda span: (span[0], -span[1].timestamp())):
        if span_starts < at or not _is_whole(desk, span_starts, span_ends):
            continue
        if at < span_starts:
            yield at, span_starts, None
        yield span_starts, span_ends, as_kept(*whole[span_starts, span_ends])
        at = span_ends
    if at < end:
        yield at, end, None


def _is_whole(desk: Desk, start: datetime, end: datetime) -> bool:
    """Whether this is a day or a month of the contract's clock, which may be another than when it was kept."""
    first = local(start, desk.terms).date()
    ends = [first, last_day_of(first)] if first.day == 1 else [first]
    return any(span_of_days(first, last, desk.terms) == (start, end) for last in ends)


def is_keeping_due(last: datetime | None, now: datetime) -> bool:
    """An hour after no month could be kept, or where the clock was put back since; else at once."""
    return last is None or not timedelta() <= now - last < _PAUSE


def keep_a_month(desk: Desk, now: datetime) -> bool:
    """Keep the groups of the newest month that is over, decided and not kept; where there is none, of such a day with
    many cases. False where there is neither.

    Whatever changes a case of a time that is kept removes it, in the database itself: see kept_months. Raises nothing
    but StoreUnavailable: a report that takes longer must not end the sweep that keeps the house.
    """
    try:
        with desk.store.read() as session:
            found = _not_kept(session, desk, now)
        if found is not None and _keep(desk, *found, now):
            return True
    except StoreUnavailable:
        raise
    except Exception:
        log.exception("month_not_kept")
    with desk.store.write() as tx:
        vital_signs.show(tx.session, KEEPING, now)
    return False


def _keep(desk: Desk, start: datetime, end: datetime, now: datetime) -> bool:
    """Whether it is decided still: then it is kept, instead of its days."""
    with desk.store.write() as tx:  # alone: what is counted is what is kept
        parts = []
        for span_starts, span_ends, groups in _parts(tx.session, desk, start, end):
            lines = [] if groups else list(cases.times_of_left_between(tx.session, span_starts, span_ends))
            if not all(_is_line_decided(line) for line in lines):
                return False
            parts.append(groups or counted(_judged(tx.session, desk, lines, now)))
        kept_months.keep(tx.session, start, end, *kept(joined(parts)))
    return True


def _is_line_decided(line: cases.CaseLine) -> bool:
    _, _, _, _, _, due, _, made_at, breached_at, _ = line
    return is_decided(due, made_at, breached_at)


def _not_kept(session: Session, desk: Desk, now: datetime) -> kept_months.Span | None:
    """The newest decided month or else day that is over and not kept, since the first message was left."""
    oldest = cases.first_left_at(session)
    if oldest is None:
        return None
    first, yesterday = local(oldest, desk.terms).date().replace(day=1), local(now, desk.terms).date() - _DAY
    known = kept_months.names(session)
    months = [each for each in months_over(first, yesterday) if span_of_days(*each, desk.terms) not in known]
    for month in reversed(months):
        if _all_decided(session, span := span_of_days(*month, desk.terms)):
            return span
    running = (yesterday.replace(day=1), yesterday)
    for month in dict.fromkeys((running, *reversed(months))):
        for span in reversed(_days_not_kept(desk, month, known)):
            if cases.count_left_between(session, *span) >= WORTH_KEEPING and _all_decided(session, span):
                return span
    return None


def _all_decided(session: Session, span: kept_months.Span) -> bool:
    return all(map(_is_line_decided, cases.times_of_left_between(session, *span, is_waiting=True)))


def _days_not_kept(desk: Desk, month: tuple[date, date], known: set[kept_months.Span]) -> list[kept_months.Span]:
    if span_of_days(*month, desk.terms) in known:
        return []
    first, last = month
    days = (first + _DAY * number for number in range((last - first).days + 1))
    return [span for day in days if (span := span_of_days(day, day, desk.terms)) not in known]


def _span(desk: Desk, asked: Question) -> tuple[datetime, datetime]:
    if asked.last < asked.first:
        raise Refused("the span ends before it begins")
    return span_of_days(asked.first, asked.last, desk.terms)


def _counted(session: Session, desk: Desk, asked: Question, now: datetime) -> Iterator[Counted]:
    """The cases that the question is about, in the order in which they were left."""
    start, end = _span(desk, asked)
    _check_technician(session, desk, asked.technician)
    rows = cases.times_of_left_between(
        session,
        start,
        end,
        window=asked.window,
        technician=asked.technician,
        caller=asked.caller,
        dealer_id=dealers.known(session, asked.dealer).id if asked.dealer is not None else None,
    )
    return _judged(session, desk, rows, now, weekday=asked.weekday, hour=asked.hour)


def _judged(
    session: Session,
    desk: Desk,
    rows: Iterable[cases.CaseLine],
    now: datetime,
    *,
    weekday: str | None = None,
    hour: int | None = None,
) -> Iterator[Counted]:
    """What became of each case of these rows of `cases.times_of_left_between`, in their order; of those that were left
    on this weekday and in this hour."""
    at, zone, beginnings = microseconds_of(now), zone_of(desk.terms), _Beginnings(session, desk)
    slot, slot_ends, falls_in = Slot(0, 0, 0), -math.inf, False
    for case_id, window, owner, deferred_under, left, due, acknowledged_at, made_at, breached_at, basis in rows:
        if left >= slot_ends:
            slot, slot_ends = slot_of(left, zone)
            falls_in = falls_on(slot, weekday=weekday, hour=hour)
        if falls_in:
            begins_at = left if deferred_under is None else beginnings.of(deferred_under, window, left)
            yield Counted(
                case_id, window, owner, slot, left, due, made_at, outcome(due, made_at, breached_at, at),
                span(begins_at, acknowledged_at), span(begins_at, made_at), basis,
            )  # fmt: skip


class _Beginnings:
    """When the clocks of deferred cases start, in microseconds. Cases are asked for in the order in which they were
    left: until the clock of one starts, those of its kind that are left later start with it."""

    def __init__(self, session: Session, desk: Desk) -> None:
        self._session, self._desk = session, desk
        self._next: dict[tuple[str, str], int] = {}

    def of(self, policy: str, window: str, left: int) -> int:
        begins_at = self._next.get((policy, window), 0)
        if left >= begins_at:
            terms = self._desk.terms_of(self._session, policy)
            name, left_at = cast("WindowName", window), instant_of(left)
            begins_at = microseconds_of(work_begins(window=name, left_at=left_at, is_deferred=True, terms=terms))
            self._next[policy, window] = begins_at
        return begins_at


def _check_technician(session: Session, desk: Desk, person_id: str | None) -> None:
    """A name that was mistyped is told of, not reported as somebody without cases."""
    if person_id is None or desk.roster(session).person(person_id) is not None:
        return
    if not cases.has_owned(session, person_id):
        known = ", ".join(person.id for person in desk.roster(session).people)
        raise NotFound(f"there is no technician {person_id}; on the roster are: {known or 'nobody'}")


def _figures(tally: Tally) -> Record:
    return cast("Record", tally.figures().as_dict())


def _breach(case: Broken, story: list[Record] | None, now: datetime) -> Record:
    """A broken promise, and what was done about it, in order."""
    due = instant_of(case.callback_due)
    made = instant_of(case.callback_made_at) if case.callback_made_at is not None else None
    told = {} if story is None else {"story": story}
    return {
        "ref": reference_of(case.case_id),
        "window": case.window,
        "owner": case.technician,
        "left_at": instant_of(case.left),
        "callback_due": due,
        "callback_made_at": made,
        "late_s": round(((made or now) - due).total_seconds(), 3),
        **told,
    }


def _stories(session: Session, breached: Sequence[Broken]) -> dict[int, list[Record]]:
    """What was done about each case, oldest first; without what says nothing of who did what."""
    found: dict[int, list[Record]] = {case.case_id: [] for case in breached}
    for case_id, at, kind, actor, details in history.events_of_all(session, list(found)):
        if kind not in _NOT_PART_OF_A_STORY:
            found[case_id].append({"at": at, "kind": kind, "actor": actor, "details": details})
    return found
