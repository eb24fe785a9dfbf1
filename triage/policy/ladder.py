"""The escalation ladder: whom to alert next, and when."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from triage.policy.fields import Channel
from triage.policy.roster import Person, Roster, Shift, people_for, shift_at
from triage.policy.terms import Step, Terms

Blocked = frozenset[tuple[str, str]]
"""Pairs of a phone and a channel that cannot reach it, such as an SMS to a phone that opted out."""


RUNGS = frozenset({"ladder", "emergency"})
"""Reasons of the alerts that are rungs of the ladder: of any, and of an emergency's whose owner is asked first."""

_SAME_WORDS_WITHIN = timedelta(minutes=2)
"""Reading: a text says nothing new before that."""


@dataclass(frozen=True, slots=True)
class Position:
    """Where a case stands on its ladder.

    `step` is the next rung, from 0; its instant is `base_at` and the rung's own `after`. `passed` are those who
    said "not me" in this round.
    """

    base_at: datetime
    step: int = 0
    round: int = 1
    passed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Summons:
    """One person to alert, by these channels."""

    person: Person
    channels: tuple[Channel, ...]


@dataclass(frozen=True, slots=True)
class LadderFacts:
    """What decides the next move of an open or acknowledged case."""

    position: Position
    is_emergency: bool
    hold_until: datetime | None  # an acknowledgement without a callback holds the ladder until then
    blocked: Blocked = frozenset()


@dataclass(frozen=True, slots=True)
class Page:
    """Alert these people now; then the case stands at `position`."""

    step: int
    round: int
    people: tuple[Summons, ...]
    position: Position


@dataclass(frozen=True, slots=True)
class NobodyOnCall:
    """The rung is due and reaches nobody; then the case stands at `position`."""

    step: int
    round: int
    targets: tuple[str, ...]
    position: Position


