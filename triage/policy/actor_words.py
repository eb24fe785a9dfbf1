"""Who did something, for people."""

from __future__ import annotations

from collections.abc import Mapping

from triage.policy.case_words import safe


def actor_in_words(actor: str, names: Mapping[str, str]) -> str:
    """An actor of the history; `names` are by the whole actor, such as `person:lee` and `account:7`."""
    kind, _, who = actor.partition(":")
    name = names.get(actor)
    if kind == "person":
        return safe(name or who)
    if name:
        return safe(f"{name} ({kind} {who})")
    return safe(f"{kind} ({who})" if who else "the program" if actor == "system" else kind)
