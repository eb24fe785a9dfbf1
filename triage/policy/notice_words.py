"""What those in charge read of trouble: phones that nothing reaches, nights that nobody covers, recordings."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from triage.policy.gsm7 import one_line, to_gsm7
from triage.policy.roster import Shift
from triage.policy.terms import Terms
from triage.policy.wording import wall_clock


def opted_out(name: str) -> str:
    return to_gsm7(f"{one_line(name, 40)} opted out of our texts: alerts go by call until they text START.")


def pins_guessed(wrong: int) -> str:
    return (
        f"Somebody guesses PINs of dealers: {wrong} were wrong. PINs go on counting, marked doubtful:"
        " ask such callers who they are before you bill."
    )


def uncovered(
    gaps: Sequence[Shift], unknown: Sequence[str], now: datetime, terms: Terms, *, looked_ahead: timedelta
) -> str:
    """What those in charge are told of nights that nobody covers."""
    lines = [
        f"{gap.rotation}: nobody from {wall_clock(gap.starts, now, terms)}"
        + (f" to {wall_clock(gap.ends, now, terms)}" if gap.ends < now + looked_ahead else " on")
        for gap in gaps[:3]
    ]
    lines += [f"{len(gaps) - 3} more gaps"] if len(gaps) > 3 else []
    if unknown:
        lines += [f"The ladder names what is no rotation of the roster: {', '.join(unknown[:3])}"]
    return to_gsm7(f"On-call gaps of the next {looked_ahead.days} days:\n" + "\n".join(lines))


def undelivered(name: str, channel: str, reason: str, code: int | None) -> str:
    """What administrators are told of a phone that an alert did not reach; what it was about follows."""
    by = "call" if channel == "voice" else "SMS"
    number = f" ({code})" if code else ""
    return to_gsm7(f"The alert by {by} to {one_line(name, 40)} failed: {one_line(reason, 80).rstrip('.')}{number}.")


def recording_delayed(reason: str) -> str:
    """What administrators are told while a recording waits for something to be mended; its case follows."""
    return to_gsm7(f"A recording cannot be kept yet: {one_line(reason, 120).rstrip('.')}.")


def recording_missing(reason: str) -> str:
    return to_gsm7(f"A recording could not be fetched for a day: {one_line(reason, 120).rstrip('.')}.")


def recording_damaged(fault: str) -> str:
    return to_gsm7(f"The copy of a recording is no good: {fault}. See afterhours recording verify.")


def about(references: Sequence[str]) -> str:
    shown = " ".join(references[:4])
    return f" It was about {shown}{f' and {len(references) - 4} more' if len(references) > 4 else ''}."
