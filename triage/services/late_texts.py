"""Texts that no webhook told us of, found in the phone system's list: done as if they had come in time.

What they mean may have changed meanwhile. A text that its sender has overtaken by a later one, or that could mean
something else by now, is kept and not done, and the sender is asked to send it again.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from triage.policy import outage_words
from triage.policy.commands import is_reserved
from triage.services.alerts import tell
from triage.services.callers import send_answer
from triage.services.desk import Desk
from triage.services.technician_texts import Text, carry_out, write_down
from triage.store import texts
from triage.store.engine import Transaction
from triage.store.models import Case, InboundText


def take_late_text(desk: Desk, text: Text, sent_at: datetime, now: datetime) -> bool:
    """Keep a text that was sent at `sent_at`, do what it says, and answer a technician by SMS.

    False where it is known already.
    """
    with desk.store.write() as tx:
        if texts.with_sid(tx.session, text.message_sid) is not None:
            return False
        later = texts.of_sender_after(tx.session, text.from_number, sent_at)
        kept = write_down(tx, desk, text, sent_at)
        is_done = not _is_overtaken(kept, later)
        if is_done:
            carry_out(tx, desk, kept, sent_at, found_at=now)
        elif kept.body.casefold().split() not in [other.body.casefold().split() for other in later]:
            kept.reply = outage_words.OVERTAKEN
        tx.record(
            "found_by_reconciler",
            at=now,
            actor="system",
            case_id=kept.case_id,
            message=text.message_sid,
            sent_at=sent_at,
            done=is_done,
        )
        _send_reply(tx, desk, kept, sent_at, now)
        return True


def _is_overtaken(kept: InboundText, later: Sequence[InboundText]) -> bool:
    """Whether the sender has spoken since, so that this text would undo what came after it."""
    if is_reserved(kept.body):
        return any(is_reserved(other.body) for other in later)
    return kept.sender.startswith("person:") and any(not is_reserved(other.body) for other in later)


def _send_reply(tx: Transaction, desk: Desk, kept: InboundText, sent_at: datetime, now: datetime) -> None:
    """There is no webhook to answer any more: the answer goes out as a text of its own."""
    if not kept.reply:
        return
    person = desk.roster(tx.session).person_with_phone(kept.from_number)
    if person is not None:
        text = outage_words.late_answer(kept.body, sent_at, kept.reply, now, desk.terms)
        tell(tx, [person], text, terms=desk.terms, now=now)
    elif kept.case_id is not None:
        send_answer(tx, tx.session.get_one(Case, kept.case_id), kept.from_number, kept.reply, now)
