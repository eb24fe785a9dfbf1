"""Whether a story ended the same after a death: what differs that no rule permits.

Each rule goes by what is on record as its reason. A story without such a reason has to end the very same.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from tests.support.end_states import NO_WEBHOOKS, State
from tests.support.world import CALLER
from triage.policy.delivery import NOT_REPEATED

_REASONS = ("held up", "left out", "not texted again", "unanswered", "lost webhooks", "outages")
"""Parts that are not compared: they are what rules go by."""

_DOWN = ", We were down "

Rule = Callable[[State, State], tuple[State, State]]
"""Of what was expected and what was found, what is still to be compared."""


def differences(expected: State, found: State) -> list[str]:
    """What is there too often, or is not there, and no rule permits; a line each."""
    for rule in _RULES:
        expected, found = rule(expected, found)
    return [
        f"{part}: {expected[part][words]} x expected, {found[part][words]} x found: {words}"
        for part in expected
        if part not in _REASONS
        for words in sorted(expected[part].keys() | found[part].keys())
        if expected[part][words] != found[part][words]
    ]


def _texts_to_callers_are_never_repeated(expected: State, found: State) -> tuple[State, State]:
    """As if those that are on record as lost had been neither planned nor failed (I7)."""
    lost = Counter({words: count for words, count in found["history"].items() if NOT_REPEATED in words})
    missing = [words for words in (expected["texts"] - found["texts"]).elements() if words.startswith(CALLER)]
    if not lost or len(missing) > lost.total():
        return expected, found
    arrived = Counter({"delivery_accepted by phone system: sms": 1, "delivery_delivered by phone system: sms": 1})
    gone = Counter({words: count * len(missing) for words, count in arrived.items()})
    return (
        expected | {"texts": expected["texts"] - Counter(missing), "history": expected["history"] - gone},
        found | {"history": found["history"] - lost},
    )


def _an_answer_dies_with_its_process(expected: State, found: State) -> tuple[State, State]:
    """A text is answered in the answer to its webhook. Where that never comes, one that was taken is not answered, and
    one that was not is found in the lists, and answered by a text."""
    missing, added = Counter[str](), Counter[str]()
    for phone, count in found["unanswered"].items():
        to_them = [words for words in (expected["texts"] - found["texts"]).elements() if words.startswith(f"{phone}: ")]
        missing.update(to_them[:count])
    late = [words for words in (found["sent"] - expected["sent"]).elements() if ", Your text of " in words]
    added.update(late[: missing.total()])
    return expected | {"texts": expected["texts"] - missing}, found | {"sent": found["sent"] - added}


def _nobody_is_alerted_in_vain(expected: State, found: State) -> tuple[State, State]:
    """A call that waited for its phone's line is left to that of a later rung, which went out. What was held up until
    somebody had the case is not repeated."""
    missing = Counter[str]()
    for page, count in (found["left out"] - expected["left out"]).items():
        of_it = [words for words in (expected["sent"] - found["sent"]).elements() if words.startswith(f"{page}: ")]
        missing.update(of_it[:count])
    return expected | {"sent": expected["sent"] - missing}, found


def _a_report_dies_with_its_process(expected: State, found: State) -> tuple[State, State]:
    """What became of a text that was accepted is asked minutes later: a story may end before."""
    for _ in range(found["lost webhooks"]["/twilio/message-status"]):
        for words in expected["sent"] - found["sent"]:
            known = words.replace(": accepted , delivered , ", ": accepted , ")
            if known in found["sent"] - expected["sent"]:
                return expected | {"sent": expected["sent"] - Counter([words]) + Counter([known])}, found
    return expected, found


def _what_is_looked_for_has_arrived(expected: State, found: State) -> tuple[State, State]:
    """The provider's list says at once what became of a text whose answer died with the process: no report says
    before that it was accepted."""
    for _ in range((found["held up"] - expected["held up"]).total()):
        for words in expected["sent"] - found["sent"]:
            known = words.replace(": accepted , delivered , ", ": delivered , ")
            if known in found["sent"] - expected["sent"]:
                expected = expected | {"sent": expected["sent"] - Counter([words]) + Counter([known])}
                break
    return expected, found


def _administrators_hear_of_what_was_lost(expected: State, found: State) -> tuple[State, State]:
    """What a webhook that was lost for good would have told is found in the lists, and they hear once that webhooks do
    not reach us. In a story, where more than a minute is left out between two rounds, they also hear that we were
    down."""
    reasons = {NO_WEBHOOKS: found["lost webhooks"].total(), _DOWN: (found["outages"] - expected["outages"]).total()}
    more = found["sent"] - expected["sent"]
    told = [words for what, times in reasons.items() if times for words in [w for w in more if what in w][:1]]
    return expected, found | {"sent": found["sent"] - Counter(told)}


def _the_same_is_not_texted_twice_in_two_minutes(expected: State, found: State) -> tuple[State, State]:
    """Whom a rung calls it does not text again what they read a moment ago. What was held up comes closer to the next
    rung, or further from the one before."""
    left_out = found["not texted again"] - expected["not texted again"]
    put_in = expected["not texted again"] - found["not texted again"]
    missing = [w for w in (expected["sent"] - found["sent"]).elements() if w.partition(":")[0] in left_out]
    added = [w for w in (found["sent"] - expected["sent"]).elements() if w.partition(":")[0] in put_in]
    return (
        expected | {"sent": expected["sent"] - Counter(set(missing))},
        found | {"sent": found["sent"] - Counter(set(added))},
    )


def _a_rung_comes_at_its_time_or_before(expected: State, found: State) -> tuple[State, State]:
    """Where an alert was held up, the next rung's time may come before the last call of this one has rung out, and
    find its phone's line in use. The rungs are the same."""
    if not found["held up"] - expected["held up"]:
        return expected, found
    moving = ("ladder_moved_on", "call_waits")

    def without(state: State) -> State:
        return state | {"history": Counter({w: n for w, n in state["history"].items() if not w.startswith(moving)})}

    return without(expected), without(found)


_RULES: tuple[Rule, ...] = (
    _texts_to_callers_are_never_repeated,
    _an_answer_dies_with_its_process,
    _nobody_is_alerted_in_vain,
    _a_report_dies_with_its_process,
    _what_is_looked_for_has_arrived,
    _administrators_hear_of_what_was_lost,
    _the_same_is_not_texted_twice_in_two_minutes,
    _a_rung_comes_at_its_time_or_before,
)
