"""The story of a case on paper, for a lawyer or a dealer: what was promised, what was done, and how that is known."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from triage.policy.board import STATE_WORDS
from triage.policy.case_words import ATTESTED, LANGUAGES, length_in_parts, safe
from triage.policy.contract_words import applied
from triage.policy.fields import WindowName
from triage.policy.lengths import exactly
from triage.policy.lifecycle import CaseState
from triage.policy.paper import Facts, Heading, Paper, Part, Table, Words
from triage.policy.recordings import CopyState
from triage.policy.sla import Outcome, outcome
from triage.policy.story_contacts import alerts, callbacks, timeline
from triage.policy.story_scene import Record, Scene, cut
from triage.policy.term_words import FLAG_WORDS, PRODUCT_WORDS, RATE_WORDS, WINDOW_WORDS
from triage.policy.terms import ProductLine, Terms
from triage.policy.why_broken import why_broken
from triage.policy.wording import NO_NUMBER

LACKING = "\u25ca"
"""Stands on paper for a character that its typeface does not have."""

_BASES = {
    "measured": "measured by the phone network: the caller's phone was picked up",
    "stated": "stated by the technician; no call was measured",
    "attempts": "unanswered attempts, far enough apart, that stand for a callback",
}


@dataclass(frozen=True, slots=True)
class Evidence:
    """The check of the history: how many entries it has, the hash of the last, the fault where there is one.

    Without `is_whole` only the entries of the case were checked, each against the one before it.
    """

    entries: int
    head: str
    fault: str = ""
    is_whole: bool = True


def story(case: Record, terms: Terms, names: Mapping[str, str], files: Mapping[str, str], evidence: Evidence) -> Paper:
    """A case, as `case show --json` has it, on paper, with how it can be checked; otherwise as `sections`."""
    scene = Scene(case, terms, names, files)
    parts: list[Part] = []
    for title, section in sections(case, terms, names, files):
        parts += [Heading(title), *section]
    parts += [Heading("How this can be checked"), *_evidence(scene, evidence)]
    return Paper(
        title=f"Case {case['ref']}",
        verdict=verdict(case, terms, names),
        running=f"Case {case['ref']}",
        foot=f"Entry {evidence.entries} of the history, hash {evidence.head[:16]}",
        parts=tuple(parts),
    )


def sections(
    case: Record, terms: Terms, names: Mapping[str, str], files: Mapping[str, str]
) -> tuple[tuple[str, tuple[Part, ...]], ...]:
    """What there is to tell of a case, as `case show --json` has it, under its headings.

    `names` are people by their ids, `files` the recordings that come with it by their SIDs. The record alone decides
    what it says: the same record gives the same words at any time.
    """
    scene = Scene(case, terms, names, files)
    told: tuple[tuple[str, Callable[[Scene], Iterator[Part]]], ...] = (
        ("The promise", _promise),
        (f"The terms that applied: contract version {case['policy']}", _terms),
        ("What the caller said", _recordings),
        ("What happened", timeline),
        ("Alerts and whom they reached", alerts),
        ("Calls to the caller", callbacks),
        ("Session and bill", _bill),
    )
    return tuple((title, tuple(section(scene))) for title, section in told)


def outcome_on_record(case: Record) -> Outcome:
    """What became of the promise by what is on record, not by the time at which it is read."""
    return outcome(case["callback_due"], case["callback_made_at"], case["breached_at"], case["left_at"])


def verdict(case: Record, terms: Terms, names: Mapping[str, str]) -> str:
    """Whether the promise was kept, in a sentence, and why not."""
    due, made = case["callback_due"], case["callback_made_at"]
    match outcome_on_record(case):
        case Outcome.MET:
            early = exactly((due - made).total_seconds())
            return f"The promise was kept: the callback was made {early} before the deadline."
        case Outcome.BREACHED:
            return why_broken(case["events"], due, made, terms, names)
        case Outcome.UNPROMISED:
            return "No callback was promised for this message."
        case _:
            return "Not decided: neither a callback nor a missed deadline is on record."


def _promise(scene: Scene) -> Iterator[Part]:
    case = scene.case
    window = cast("WindowName", case["window"])
    rule = getattr(scene.terms.windows, window).clause
    place = f", {safe(case['caller_place'])}" if case["caller_place"] else ""
    flags = ", ".join(FLAG_WORDS.get(flag, flag) for flag in case["flags"])
    rows: list[tuple[str, str]] = [
        ("Caller", f"{case['caller'] or NO_NUMBER}{place}"),
        *([("Number keyed", f"{case['callback_number']}, to be called instead")] if case["callback_number"] else []),
        *([("Dealer", _dealer(case))] if case.get("dealer") else []),
        ("Call answered", scene.line(case["answered_at"])),
        ("Message left", scene.line(case["left_at"])),
        ("Window", f"{WINDOW_WORDS[window]} ({rule}), {RATE_WORDS[case['rate']]}"),
        ("Call back by", scene.line(case["callback_due"], none="no callback is owed")),
        ("Taken", scene.line(case["acknowledged_at"])),
        ("Called back", scene.line(case["callback_made_at"])),
        *([("Known by", _BASES.get(case["callback_basis"], ""))] if case["callback_basis"] else []),
        ("At risk", scene.line(case["at_risk_at"])),
        ("Broken", scene.line(case["breached_at"])),
        ("Closed", scene.line(case["closed_at"])),
        ("State", STATE_WORDS[CaseState(case["state"])].value),
        ("In whose hands", safe(scene.person(case["owner"]))),
        ("Product", PRODUCT_WORDS[cast("ProductLine", case["product"])] or "not said"),
        ("On site", ATTESTED[case["attested"]]),
        ("Language", LANGUAGES.get(case["language"]) or str(case["language"])),
        ("Marks", flags or "none"),
    ]
    yield Facts(tuple(rows))


def _dealer(case: Record) -> str:
    who = f", {safe(case['dealer_technician'])}" if case["dealer_technician"] else ""
    return f"{safe(case['dealer_name'])} ({safe(case['dealer'])}){who}"


def _terms(scene: Scene) -> Iterator[Part]:
    case = scene.case
    billed = {rule for work in case["sessions"] for line in work["lines"] for rule in line["clauses"]}
    words = applied(
        scene.terms,
        rules={*case["clauses"], *billed},
        product=cast("ProductLine", case["product"]),
        is_emergency="emergency" in case["flags"],
    )
    yield Words(
        "Prices are US dollars before tax. What has no id is how the owner reads the contract where it is silent."
    )
    yield Table(("Rule", "What it says"), (0.1, 0.9), tuple((rule or "-", text) for rule, text in words))


def _recordings(scene: Scene) -> Iterator[Part]:
    copies = {copy["recording"]: copy for copy in scene.case["recording_copies"]}
    for number, voicemail in enumerate(scene.case["voicemails"], start=1):
        copy = copies.get(voicemail["recording"])
        rows = [
            ("Recording", voicemail["recording"]),
            ("Left", scene.line(voicemail["left_at"])),
            ("Length", exactly(voicemail["seconds"]) if voicemail["seconds"] is not None else "not known"),
            ("Audio", _audio(scene, voicemail, copy)),
        ]
        if copy and copy["sha256"]:
            rows.append(("SHA-256", f"{copy['sha256']}{_doubt(scene, copy)}"))
        yield Facts(tuple(rows), title=f"Message {number}")
        if voicemail["transcript"]:
            yield Words(safe(voicemail["transcript"]), is_quoted=True)
    if not scene.case["voicemails"]:
        yield Words("No recording is on record.")


def _audio(scene: Scene, voicemail: Record, copy: Record | None) -> str:
    """Where the audio is, or why there is none."""
    if copy is None:
        return f"none: the phone system says {safe(voicemail['status'])}"
    if voicemail["recording"] in scene.files:
        return f"{scene.files[voicemail['recording']]}, {copy['size']} bytes"
    reason = f": {safe(copy['reason'])}" if copy["reason"] else ""
    match copy["state"]:
        case CopyState.REMOVED:
            days = scene.terms.recordings.keep_for.days
            return f"removed {scene.line(copy['removed_at'])}: recordings are kept for {days} days; the hash stays"
        case CopyState.MISSING:
            return f"lost{reason}"
        case _:
            return f"not fetched from the phone system yet{reason}"


def _doubt(scene: Scene, copy: Record) -> str:
    """A hash that the history does not know was put there by somebody."""
    kept = [
        event["details"].get("sha256")
        for event in scene.case["events"]
        if event["kind"] == "recording_kept" and event["details"].get("recording") == copy["recording"]
    ]
    return "" if kept and kept[-1] == copy["sha256"] else "\nNOT THE HASH IN THE HISTORY"


def _bill(scene: Scene) -> Iterator[Part]:
    for work in scene.case["sessions"]:
        length = f"{work['minutes']} min, {length_in_parts(work)}" if work["minutes"] is not None else "not closed"
        rows = [
            ("Technician", safe(scene.person(work["technician"]))),
            ("Opened", scene.line(work["opened_at"])),
            ("Closed", scene.line(work["closed_at"])),
            ("Length", length),
        ]
        if work["corrected"]:
            why = f": {safe(work['correction'])}" if work["correction"] else ""
            rows.append(("Corrected", f"after it was closed{why}; the history has what it was before"))
        if work["doubtful"]:
            rows.append(("Doubtful", "longer than from the message to the end of the session"))
        if work["note"]:
            rows.append(("Note", cut(safe(work["note"]))))
        yield Facts(tuple(rows))
        yield from _lines(work["lines"])
    if not scene.case["sessions"]:
        yield Words("No session is on record; nothing is billed.")


def _lines(lines: Sequence[Record]) -> Iterator[Part]:
    if not lines:
        yield Words("No billing line is on record.")
        return
    rows = tuple(
        (
            safe(line["arithmetic"]),
            " ".join(line["clauses"]),
            "yes" if line["taxable"] else "no",
            f"{line['amount']:.2f} USD",
        )
        for line in lines
    )
    yield Table(("Arithmetic", "Rules", "Taxable", "Before tax"), (0.58, 0.14, 0.12, 0.16), rows)


def _evidence(scene: Scene, evidence: Evidence) -> Iterator[Part]:
    entries = [event["number"] for event in scene.case["events"]]
    found = (
        f"all {evidence.entries} entries fit, from the first to the last"
        if evidence.is_whole
        else f"each entry of this case fits the one before it; the other entries, {evidence.entries} in all, were not"
        " checked for this pack (afterhours case pack and afterhours audit verify check them)"
    )
    rows = [
        ("The history", f"DOES NOT FIT: {safe(evidence.fault)}" if evidence.fault else found),
        ("Last hash", evidence.head),
        ("This case", f"{len(entries)} entries, from {min(entries)} to {max(entries)}" if entries else "no entries"),
        ("Contract", f"version {scene.case['policy']}: the beginning of the SHA-256 of policy.json"),
    ]
    yield Facts(tuple(rows))
    yield Words(
        "Every entry of the history holds the hash of the one before it, so that none can be changed, taken out or put"
        " in unseen. The last hash is published daily in the log of the daemon; it is compared with the one above, or"
        " with a later one by whoever has the database (afterhours audit verify)."
    )
    yield Words(
        f"Times are on the wall clock of the contract ({scene.terms.zone}) and in UTC. {LACKING} stands for a character"
        " that the typeface of this paper does not have; case.json has all words as they came."
    )
