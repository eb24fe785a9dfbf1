"""Nothing missed while we were down: the phone system's own lists make up for what no webhook told us.

A look reads each list since its mark, less a margin, since lists lag; what it finds goes the way of its webhook, with
the phone system's own times, oldest first. No transaction is open while a list is read. Everything is known by its
SID, so that looks may overlap, repeat and race with webhooks, and no deadline waits for one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

import structlog

from triage.errors import OutcomeUnknown, StoreUnavailable, TransportError
from triage.policy import outage_words
from triage.policy.reconciliation import (
    LONGEST_CALL,
    LOOK_AGAIN_AFTER,
    Place,
    is_left_to_webhooks,
    next_place,
)
from triage.policy.twilio_words import ENDED_CALLS, SILENT_RECORDING
from triage.ports import CallDetails, RecordingDetails, RemembersTraffic, TextDetails
from triage.services.alerts import administrators, tell
from triage.services.completion import learn_call
from triage.services.desk import Desk
from triage.services.intake import PostedRecording, take_recording
from triage.services.late_texts import take_late_text
from triage.services.technician_texts import LONGEST_SENDER, Text
from triage.store import chain, marks
from triage.store.engine import Transaction
from triage.store.marks import OnRecord
from triage.store.models import Mark

log = structlog.get_logger()

Listed = TypeVar("Listed")


@dataclass(frozen=True, slots=True)
class Look:
    """One claimed look at the lists, at each from its own instant on."""

    since: Mapping[str, datetime]
    begun_at: datetime


@dataclass(frozen=True, slots=True)
class Looked:
    """What a look came to: the cases of voicemails that no webhook told of, how many texts, why a list was not read."""

    cases: list[str]
    texts: int
    failures: dict[str, str]


@dataclass(frozen=True, slots=True)
class _Happened:
    """One entry of a list that no webhook told of: when it happened, where the list has it, and what takes it."""

    at: datetime
    sid: str
    name: str
    listed_at: datetime
    take: Callable[[datetime], None]


@dataclass(slots=True)
class _Findings:
    """What one look came to: what no webhook told of, and by list and SID what is still open, since when."""

    voicemails: dict[str, datetime] = field(default_factory=dict)
    texts: list[datetime] = field(default_factory=list)
    unsettled: dict[str, dict[str, datetime]] = field(default_factory=lambda: {name: {} for name in marks.LISTS})
    failures: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Lists:
    calls: Sequence[CallDetails]
    recordings: Sequence[RecordingDetails]
    texts: Sequence[TextDetails]

    @property
    def over(self) -> dict[str, CallDetails]:
        """The calls that ended."""
        return {call.call_sid: call for call in self.calls if call.status in ENDED_CALLS}

    @property
    def messages(self) -> list[RecordingDetails]:
        """In calls to our number. One whose call is not listed is not ours, or is listed again with its call."""
        calls = {call.call_sid for call in self.calls}
        return [one for one in self.recordings if one.is_message and one.call_sid in calls]


def look_soon(desk: Desk, now: datetime) -> None:
    """Make a look due: a scheduler has just started."""
    with desk.store.write() as tx:
        marks.look_at(tx.session, now)


def put_off(desk: Desk, until: datetime) -> None:
    """Let no look be due before this instant: for simulated nights in which no webhook is lost."""
    with desk.store.write() as tx:
        for mark in marks.of_lists(tx.session):
            mark.next_attempt_at = until


def behind_by(desk: Desk, now: datetime) -> dict[str, timedelta]:
    """How far the mark of each list is behind; empty before the first look."""
    with desk.store.read() as session:
        return {mark.name: now - mark.at for mark in marks.of_lists(session)}


def claim_look(desk: Desk, now: datetime) -> Look | None:
    """The look that is due, for one node alone; None where none is. It comes due again, whatever becomes of it."""
    rule = desk.terms.reconciler
    with desk.store.write() as tx:
        found = marks.of_lists(tx.session)
        if not any(mark.next_attempt_at <= now for mark in found):
            return None
        for mark in found:
            mark.next_attempt_at = now + rule.every
        return Look({mark.name: mark.at - rule.looks_back for mark in found}, now)


def look_if_due(desk: Desk, traffic: RemembersTraffic, clock: Callable[[], datetime]) -> Looked | None:
    """What a scheduler does by itself, for when there is none; None where a look was taken a moment ago."""
    with desk.store.read() as session:
        is_first = not marks.of_lists(session)
    if is_first:
        look_soon(desk, clock())
    look = claim_look(desk, clock())
    if look is None:
        return None
    found = _take_look(desk, traffic, look, clock)
    return Looked(sorted(found.voicemails), len(found.texts), dict(found.failures))


def take_look(desk: Desk, traffic: RemembersTraffic, look: Look, clock: Callable[[], datetime]) -> None:
    """Read the lists and take what no webhook told of. A list that fails is read again soon; the others count."""
    _take_look(desk, traffic, look, clock)


def _take_look(desk: Desk, traffic: RemembersTraffic, look: Look, clock: Callable[[], datetime]) -> _Findings:
    found = _Findings()
    lists = _read_all(traffic, look, found)
    known, now = _known(desk, lists), clock()
    happened = [
        *_calls(desk, lists, known, look, now),
        *_voicemails(desk, lists, known, found, now),
        *_texts(desk, lists, known, found, now),
    ]
    for one in sorted(happened, key=lambda one: (one.at, one.sid)):
        try:
            one.take(clock())
        except StoreUnavailable:
            raise
        except Exception:  # the others must not wait for it; it is tried again
            log.exception("found_and_not_taken", sid=one.sid)
            found.unsettled[one.name][one.sid] = one.listed_at
    _finish(desk, found, _looked_at(look, traffic.told_at), clock())
    return found


def _read_all(traffic: RemembersTraffic, look: Look, found: _Findings) -> _Lists:
    """The lists from where they are to be read. No recording is of use without the calls: those have who and when."""
    since = look.since
    calls = _read("calls", traffic.calls, min(since["calls"], since["recordings"]) - LONGEST_CALL, found)
    recordings: Sequence[RecordingDetails] = ()
    if "calls" in found.failures:
        found.failures["recordings"] = found.failures["calls"]
    else:
        recordings = _read("recordings", traffic.recordings, since["recordings"], found)
    texts = _read("texts", traffic.texts, since["texts"], found)
    if found.failures:
        log.warning("lists_failed", lists=sorted(found.failures), reason=next(iter(found.failures.values())))
    return _Lists(calls, recordings, texts)


def _read(
    name: str, read: Callable[[datetime], Sequence[Listed]], since: datetime, found: _Findings
) -> Sequence[Listed]:
    try:
        return read(since)
    except (OutcomeUnknown, TransportError) as error:
        found.failures[name] = str(error)
    except Exception:  # nor must one odd entry stop the other lists, or what administrators are told
        log.exception("list_not_understood", list=name)
        found.failures[name] = "it holds something unexpected"
    return ()


def _known(desk: Desk, lists: _Lists) -> OnRecord:
    with desk.store.read() as session:
        return marks.on_record(
            session,
            list(lists.over),
            [recording.recording_sid for recording in lists.messages],
            [text.message_sid for text in lists.texts],
        )


def _calls(desk: Desk, lists: _Lists, known: OnRecord, look: Look, now: datetime) -> Iterator[_Happened]:
    """Calls that ended are on record, also where nobody left a word: nothing is owed then."""
    recorded = {recording.call_sid for recording in lists.recordings}
    for sid, call in lists.over.items():
        ended_at = call.ended_at or call.started_at or now
        if sid not in known.ended_calls and ended_at >= look.since["calls"] and not is_left_to_webhooks(ended_at, now):
            yield _Happened(ended_at, sid, "calls", ended_at, partial(_take_call, desk, call, recorded))


def _take_call(desk: Desk, call: CallDetails, recorded: Set[str], now: datetime) -> None:
    sid = call.call_sid
    with desk.store.write() as tx:
        if learn_call(tx, desk, call, now) and sid not in recorded:
            tx.record("call_found", at=now, actor="system", call=sid, status=call.status, began=call.started_at)


def _voicemails(desk: Desk, lists: _Lists, known: OnRecord, found: _Findings, now: datetime) -> Iterator[_Happened]:
    calls = {call.call_sid: call for call in lists.calls}
    for recording in lists.messages:
        sid, listed_at = recording.recording_sid, recording.created_at
        ended_at = recording.ended_at or listed_at
        if known.recordings.get(sid):
            continue
        if recording.is_recorded is None or is_left_to_webhooks(ended_at, now):
            found.unsettled["recordings"][sid] = listed_at
        else:
            call, noted = calls[recording.call_sid], None if sid in known.recordings else found
            take = partial(_take_voicemail, desk, recording, call, noted)
            yield _Happened(ended_at, sid, "recordings", listed_at, take)


def _take_voicemail(
    desk: Desk, recording: RecordingDetails, call: CallDetails, found: _Findings | None, now: datetime
) -> None:
    """The way of its webhook. `found` is None where a webhook told of it, and something was lacking."""
    code = recording.error_code
    posted = PostedRecording(
        recording_sid=recording.recording_sid,
        call_sid=recording.call_sid,
        is_recorded=recording.is_recorded is True,
        started_at=recording.started_at,
        duration=recording.duration,
        error_code=code,
        is_silent=None if not code else code in SILENT_RECORDING,
        from_number=call.from_number,
        answered_at=call.started_at,
        is_found=True,
    )
    reference = take_recording(desk, posted, now)
    if found is not None and reference is not None:  # a test call of ours makes no case
        log.info("voicemail_found", recording=recording.recording_sid, call=recording.call_sid, case=reference)
        ended_at = recording.ended_at or recording.created_at
        found.voicemails[reference] = min(ended_at, found.voicemails.get(reference, ended_at))


def _texts(desk: Desk, lists: _Lists, known: OnRecord, found: _Findings, now: datetime) -> Iterator[_Happened]:
    for text in lists.texts:
        sid, sent_at = text.message_sid, text.sent_at
        if sid in known.texts:
            continue
        if is_left_to_webhooks(sent_at, now):
            found.unsettled["texts"][sid] = sent_at
        else:
            yield _Happened(sent_at, sid, "texts", sent_at, partial(_take_text, desk, text, found))


def _take_text(desk: Desk, text: TextDetails, found: _Findings, now: datetime) -> None:
    sender, body = text.from_number[:LONGEST_SENDER], text.body.replace("\x00", "")
    sent = Text(message_sid=text.message_sid, from_number=sender, body=body)
    if take_late_text(desk, sent, text.sent_at, now):
        log.info("text_found", message=text.message_sid)
        found.texts.append(text.sent_at)


def _looked_at(look: Look, told_at: datetime | None) -> datetime:
    """When the lists were read. What they hold is dated by the provider's clock: where ours is ahead, its own counts,
    else what is left next would seem to be older than the mark."""
    return look.begun_at if told_at is None else min(look.begun_at, told_at)


def _finish(desk: Desk, found: _Findings, looked_at: datetime, now: datetime) -> None:
    """Move each mark up to where all is settled, and tell administrators what came late, or will not come at all."""
    with desk.store.write() as tx:
        places = marks.of_lists(tx.session)
        given_up = {mark.name: _move(mark, looked_at, found, now) for mark in places}
        if found.voicemails or found.texts:
            _tell_found(tx, desk, found, now)
        _tell_given_up(tx, desk, {name: sids for name, sids in given_up.items() if sids}, now)
        open_lists = [mark for mark in places if mark.name in found.failures or found.unsettled[mark.name]]
        _tell_behind(tx, desk, open_lists, now)


def _move(mark: Mark, looked_at: datetime, found: _Findings, now: datetime) -> list[str]:
    """Move the mark of one list; returns the SIDs of what is given up. A list that failed stays where it is."""
    unsettled = found.unsettled[mark.name]
    if mark.name in found.failures or unsettled:
        mark.next_attempt_at = min(mark.next_attempt_at, now + LOOK_AGAIN_AFTER)
    if mark.name in found.failures:
        return []
    place, given_up = next_place(Place(mark.at, mark.held_since), looked_at, unsettled)
    mark.at, mark.held_since = place.at, place.held_since
    return given_up


def _tell_given_up(tx: Transaction, desk: Desk, given_up: Mapping[str, Sequence[str]], now: datetime) -> None:
    """What could not be taken for a day: it is in the history by its SID, and somebody has to look for it."""
    if not given_up:
        return
    tx.record("given_up", at=now, actor="system", lists=given_up)
    log.error("given_up", lists=given_up)
    text = outage_words.given_up(given_up)
    tell(tx, administrators(desk.roster(tx.session)), text, terms=desk.terms, now=now)


def _tell_behind(tx: Transaction, desk: Desk, places: Sequence[Mark], now: datetime) -> None:
    """Lists that were not read, or hold something open, for long: told of once, until they move on."""
    longest = desk.terms.reconciler.tells_after
    behind = {mark.name: mark.at for mark in places if now - mark.at > longest}
    if not behind:
        return
    told = chain.newest_of(tx.session, "lists_behind")
    if told is not None and all(told.details["lists"].get(name) == chain.iso(at) for name, at in behind.items()):
        return
    tx.record("lists_behind", at=now, actor="system", lists=behind)
    text = outage_words.lists_behind(sorted(behind), min(behind.values()), now, desk.terms)
    tell(tx, administrators(desk.roster(tx.session)), text, terms=desk.terms, now=now)


def _tell_found(tx: Transaction, desk: Desk, found: _Findings, now: datetime) -> None:
    references = sorted(found.voicemails)
    people = administrators(desk.roster(tx.session))
    outage = chain.newest_of(tx.session, "outage")
    span = [datetime.fromisoformat(outage.details[name]) for name in ("began", "ended")] if outage else []
    if span and all(span[0] <= at <= span[1] for at in (*found.voicemails.values(), *found.texts)):
        beginning = outage_words.down_between(span[0], span[1], now, desk.terms)
        text = outage_words.found_after_outage(beginning, references) if references else ""
    else:
        beginning, text = outage_words.WEBHOOKS_LOST, outage_words.found_in_lists(references, len(found.texts))
    if text:
        tell(tx, people, text, terms=desk.terms, now=now, same_if=beginning)
