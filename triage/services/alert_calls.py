"""A call that alerts: what it says, and what the keys do that the person on it presses."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from triage.errors import Refused
from triage.policy import spoken_alert as words
from triage.policy.alert_call import ANSWERS, MOST_KEYS, Choice, choice, is_answered, with_key
from triage.policy.lifecycle import CaseState, is_moot
from triage.policy.roster import Person, Roster
from triage.policy.terms import Terms
from triage.policy.wording import Card
from triage.services import casework
from triage.services.alerts import card_of, held_since
from triage.services.delivery_reports import answered, unanswered
from triage.services.desk import Desk
from triage.services.escalation import next_alerted
from triage.services.handling import Deed, former_owner_hears, take
from triage.services.recognition import of_case
from triage.store import Session, copies
from triage.store.engine import Transaction
from triage.store.models import Alert, Case, Delivery


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a call says next. It waits for the key of `turn`; where that is None it ends.

    `voicemails` are played before it, newest last, to `listener`. `is_put_through`: then the caller is dialled.
    """

    sentences: list[str]
    turn: int | None = None
    waits_for: timedelta = timedelta(0)
    voicemails: tuple[int, ...] = ()
    listener: str = ""
    is_put_through: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PressedKey:
    """One key on the call of a delivery. `turn` is the menu it answers, from 1; None for the next that is due."""

    delivery_id: int
    call_sid: str
    key: str
    turn: int | None = None


@dataclass(frozen=True, slots=True)
class _Scene:
    """One call that alerts a person about a case, at one instant."""

    row: Delivery
    reason: str
    case: Case
    person: Person
    voicemails: tuple[int, ...]  # those that can be heard, or will be, oldest first
    roster: Roster
    terms: Terms
    now: datetime

    @property
    def actor(self) -> str:
        return f"person:{self.person.id}"

    @property
    def card(self) -> Card:
        return replace(card_of(self.case, self.roster), has_recording=bool(self.voicemails))

    @property
    def is_owner(self) -> bool:
        return self.case.owner == self.person.id and self.case.state == CaseState.ACKNOWLEDGED

    @property
    def is_for_nobody(self) -> bool:
        """Whether somebody else has done meanwhile what this call asks for."""
        return is_moot(CaseState(self.case.state), self.reason) and not self.is_owner


def pick_up(desk: Desk, delivery_id: int, now: datetime) -> Said | None:
    """What is said to whoever picks up; None where there is no such call."""
    with desk.store.read() as session:
        scene = _scene(session, desk, delivery_id, now)
        if scene is None:
            return _notice(session.get(Delivery, delivery_id))
        if scene.is_for_nobody:
            return _nothing_to_do(scene)
        whose = of_case(session, scene.case)
        dealer = whose.dealer.name if whose else None
        card = replace(scene.card, since=held_since(session, scene.case), dealer=dealer)
        was_theirs = scene.case.owner == scene.person.id
        said = words.opening(card, scene.reason, now, scene.terms, is_owner=scene.is_owner, was_theirs=was_theirs)
        return _ask(scene, said, turn=1)


def _notice(row: Delivery | None) -> Said | None:
    """A notice by call asks for nothing: its words, twice."""
    is_notice = row is not None and row.channel == "voice" and row.alert_id is None
    return Said(sentences=[row.body, row.body]) if row is not None and is_notice else None


def take_key(desk: Desk, pressed: PressedKey, now: datetime) -> Said | None:
    """Do what a key asks for, once for each turn; what is said then. None where there is no such call.

    A key counts whatever the phone system said of the call before: reports and keys overtake each other.
    """
    with desk.store.write() as tx:
        scene = _scene(tx.session, desk, pressed.delivery_id, now)
        if scene is None:
            return None
        row = scene.row
        before = row.pressed or ""
        turn = pressed.turn or len(before) + 1
        keys = with_key(before, pressed.key, turn)
        wanted = choice(keys or before[:turn])
        if keys is not None:
            row.pressed = keys
            tx.record_of(
                scene.case,
                "key_pressed",
                at=now,
                actor=scene.actor,
                person=scene.person.id,
                delivery=row.id,
                key=pressed.key,
            )
            if wanted in ANSWERS:
                answered(tx, row, pressed.call_sid, now)
        match wanted:
            case Choice.TAKE | Choice.CALL_NOW:
                return _take(tx, desk, scene, turn, is_new=keys is not None, calls_now=wanted is Choice.CALL_NOW)
            case Choice.HAND_ON:
                return _pass(tx, scene, is_new=keys is not None)
            case Choice.NOTHING:
                return _silence(tx, desk, scene)
            case Choice.LISTEN | Choice.AGAIN:
                return _go_on(scene, turn + 1, is_listening=wanted is Choice.LISTEN)