@dataclass(frozen=True, slots=True)
class Resume:
    """The acknowledgement was not followed by a callback: the ladder goes on from `position`."""

    position: Position


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing to do before `until`."""

    until: datetime


@dataclass(frozen=True, slots=True)
class Exhausted:
    """Every round is climbed, and its last rung had its time to answer."""


Decision = Page | NobodyOnCall | Resume | Wait | Exhausted


def decide(facts: LadderFacts, terms: Terms, roster: Roster, now: datetime) -> Decision:
    """The next move. The same facts at the same instant give the same move."""
    position = facts.position
    steps = rungs(terms, is_emergency=facts.is_emergency)
    if facts.hold_until is not None:
        if now < facts.hold_until:
            return Wait(facts.hold_until)
        return Resume(_resumed(position, terms, now) if facts.is_emergency else pulled(position, steps, now))
    if position.round > terms.ladder.rounds:  # the last rung gets as long to answer as one between two rounds
        over = position.base_at + steps[0].after
        return Exhausted() if now >= over else Wait(over)
    step = steps[position.step]
    due = position.base_at + step.after
    if now < due:
        return Wait(due)
    people = _reached(step, roster, now)
    left = tuple(person for person in people if person.id not in position.passed)
    after = _climbed(position, steps, terms.ladder.repeat_after, due)
    if people and not left:
        # Counted from `due`, not from now: asked again later, the answer must be the same.
        return decide(replace(facts, position=_hurried(after, position, steps, due)), terms, roster, now)
    summons = reached_by(left, step.by, facts.blocked)
    if not summons:
        return NobodyOnCall(position.step, position.round, step.to, _hurried(after, position, steps, now))
    return Page(position.step, position.round, summons, after)


def rungs(terms: Terms, *, is_emergency: bool) -> tuple[Step, ...]:
    return terms.ladder.emergency if is_emergency else terms.ladder.steps


def pulled(position: Position, steps: tuple[Step, ...], now: datetime) -> Position:
    """The same position with its next rung due now; later rungs keep their distance from it."""
    return replace(position, base_at=now - steps[position.step].after)


def after_owner(steps: tuple[Step, ...], repeat_after: timedelta, now: datetime) -> Position:
    """The position of a case that becomes an emergency while somebody has it: to ask them again is its first rung."""
    return _climbed(pulled(Position(now), steps, now), steps, repeat_after, now)


def moved_on(position: Position, steps: tuple[Step, ...], now: datetime) -> Position | None:
    """The position after a rung that nobody can answer any more: the next one is due now.

    None where there is nothing to hurry: it is due already, or the pause between two rounds lies before it.
    """
    if position.step == 0 or position.base_at + steps[position.step].after <= now:
        return None
    return pulled(position, steps, now)


def is_early(
    rung: tuple[int, int], before: tuple[int, int], *, climbed_at: datetime, steps: tuple[Step, ...], now: datetime
) -> bool:
    """Whether a rung comes sooner after the one `before`, climbed last, than its time; rungs are (round, step).

    Such a rung calls people all the same: that is what it came early for. It does not text them again what a text said
    a moment ago, see `says_the_same`. A rung in its time, however soon, says what it says.
    """
    (round_, step), (last_round, last_step) = rung, before
    if round_ != last_round or not last_step < step < len(steps):
        return False
    return now - climbed_at < steps[step].after - steps[last_step].after


def says_the_same(told_at: datetime, now: datetime) -> bool:
    """Whether an alert by text would say what one of `told_at` said."""
    return now - told_at < _SAME_WORDS_WITHIN


def passed_on(position: Position, person_id: str, steps: tuple[Step, ...], now: datetime) -> Position:
    """The position after "not me": the next person is due now."""
    passed = tuple(sorted({*position.passed, person_id}))
    return pulled(replace(position, passed=passed), steps, now)


def reachable_by(person: Person, by: tuple[Channel, ...], blocked: Blocked) -> tuple[Channel, ...]:
    """The channels that a rung uses for a person: those it names, else whichever reaches the person.

    A phone that refuses texts is called, even where the roster names SMS only: nobody waits for a dead phone.
    """
    allowed = [channel for channel in person.channels if (person.phone, channel) not in blocked]
    wanted = tuple(channel for channel in by if channel in allowed)
    if wanted or allowed:
        return wanted or (allowed[0],)
    return () if (person.phone, "voice") in blocked else ("voice",)


def reached_by(people: Iterable[Person], by: tuple[Channel, ...], blocked: Blocked) -> tuple[Summons, ...]:
    """People with the channels that reach them; those whom none reaches are left out."""
    return tuple(Summons(person, channels) for person in people if (channels := reachable_by(person, by, blocked)))


def audience(
    targets: tuple[str, ...], roster: Roster, at: datetime, *, owner: str | None, is_held: bool
) -> tuple[Person, ...]:
    """Whom an at-risk or breach alert goes to. While somebody has the case, only they and the managers."""
    words = tuple(word for word in targets if word in {"owner", "managers"}) if is_held else targets
    people = _each_once(person for word in words for person in people_for(roster, word, at, owner))
    return people or roster.in_charge()


def next_realert(due: datetime, every: timedelta, now: datetime) -> datetime:
    """The next instant after `now` at which a broken promise is alerted again, counted from the deadline."""
    return due + ((now - due) // every + 1) * every


@dataclass(frozen=True, slots=True)
class OnCall:
    """A person that the ladder would reach, by which of its words, and how long that word means them."""

    person: Person
    target: str
    until: datetime | None


def would_reach(terms: Terms, roster: Roster, at: datetime) -> list[OnCall]:
    """Everybody whom the ordinary ladder would reach at an instant, in its order, each once."""
    found: dict[str, OnCall] = {}
    for step in terms.ladder.steps:
        for target in step.to:
            shift = _shift(roster, target, at)
            for person in people_for(roster, target, at):
                found.setdefault(person.id, OnCall(person, target, shift.ends if shift else None))
    return list(found.values())


def unknown_targets(terms: Terms, roster: Roster) -> list[str]:
    """Words of the ladder that neither the roster nor the product knows."""
    known = {"everyone", "managers", "owner"} | {rotation.name for rotation in roster.rotations}
    return sorted(targets(terms) - known)


def targets(terms: Terms) -> set[str]:
    """Every word by which the ladder says whom to alert: rotations, and the reserved ones."""
    steps = (*terms.ladder.steps, *terms.ladder.emergency)
    return {target for step in steps for target in step.to} | {*terms.promise.at_risk_to, *terms.promise.breach_to}


def _reached(step: Step, roster: Roster, at: datetime) -> tuple[Person, ...]:
    people = _each_once(person for target in step.to for person in people_for(roster, target, at))
    if 0 < len(people) < step.at_least:
        people = _each_once((*people, *roster.people))[: step.at_least]
    return people


def _resumed(position: Position, terms: Terms, now: datetime) -> Position:
    """Where an emergency goes on whose taker did not call back: at the foot of its ladder, which rings two people."""
    round_ = min(position.round, terms.ladder.rounds)
    return pulled(replace(position, step=0, round=round_), terms.ladder.emergency, now)


def _climbed(position: Position, steps: tuple[Step, ...], repeat_after: timedelta, due: datetime) -> Position:
    """The position after a rung: the next one, or the first of the next round, where nobody has passed yet."""
    if position.step + 1 < len(steps):
        return replace(position, step=position.step + 1)
    return Position(base_at=due + repeat_after - steps[0].after, step=0, round=position.round + 1)


def _hurried(after: Position, before: Position, steps: tuple[Step, ...], now: datetime) -> Position:
    """A rung that reached nobody costs no time, except between rounds."""
    return after if after.round > before.round else pulled(after, steps, now)


def _shift(roster: Roster, target: str, at: datetime) -> Shift | None:
    rotation = next((rotation for rotation in roster.rotations if rotation.name == target), None)
    return shift_at(roster, rotation, at) if rotation else None


def _each_once(people: Iterable[Person]) -> tuple[Person, ...]:
    seen: dict[str, Person] = {}
    for person in people:
        seen.setdefault(person.id, person)
    return tuple(seen.values())
