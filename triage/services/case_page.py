"""A case as a page tells it: the words of its story, and what can be heard."""

from __future__ import annotations

from dataclasses import dataclass

from triage.policy.case_story import sections, verdict
from triage.policy.paper import Part
from triage.services.desk import Desk
from triage.services.records import case_record
from triage.store import cases, copies


@dataclass(frozen=True, slots=True)
class CasePage:
    """`audio` are the voicemails whose audio is on our disk, oldest first, with what its file is called."""

    reference: str
    verdict: str
    audio: tuple[tuple[int, str], ...]
    sections: tuple[tuple[str, tuple[Part, ...]], ...]


def case_page(desk: Desk, reference: str) -> CasePage:
    """All there is to tell of a case. Raises NotFound."""
    with desk.store.read() as session:
        record = case_record(session, reference)
        case = cases.by_reference(session, reference)
        assert case is not None  # noqa: S101 - its record was just read
        terms = desk.terms_of(session, case.policy)
        names = {person.id: person.name for person in desk.roster(session).people}
        kept = copies.kept_of_case(session, case.id)
    called = {copy["recording"]: str(copy["file"]) for copy in record["recording_copies"]}
    return CasePage(
        reference=reference,
        verdict=verdict(record),
        audio=tuple((voicemail_id, called[sid]) for voicemail_id, sid, _ in kept),
        sections=sections(record, terms, names, {sid: called[sid] for _, sid, _ in kept}),
    )
