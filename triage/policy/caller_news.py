"""What technicians read of a caller who texts. Plain GSM-7, two segments at the most."""

from __future__ import annotations

from triage.policy.gsm7 import one_line, to_gsm7
from triage.policy.wording import Card


def caller_wrote(card: Card, body: str, *, is_closed: bool, is_last: bool, unreached_because: str | None) -> str:
    """What a caller texted. After the last one that is passed on the others of a while are only kept.

    `unreached_because` is why no text of ours reaches the caller; None where texts do.
    """
    closed = " (closed)" if is_closed else ""
    stopped = ""
    if unreached_because:
        has_stopped = "opted out" in unreached_because
        stopped = f"\n{'They stopped our texts' if has_stopped else 'Our texts do not reach them'}: answer by a call."
    rest = "\nTheir next texts are kept with the case only." if is_last else ""
    return to_gsm7(f"{card.reference}{closed} the caller wrote: {one_line(body, 200)}{stopped}{rest}")