def take_silence(desk: Desk, delivery_id: int, now: datetime) -> Said | None:
    """A menu was read out and nobody pressed a key: nobody waits for the end of the call to know that."""
    with desk.store.write() as tx:
        scene = _scene(tx.session, desk, delivery_id, now)
        return None if scene is None else _silence(tx, desk, scene)


def _scene(session: Session, desk: Desk, delivery_id: int, now: datetime) -> _Scene | None:
    row = session.get(Delivery, delivery_id)
    alert = session.get(Alert, row.alert_id) if row and row.alert_id and row.channel == "voice" else None
    case = session.get(Case, alert.case_id) if alert else None
    roster = desk.roster(session)
    person = roster.person(row.person_id) if row else None
    if row is None or alert is None or case is None or person is None:
        return None
    voicemails = copies.to_be_heard(session, case.id)
    return _Scene(row, alert.reason, case, person, voicemails, roster, desk.terms_of(session, case.policy), now)


def _ask(scene: _Scene, sentences: list[str], turn: int, voicemails: tuple[int, ...] = ()) -> Said:
    return Said(
        sentences=sentences,
        turn=turn,
        waits_for=scene.terms.alert_call.waits_for_key,
        voicemails=voicemails,
        listener=scene.actor,
    )


def _nothing_to_do(scene: _Scene) -> Said:
    return Said(sentences=words.nothing_to_do(scene.card, scene.case.state))


def _silence(tx: Transaction, desk: Desk, scene: _Scene) -> Said:
    if is_answered(scene.row.pressed or "") and scene.is_owner:
        return Said(sentences=words.after_taking())
    unanswered(tx, desk, scene.row, scene.now)
    return (
        _nothing_to_do(scene)
        if scene.is_for_nobody
        else Said(sentences=words.no_key(scene.card, scene.row.pressed or ""))
    )


def _take(tx: Transaction, desk: Desk, scene: _Scene, turn: int, *, is_new: bool, calls_now: bool) -> Said:
    """Take the case, by the rule of ACK. A repeated request only says again who has it."""
    if is_new:
        deed = Deed(tx, desk, scene.case, scene.person, scene.now)
        try:
            with former_owner_hears(deed):
                take(deed)
        except Refused:
            return _nothing_to_do(scene)
    if not scene.is_owner:
        return _nothing_to_do(scene)
    if calls_now:
        return Said(sentences=words.put_through(scene.card), is_put_through=True)
    sentences = words.taken(scene.card, scene.now, scene.terms)
    if turn >= MOST_KEYS:
        return Said(sentences=[*sentences, *words.after_taking()])
    return _ask(scene, sentences, turn + 1)


def _pass(tx: Transaction, scene: _Scene, *, is_new: bool) -> Said:
    if not is_new or casework.has_passed(tx, scene.case, scene.person):
        return Said(sentences=words.passed_already(scene.card))
    try:
        casework.give_up(tx, scene.case, scene.person, scene.terms, scene.now)
    except Refused:
        return _nothing_to_do(scene)
    following = next_alerted(tx, scene.case, scene.terms, scene.roster, scene.now)
    return Said(sentences=words.passed(scene.card, [person.first_name for person in following]))


def _go_on(scene: _Scene, turn: int, *, is_listening: bool) -> Said:
    """The recordings, if they are asked for, and the menu again."""
    if scene.is_for_nobody:
        return _nothing_to_do(scene)
    if not is_listening:
        return _ask(scene, [words.menu_again(scene.card, scene.terms, is_owner=scene.is_owner)], turn)
    said = words.menu_after_listening(scene.card, scene.terms, is_owner=scene.is_owner)
    return _ask(scene, [said], turn, scene.voicemails)
