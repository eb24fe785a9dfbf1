"""Everything about one case in one zip, for a dispute: the record, the story on paper, the audio, the contract.

The same state of the database gives the same bytes. That it was handed out is part of the history, and so the next
pack of the case tells of it.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from dataclasses import dataclass
from datetime import datetime

from triage.errors import FolderUnusable, NotFound
from triage.policy.case_story import Evidence, story
from triage.policy.terms import Terms
from triage.policy.written import as_json
from triage.ports import PrintsPaper
from triage.services.desk import Desk, names_of
from triage.services.recordings import open_copy
from triage.services.records import Record, case_record
from triage.store import Session, cases, chain, copies, versions
from triage.store.recording_folder import RecordingFolder

_THE_SAME_TIME = (1980, 1, 1, 0, 0, 0)  # the first that a zip can hold
_UNIX, _READABLE = 3, 0o100644 << 16

MOST_CHECKED_AT_ONCE = 50_000
"""Entries of the history that are checked within a second."""

_README = """\
case.pdf: the story of the case, to be read. case.json: its whole record, for programs.
recordings/: what the caller said, as the phone system recorded it; case.pdf names recordings that are no longer kept.
policy.json: the contract that the case began with; its SHA-256 begins with the version that case.json names.
SHA256SUMS: the hash of every file. Check them in this folder with: sha256sum -c SHA256SUMS
The history's check and its last hash stand at the end of case.pdf; afterhours audit verify makes the check anew.
"""


@dataclass(frozen=True, slots=True)
class Pack:
    """A zip with its SHA-256 and the names of what is in it."""

    content: bytes
    sha256: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Facts:
    """What the database says at one instant. `kept` are the recordings on our disk: row id, SID, hash."""

    record: Record
    terms: Terms
    policy: str
    names: dict[str, str]
    evidence: Evidence
    kept: tuple[tuple[int, str, str], ...]


def export_case(
    desk: Desk,
    folder: RecordingFolder,
    printer: PrintsPaper,
    reference: str,
    *,
    actor: str,
    now: datetime,
    is_awaited: bool = False,
) -> Pack:
    """The pack of a case, and an entry of the history that says who got it. Raises NotFound, FolderUnusable.

    Where somebody waits for it, a long history is not checked as a whole, and the pack says so.
    """
    facts = _load(desk, reference, is_awaited=is_awaited)
    audio: dict[str, bytes] = {}
    for voicemail_id, sid, sha256 in facts.kept:
        try:
            path = open_copy(desk, folder, voicemail_id, listener=actor, now=now, is_to_take_away=True)
        except NotFound:  # it was changed or taken away, which is on record now
            facts = _load(desk, reference, is_awaited=is_awaited)
            continue
        audio[sid] = folder.read(path.name)
        if hashlib.sha256(audio[sid]).hexdigest() != sha256:
            raise FolderUnusable(f"{path}: it was changed while it was read")
    pack = _zipped(_files(facts, audio, printer))
    with desk.store.write() as tx:
        case = cases.by_reference(tx.session, reference)
        assert case is not None  # noqa: S101 - no case is ever deleted
        tx.record_of(case, "case_exported", at=now, actor=actor, sha256=pack.sha256, size=len(pack.content))
    return pack


def _load(desk: Desk, reference: str, *, is_awaited: bool) -> _Facts:
    with desk.store.read() as session:
        record = case_record(session, reference)
        case = cases.by_reference(session, reference)
        assert case is not None  # noqa: S101 - its record was just read
        return _Facts(
            record=record,
            terms=desk.terms_of(session, record["policy"]),
            policy=versions.policy_content(session, record["policy"]),
            names=names_of(session, desk),
            evidence=_checked(session, case.id, is_awaited=is_awaited),
            kept=copies.kept_of_case(session, case.id),
        )


def _checked(session: Session, case_id: int, *, is_awaited: bool) -> Evidence:
    entries, last = chain.head(session)
    if is_awaited and entries > MOST_CHECKED_AT_ONCE:
        return Evidence(entries, last, chain.fault_of_case(session, case_id) or "", is_whole=False)
    verdict = chain.verify(session)
    fault = "" if verdict.first_bad is None else f"entry {verdict.first_bad} of the history: {verdict.reason}"
    return Evidence(verdict.entries, verdict.head, fault)


def _files(facts: _Facts, audio: dict[str, bytes], printer: PrintsPaper) -> dict[str, bytes]:
    """Every file by its name, in the order of the zip."""
    names = {copy["recording"]: f"recordings/{copy['file']}" for copy in facts.record["recording_copies"]}
    files = {sid: names[sid] for sid in audio}
    paper = story(facts.record, facts.terms, facts.names, files, facts.evidence)
    content = {
        "README.txt": _README.encode(),
        "case.pdf": printer.print(paper),
        "case.json": f"{as_json(facts.record)}\n".encode(),
        "policy.json": facts.policy.encode(),
        **{files[sid]: heard for sid, heard in audio.items()},
    }
    sums = "".join(f"{hashlib.sha256(held).hexdigest()}  {name}\n" for name, held in content.items())
    return {**content, "SHA256SUMS": sums.encode()}


def _zipped(files: dict[str, bytes]) -> Pack:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:  # unlike deflate, the same with every library
        for name, held in files.items():
            entry = zipfile.ZipInfo(name, _THE_SAME_TIME)
            entry.create_system, entry.external_attr = _UNIX, _READABLE
            archive.writestr(entry, held)
    content = out.getvalue()
    return Pack(content, hashlib.sha256(content).hexdigest(), tuple(files))
