"""What technicians hear and read of a message that they asked to hear by phone."""

from __future__ import annotations

from triage.policy.speech import digits, span_in_words
from triage.policy.terms import Limits

NO_KEY = "No key was pressed. Nothing was played. Text H E A R to be rung again. Goodbye."
HOW_TO_TAKE = "To take the case, text A C K."


def whose(name: str | None, *, is_held: bool, is_theirs: bool) -> str:
    """Who has the case that somebody wants to hear. `name` is whoever has it, or had it last."""
    if is_theirs:
        return "It is yours."
    return f"{name} has it." if is_held and name else "Nobody has it."


def ringing(reference: str, whose_it_is: str) -> str:
    """The answer to HEAR."""
    return f"{reference}: we ring you now. Press 1 to hear the message. {whose_it_is}"


def nothing_to_hear(reference: str, whose_it_is: str) -> str:
    return f"{reference}: there is no recording to hear. {whose_it_is}"


def not_here_yet(reference: str, whose_it_is: str) -> str:
    return f"{reference}: the recording is not here yet. Reply HEAR {reference} in a minute. {whose_it_is}"


def too_often(reference: str, limits: Limits) -> str:
    most = f"no more than {limits.calls} such calls in {span_in_words(limits.calls_within)}"
    return f"{reference}: not rung, {most}. Reply HEAR {reference} later."


def question(reference: str) -> list[str]:
    """What is said to whoever picks up, twice over: it may be a voicemail box, so nothing is played yet."""
    words = f"To hear the message of case {digits(reference)}, press 1."
    return [words, words]


def after_the_message(reference: str, *, may_call_back: bool, is_free: bool) -> str:
    """What this call can do next."""
    call = " To call back now, 2." if may_call_back else ""
    take = f" {HOW_TO_TAKE}" if is_free else ""
    return f"That was case {digits(reference)}. To hear it again, press 1.{call}{take}"
