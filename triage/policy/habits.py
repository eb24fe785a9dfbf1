"""How people answer alerts, learnt from those they got; drawn anew for a replay, the same draw at the same seed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Literal, NamedTuple, TypeVar
from zoneinfo import ZoneInfo

from triage.policy.fields import Value

Answer = Literal["key", "text", "pass"]
NIGHT_BEGINS, NIGHT_ENDS = 23, 7
ENOUGH = 8
"""So many samples make a habit of their own; of fewer nobody can say anything."""

_TIME_FOR_A_TEXT, _TIME_FOR_A_CALL = timedelta(minutes=4), timedelta(seconds=20)
"""Who had an alert for so long did not answer it, whatever came next: a call has rung out by then."""
_KEYED_WITHIN = timedelta(minutes=2)
_GIVEN_UP_AFTER = timedelta(hours=6)

T = TypeVar("T")
Question = tuple[object, ...]


class Asked(NamedTuple):
    """An alert, whether it is a call too, and the keys that were pressed on its calls."""

    alert_id: int
    case_id: int
    person_id: str
    created_at: datetime
    is_call: bool
    pressed: str


class Turn(NamedTuple):
    """Somebody `acknowledged`, `passed` or `called_back` a case."""

    at: datetime
    kind: str
    person: str


class Sample(Value):
    """One alert that was answered after so many seconds by a key on its call or by text, taken or passed on; or not.

    `nth` counts the alerts about one case to one person, 1 is the first.
    """

    person: str
    is_call: bool
    is_night: bool
    nth: int
    answer: Answer | None = None
    after_s: float = 0.0


class Return(Value):
    """Somebody took a case: after how many seconds they called back; None where they never did."""

    person: str
    is_night: bool
    after_s: float | None = None


class History(Value):
    """What is known of how people answer."""

    samples: tuple[Sample, ...] = ()
    returns: tuple[Return, ...] = ()


class Habits:
    """Draws answers from a history. Two replays that ask the same question get the same answer."""

    def __init__(self, history: History, seed: int) -> None:
        self._seed = seed
        self._samples = _pools(history.samples, _likeness, lambda each: (each.answer is None, each.after_s))
        self._returns = _pools(history.returns, _of_return, lambda each: (each.after_s is None, each.after_s or 0.0))

    def answer(self, person: str, about: str, *, nth: int, is_call: bool, is_night: bool) -> Sample | None:
        """What a person does about their `nth` alert of a case; None where no alert was ever answered or not."""
        asked = Sample(person=person, is_call=is_call, is_night=is_night, nth=nth)
        return self._draw(self._samples, _likeness(asked), f"{person}/{about}/{nth}")

    def calls_back(self, person: str, about: str, *, is_night: bool) -> float | None:
        """After how many seconds somebody who took a case calls back; None where they do not."""
        drawn = self._draw(
            self._returns, _of_return(Return(person=person, is_night=is_night)), f"{person}/{about}/return"
        )
        return drawn.after_s if drawn else None

    def _draw(self, pools: Mapping[Question, Sequence[T]], questions: Sequence[Question], of: str) -> T | None:
        enough = (pools[each] for each in questions if len(pools.get(each, ())) >= ENOUGH)
        pool = next(enough, pools.get(()))
        if not pool:
            return None
        return pool[int(Random(f"{self._seed}/{of}").random() * len(pool))]  # noqa: S311 - it has to be repeatable # nosec B311


def is_night(at: datetime, zone: ZoneInfo) -> bool:
    """Whether most people sleep: from 23:00 to 7:00."""
    hour = at.astimezone(zone).hour
    return hour >= NIGHT_BEGINS or hour < NIGHT_ENDS


def learn(alerts: Iterable[Asked], turns: Mapping[int, Sequence[Turn]], zone: ZoneInfo, now: datetime) -> History:
    """How people answered these alerts, which come oldest first, as do the turns of each case.

    What says nothing is left out: alerts to whoever had the case already, and those for which there was too little time
    before somebody else took the case, or the next alert came.
    """
    of_each: dict[tuple[int, str], list[Asked]] = defaultdict(list)
    for alert in alerts:
        of_each[alert.case_id, alert.person_id].append(alert)
    samples = []
    for (case_id, _), asked in of_each.items():
        for nth, alert in enumerate(asked, start=1):
            until = asked[nth].created_at if nth < len(asked) else now
            sample = _sample(alert, turns.get(case_id, ()), nth, until, zone)
            if sample is not None:
                samples.append(sample)
    returns = [found for of_case in turns.values() for found in _returns(of_case, zone, now)]
    return History(samples=tuple(samples), returns=tuple(returns))


def _sample(alert: Asked, turns: Sequence[Turn], nth: int, until: datetime, zone: ZoneInfo) -> Sample | None:
    person, at = alert.person_id, alert.created_at
    asked = Sample(person=person, is_call=alert.is_call, is_night=is_night(at, zone), nth=nth)
    holder, enough = None, _TIME_FOR_A_CALL if alert.is_call else _TIME_FOR_A_TEXT
    for turn in turns:
        if turn.at < at:
            holder = None if turn.kind == "passed" else turn.person
        elif holder == person or turn.at >= until:
            break
        elif turn.person == person:
            took = turn.at - at
            is_key = alert.pressed.lstrip("9")[:1] in {"1", "2"} and took <= _KEYED_WITHIN
            answer: Answer = "pass" if turn.kind == "passed" else "key" if is_key else "text"
            return asked.model_copy(update={"answer": answer, "after_s": took.total_seconds()})
        elif turn.kind != "passed":
            return asked if turn.at - at >= enough else None
    return None if holder == person or until - at < enough else asked


def _returns(turns: Sequence[Turn], zone: ZoneInfo, now: datetime) -> Iterable[Return]:
    """Each who took a case, once: when they called back."""
    for person in dict.fromkeys(turn.person for turn in turns if turn.kind == "acknowledged"):
        took = next(turn.at for turn in turns if turn.person == person and turn.kind == "acknowledged")
        called = [turn.at for turn in turns if turn.kind == "called_back" and turn.person == person and turn.at >= took]
        if called:
            yield Return(person=person, is_night=is_night(took, zone), after_s=(called[0] - took).total_seconds())
        elif now - took >= _GIVEN_UP_AFTER:
            yield Return(person=person, is_night=is_night(took, zone))


def _likeness(of: Sample) -> list[Question]:
    """The nearest likeness first: the same person, channel, hour and turn, up to anybody at any time."""
    is_first = of.nth == 1
    return [
        (of.person, of.is_call, of.is_night, is_first),
        (of.person, of.is_call, of.is_night),
        (of.person, of.is_call),
        ("", of.is_call, of.is_night, is_first),
        ("", of.is_call),
        (),
    ]


def _of_return(of: Return) -> list[Question]:
    return [(of.person, of.is_night), (of.person,), ("", of.is_night), ()]


def _pools(
    found: Iterable[T], likeness: Callable[[T], list[Question]], order: Callable[[T], tuple[bool, float]]
) -> dict[Question, list[T]]:
    """The samples by each question that they answer. In this order a draw that is good for one is good for all:
    whoever is quick first, no answer last."""
    pools: dict[Question, list[T]] = defaultdict(list)
    for each in sorted(found, key=order):
        for question in likeness(each):
            pools[question].append(each)
    return pools
