"""Nothing missed while we were down: the phone system's own lists make up for what no webhook told us.

A look reads the lists since its mark, less a margin, since lists lag; what it finds goes the way of its webhook, with
the phone system's own times, oldest first. No transaction is open while a list is read. Everything is known by its
SID, so that looks may overlap, repeat and race with webhooks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

import structlog

from triage.errors import OutcomeUnknown, StoreUnavailable, TransportError
from triage.policy import outage_words
from triage.policy.reconciliation import LOOK_AGAIN_AFTER, is_left_to_webhooks, next_mark
from triage.policy.twilio_words import ENDED_CALLS, SILENT_RECORDING
from triage.ports import CallDetails, KnowsCalls, RecordingDetails, RemembersTraffic, TextDetails
from triage.services.alerts import administrators, tell
from triage.services.completion import learn_call
from triage.services.desk import Desk
from triage.services.intake import PostedRecording, take_recording
from triage.services.late_texts import take_late_text
from triage.services.technician_texts import LONGEST_SENDER, Text
from triage.store import chain, marks
from triage.store.engine import Transaction

log = structlog.get_logger()

MARK = "traffic"
Listed = TypeVar("Listed")


@dataclass(frozen=True, slots=True)
class Look:
    """One claimed look at the lists, from `since` on."""

    since: datetime
    begun_at: datetime


@dataclass(slots=True)
class _Findings:
    """What one look came to: what no webhook told of, and since when something is still open."""

    voicemails: dict[str, datetime] = field(default_factory=dict)
    texts: list[datetime] = field(default_factory=list)
    unsettled: list[datetime] = field(default_factory=list)
    failures: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Lists:
    recordings: Sequence[RecordingDetails]
    calls: Sequence[CallDetails]
    texts: Sequence[TextDetails]


def look_soon(desk: Desk, now: datetime) -> None:
    """Make a look due: a scheduler has just started."""
    with desk.store.write() as tx:
        marks.look_at(tx.session, MARK, now)


def behind_by(desk: Desk, now: datetime) -> timedelta | None:
    """How far the mark is behind; None before the first look."""
    with desk.store.read() as session:
        mark = marks.of(session, MARK)
        return None if mark is None else now - mark.at


def claim_look(desk: Desk, now: datetime) -> Look | None:
    """The look that is due, for one node alone; None where none is. It comes due again, whatever becomes of it."""
    with desk.store.read() as session:
        if not marks.is_due(session, MARK, now):
            return None
    rule = desk.terms.reconciler
    with desk.store.write() as tx:
        mark = marks.of(tx.session, MARK)
        if mark is None or mark.next_attempt_at > now:
            return None
        mark.next_attempt_at = now + rule.every
        return Look(mark.at - rule.looks_back, now)


def take_look(
    desk: Desk, traffic: RemembersTraffic, knows: KnowsCalls, look: Look, clock: Callable[[], datetime]
) -> None:
    """Read the lists and take what no webhook told of. A list that fails is read again soon; the others count."""
    found = _Findings()
    lists = _Lists(
        recordings=_read("recordings", traffic.recordings, look, found),
        calls=_read("calls", traffic.calls, look, found),
        texts=_read("texts", traffic.texts, look, found),
    )
    if found.failures:
        log.warning("lists_failed", lists=sorted(found.failures), reason=next(iter(found.failures.values())))
    now = clock()
    _take_calls(desk, lists, now)
    happened = [*_voicemails(desk, knows, lists, found, now), *_texts(desk, lists, found, now)]
    for at, _, take in sorted(happened, key=lambda one: one[:2]):
        try:
            take(clock())
        except StoreUnavailable:
            raise
        except Exception:  # the others must not wait for it; it is tried again
            log.exception("found_and_not_taken")
            found.unsettled.append(at)
    _finish(desk, look, found, clock())


def _read(name: str, read: Callable[[datetime], Sequence[Listed]], look: Look, found: _Findings) -> Sequence[Listed]:
    try:
        return read(look.since)
    except (OutcomeUnknown, TransportError) as error:
        found.failures[name] = str(error)
        return ()


def _take_calls(desk: Desk, lists: _Lists, now: datetime) -> None:
    """Calls that ended are on record, also where nobody left a word: nothing is owed then."""
    over = {call.call_sid: call for call in lists.calls if call.status in ENDED_CALLS}
    settled = {sid for sid, call in over.items() if is_left_to_webhooks(call.ended_at or now, now)}
    with desk.store.read() as session:
        settled |= marks.ended_calls(session, list(over))
    if not over.keys() - settled:
        return
    recorded = {recording.call_sid for recording in lists.recordings}
    with desk.store.write() as tx:
        for sid in sorted(over.keys() - settled):
            call = over[sid]
            if learn_call(tx, desk, call, now) and sid not in recorded:
                tx.record("call_found", at=now, actor="system", call=sid, status=call.status, began=call.started_at)


_Happened = tuple[datetime, str, Callable[[datetime], None]]
"""When something happened, its SID, and what takes it."""


def _voicemails(desk: Desk, knows: KnowsCalls, lists: _Lists, found: _Findings, now: datetime) -> Iterator[_Happened]:
    messages = [recording for recording in lists.recordings if recording.is_message]
    sids = [recording.recording_sid for recording in messages]
    with desk.store.read() as session:
        whole = marks.whole_recordings(session, sids)
        confirmed = marks.confirmed_recordings(session, sids) if len(whole) < len(sids) else whole
    calls = {call.call_sid: call for call in lists.calls}
    for recording in messages:
        if recording.recording_sid in whole:
            continue
        ended_at = recording.ended_at or recording.created_at
        if recording.is_recorded is None or is_left_to_webhooks(ended_at, now):
            found.unsettled.append(recording.created_at)
            continue
        call = calls.get(recording.call_sid) or _ask(knows, recording.call_sid)
        if call is None:  # the recording is listed before its call, or the answer failed
            found.unsettled.append(recording.created_at)
        elif call.is_ours:
            is_new = recording.recording_sid not in confirmed
            yield (
                ended_at,
                recording.recording_sid,
                partial(_take_voicemail, desk, recording, call, found if is_new else None),
            )


def _ask(knows: KnowsCalls, call_sid: str) -> CallDetails | None:
    try:
        return knows.call(call_sid)
    except (OutcomeUnknown, TransportError) as error:
        log.warning("look_up_failed", call=call_sid, reason=str(error))
        return None


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


def _texts(desk: Desk, lists: _Lists, found: _Findings, now: datetime) -> Iterator[_Happened]:
    with desk.store.read() as session:
        known = marks.known_texts(session, [text.message_sid for text in lists.texts])
    for text in lists.texts:
        if text.message_sid in known:
            continue
        if is_left_to_webhooks(text.sent_at, now):
            found.unsettled.append(text.sent_at)
        else:
            yield text.sent_at, text.message_sid, partial(_take_text, desk, text, found)


def _take_text(desk: Desk, text: TextDetails, found: _Findings, now: datetime) -> None:
    sender, body = text.from_number[:LONGEST_SENDER], text.body.replace("\x00", "")
    sent = Text(message_sid=text.message_sid, from_number=sender, body=body)
    if take_late_text(desk, sent, text.sent_at, now):
        log.info("text_found", message=text.message_sid)
        found.texts.append(text.sent_at)


def _finish(desk: Desk, look: Look, found: _Findings, now: datetime) -> None:
    """Move the mark up to where everything is settled, and tell administrators what came by the lists only."""
    with desk.store.write() as tx:
        mark = marks.of(tx.session, MARK)
        if mark is None:
            return
        if not found.failures:
            mark.at = max(mark.at, next_mark(look.begun_at, found.unsettled))
        if found.unsettled or found.failures:
            mark.next_attempt_at = min(mark.next_attempt_at, now + LOOK_AGAIN_AFTER)
        if found.voicemails or found.texts:
            _tell_administrators(tx, desk, found, now)


def _tell_administrators(tx: Transaction, desk: Desk, found: _Findings, now: datetime) -> None:
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
