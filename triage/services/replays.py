"""The past of a replay, read from the history, and what became of a span of voicemails, real or replayed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from statistics import median
from typing import cast

from triage.errors import Refused
from triage.policy.fields import WindowName
from triage.policy.habits import Asked, History, learn
from triage.policy.hours import span_of_days, zone_of
from triage.policy.instants import microseconds_of
from triage.policy.intake import work_begins
from triage.policy.replay import CaseRun, PastVoicemail, Run, loads
from triage.policy.roster import Roster
from triage.policy.sla import outcome, span
from triage.policy.terms import ProductLine, Terms
from triage.services.desk import Desk, names_of
from triage.store import Session, cases, replays
from triage.store.models import Case
from triage.store.models.case import reference_of

LEARNS_FROM = timedelta(days=180)
"""How long before a span begins what people do about alerts says how they are."""
_USUAL_MINUTES = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """A span of days as it was. `roster` and `terms` are the newest that were in force in it, `rosters` and `contracts`
    how many were. `names` of people by their ids."""

    voicemails: tuple[PastVoicemail, ...]
    history: History
    roster: Roster
    terms: Terms
    rosters: int
    contracts: int
    was: Run
    names: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """A text or call that carries an alert: to whom, whether the alert is a call too, which one of theirs about the
    case. `call_sid` is of the call that began the case."""

    sid: str
    is_call: bool
    alert_id: int
    alerted_at: datetime
    reference: str
    call_sid: str
    person: str
    alert_is_call: bool
    nth: int


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a case stands."""

    reference: str
    owner: str | None
    callback_due: datetime | None
    is_called_back: bool
    is_closed: bool


def past(desk: Desk, first: date, last: date, now: datetime) -> Past:
    """The voicemails of these days and how people answered alerts, of half a year before and since. Writes nothing.

    Raises Refused where no voicemail was left.
    """
    start, end = span_of_days(first, last, desk.terms)
    with desk.store.read() as session:
        left = replays.voicemails_between(session, start, end)
        if not left:
            raise Refused(f"no voicemail was left from {first} to {last}: name another span, or --month")
        minutes = replays.worked_minutes(session, sorted({each.case_id for each in left}))
        usual = round(median(minutes.values())) if minutes else _USUAL_MINUTES
        since = start - LEARNS_FROM
        rosters = [roster for at, roster in desk.rosters(session, start, end, now) if at < end]
        policies = [case.policy for case in replays.cases_left_between(session, start, end)]
        voicemails = tuple(
            PastVoicemail(
                reference=reference_of(each.case_id),
                answered_at=min(each.answered_at, each.left_at),
                seconds=each.duration_s or 0,
                is_silent=each.duration_s is None,
                caller=each.caller,
                is_emergency=each.is_emergency,
                attested=bool(each.attested),
                product=cast("ProductLine", each.product),
                language=each.language,
                number=each.callback_number,
                minutes=minutes.get(each.case_id, usual),
            )
            for each in left
        )
        return Past(
            voicemails=voicemails,
            history=learn(
                replays.alerts_since(session, since), replays.answers_since(session, since), zone_of(desk.terms), now
            ),
            roster=rosters[-1] if rosters else desk.roster(session),
            terms=desk.terms_of(session, policies[-1]) if policies else desk.terms,
            rosters=max(len(rosters), 1),
            contracts=max(len(set(policies)), 1),
            was=_run(session, desk, start, end, now),
            names=names_of(session, desk),
        )


def run_of(desk: Desk, start: datetime, end: datetime, now: datetime) -> Run:
    """What became of the cases whose first message was left in [start, end), by their own references."""
    with desk.store.read() as session:
        return _run(session, desk, start, end, now)


def call_of_each(desk: Desk) -> dict[str, str]:
    """The call that began each case, by the case's reference."""
    with desk.store.read() as session:
        return {reference_of(case_id): sid for case_id, sid in replays.first_call_sids(session).items()}


def carried_by(desk: Desk, sids: list[str]) -> list[Carried]:
    """The alerts that these texts and calls carry; what carries none is left out."""
    with desk.store.read() as session:
        found = replays.carried_by(session, sids)
        if not found:
            return []
        begun = replays.first_call_sids(session)
        asked: dict[int, list[Asked]] = {}
        for each in found:
            if each.case_id not in asked:
                asked[each.case_id] = replays.alerts_of(session, each.case_id)
        return [
            Carried(
                sid=each.sid,
                is_call=each.channel == "voice",
                alert_id=each.alert_id,
                alerted_at=each.created_at,
                reference=reference_of(each.case_id),
                call_sid=begun[each.case_id],
                person=each.person_id,
                alert_is_call=next(alert.is_call for alert in asked[each.case_id] if alert.alert_id == each.alert_id),
                nth=sum(
                    alert.person_id == each.person_id and alert.alert_id <= each.alert_id
                    for alert in asked[each.case_id]
                ),
            )
            for each in found
        ]


def standing(desk: Desk) -> list[Standing]:
    """Where every case stands that is not closed."""
    with desk.store.read() as session:
        return [_standing(case) for case in cases.live(session)]


def standing_of(desk: Desk, reference: str) -> Standing:
    with desk.store.read() as session:
        return _standing(cases.by_references(session, [reference])[0])


def _standing(case: Case) -> Standing:
    return Standing(
        case.reference, case.owner, case.callback_due, case.callback_made_at is not None, case.closed_at is not None
    )


def _run(session: Session, desk: Desk, start: datetime, end: datetime, now: datetime) -> Run:
    found = replays.cases_left_between(session, start, end)
    ids = [case.id for case in found]
    billed, happened = replays.billed(session, ids), replays.happened(session, ids)
    return Run(
        cases=tuple(
            CaseRun(
                reference=case.reference,
                left_at=case.left_at,
                callback_due=case.callback_due,
                owner=case.owner,
                outcome=outcome(case.callback_due, case.callback_made_at, case.breached_at, now),
                to_acknowledge_s=_since_begun(session, desk, case, case.acknowledged_at),
                to_callback_s=_since_begun(session, desk, case, case.callback_made_at),
                basis=case.callback_basis,
                is_deferred="deferred" in case.flags,
                is_exhausted="ladder_exhausted" in happened[case.id],
                had_nobody="nobody_on_call" in happened[case.id],
                billed=billed[case.id],
            )
            for case in found
        ),
        people=loads(replays.sent_to_people(session, ids), zone_of(desk.terms)),
    )


def _since_begun(session: Session, desk: Desk, case: Case, at: datetime | None) -> float | None:
    """Seconds from the start of a case's clock."""
    if at is None:
        return None
    begun = work_begins(
        window=cast("WindowName", case.window),
        left_at=case.left_at,
        is_deferred="deferred" in case.flags,
        terms=desk.terms_of(session, case.policy),
    )
    return span(microseconds_of(begun), microseconds_of(at))
