"""Changing the roster in force: people, rotations, overrides, closures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from pydantic import ValidationError

from triage.errors import Refused, StaleRow
from triage.policy.document import faults_in_words
from triage.policy.roster import Roster
from triage.policy.roster_words import changes_in_words, for_people
from triage.services.desk import Desk
from triage.store import versions
from triage.store.engine import Transaction

Change = Callable[[Roster], Roster]
"""From the roster as it is to the roster as it is to be. May raise Refused, or ValueError with what does not fit."""

_NO_FILE = "console"
"""The source of a roster that began without a file."""


@dataclass(frozen=True, slots=True)
class Changed:
    """A roster before and after a change, and what is different in the words of the record, a sentence each; none where
    nothing is."""

    before: Roster
    roster: Roster
    words: tuple[str, ...]

    def told(self, now: datetime) -> tuple[str, ...]:
        """The same in words for people: with names, and moments as pages show them."""
        return changes_in_words(self.before, self.roster, for_people(now, self.roster, self.before))


def roster_in_force(desk: Desk) -> Roster:
    """The roster that alerts follow now. A form that changes it carries its `version`."""
    with desk.store.read() as session:
        return desk.roster(session)


def preview_change(desk: Desk, change: Change, *, made_from: str) -> Changed:
    """What a change would do. Writes nothing; raises what `change_roster` would raise."""
    return _changed(roster_in_force(desk), change, made_from)


def change_roster(desk: Desk, change: Change, *, made_from: str, actor: str, now: datetime) -> Changed:
    """Make a changed roster the one in force. The roster file counts again once somebody edits it.

    `made_from` is the version that whoever asks has seen. Raises StaleRow where the roster is another one by now, and
    Refused with what does not fit; nothing is written then.
    """
    with desk.store.write() as tx:
        return apply_change(tx, desk, change, made_from=made_from, actor=actor, now=now)


def apply_change(tx: Transaction, desk: Desk, change: Change, *, made_from: str, actor: str, now: datetime) -> Changed:
    """The same, as a part of more that is written."""
    before = desk.roster(tx.session)
    changed = _changed(before, change, made_from)
    if changed.words:
        after = changed.roster
        source = versions.newest_source(tx.session) or _NO_FILE
        versions.add_roster(tx.session, after.version, after.canonical, source=source, now=now)
        tx.record(
            "roster_changed",
            at=now,
            actor=actor,
            changes=list(changed.words),
            before=before.version,
            after=after.version,
        )
    return changed


def _changed(before: Roster, change: Change, made_from: str) -> Changed:
    if before.version != made_from:
        raise StaleRow(
            "Somebody changed the roster while this page was open, so nothing was changed."
            " Open the page again, look at it, then repeat what you wanted."
        )
    try:
        after = Roster.model_validate_json(change(before).canonical)  # a copy with other content is not checked yet
    except ValidationError as error:
        raise Refused(faults_in_words(error)) from None
    except ValueError as error:
        raise Refused(str(error)) from None
    return Changed(before, after, changes_in_words(before, after))
