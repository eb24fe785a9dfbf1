"""A case as a page tells it: the words of its story, what can be heard, and what whoever looks can do with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from triage.errors import NotFound
from triage.policy.board import standing
from triage.policy.case_actions import Action, Stand, actions_for
from triage.policy.case_story import outcome_on_record, sections, verdict
from triage.policy.lengths import minutes_left
from triage.policy.lifecycle import AWAITING_CALLBACK, CaseState
from triage.policy.paper import Part
from triage.policy.sla import Outcome
from triage.services.case_actions import stand_of
from triage.services.dealer_panel import DealerPanel, dealer_panel
from triage.services.desk import Desk, names_of
from triage.services.records import case_record
from triage.services.sign_in import SignedIn
from triage.store import cases, chain, copies, sessions


@dataclass(frozen=True, slots=True)
class Work:
    """What a session is billed by, as somebody may correct it."""

    rate: str
    stated_minutes: int | None
    measured_s: int


@dataclass(frozen=True, slots=True)
class CasePage:
    """`audio` are the voicemails whose audio is on our disk, oldest first, with what its file is called.

    `seen` is the newest entry of the history that the page tells of. `actions` has what the role allows, with why it
    cannot be done now; None where it can. `people` are those to whom the case can be given: id and name.
    """

    reference: str
    standing: str
    due: datetime | None  # where a callback is still owed
    left: str
    verdict: str
    is_broken: bool
    audio: tuple[tuple[int, str], ...]
    sections: tuple[tuple[str, tuple[Part, ...]], ...]
    seen: int
    stand: Stand
    number: str | None
    phone: str | None  # of whoever looks
    actions: Mapping[Action, str | None]
    people: tuple[tuple[str, str], ...]
    work: Work | None
    dealer: DealerPanel | None


def case_page(desk: Desk, reference: str, who: SignedIn, now: datetime) -> CasePage:
    """All there is to tell of a case. Raises NotFound."""
    with desk.store.read() as session:
        record = case_record(session, reference)
        case = cases.by_reference(session, reference)
        assert case is not None  # noqa: S101 - its record was just read
        terms, roster, names = desk.terms_of(session, case.policy), desk.roster(session), names_of(session, desk)
        kept = copies.kept_of_case(session, case.id)
        stand = stand_of(session, desk, case, now)
        is_owed = stand.state in {*AWAITING_CALLBACK, CaseState.DEFERRED}
        due = case.callback_due if is_owed else None
        stands = standing(stand.state, due=case.callback_due, at_risk_at=case.at_risk_at, now=now)
        found = sessions.of_case(session, case.id)
        work = Work(found.rate, found.stated_minutes, found.measured_s) if found else None
        dealer = dealer_panel(session, desk, case, now)
        seen, number = chain.newest_number(session, case.id), case.number_to_call
    called = {copy["recording"]: str(copy["file"]) for copy in record["recording_copies"]}
    person = roster.person(who.person_id)
    has_it = stand.owner if stand.is_held else None
    actions = actions_for(stand, who.role, person.id if person else None)
    if not stand.has_dealers:
        actions.pop(Action.DEALER, None)
    return CasePage(
        reference=reference,
        standing=stands.value,
        due=due,
        left=minutes_left(due, now) if due is not None else "",
        verdict=verdict(record, terms, names),
        is_broken=outcome_on_record(record) is Outcome.BREACHED,
        audio=tuple((voicemail_id, called[sid]) for voicemail_id, sid, _ in kept),
        sections=sections(record, terms, names, {sid: called[sid] for _, sid, _ in kept}),
        seen=seen,
        stand=stand,
        number=number,
        phone=person.phone if person else None,
        actions=actions,
        people=tuple((one.id, one.name) for one in roster.people if one.id != has_it),
        work=work,
        dealer=dealer,
    )


def audio_of(desk: Desk, reference: str) -> frozenset[int]:
    """The voicemails of a case that can be heard. Raises NotFound."""
    with desk.store.read() as session:
        case = cases.by_reference(session, reference)
        if case is None:
            raise NotFound(f"There is no case {reference}.")
        return frozenset(voicemail_id for voicemail_id, _, _ in copies.kept_of_case(session, case.id))
