"""The billing report on paper: what the lines come to, then each line with its arithmetic."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from triage.policy.case_words import clock, length_in_parts, safe
from triage.policy.paper import Heading, Paper, Part, Table, Words
from triage.policy.report_words import span_in_words
from triage.policy.term_words import RATE_WORDS
from triage.policy.terms import Terms
from triage.policy.wording import NO_NUMBER

Record = Mapping[str, Any]

MOST_LINES = 1000
"""They take four seconds to print, and some 120 pages."""

_TOTALS = ("Rate", "Lines", "Minutes worked", "Minutes billed", "Before tax")
_LINES = ("Case", "Closed", "Technician, for", "Length", "Arithmetic", "Before tax")
_SHARES = (0.08, 0.15, 0.18, 0.14, 0.32, 0.13)


def billing_paper(
    lines: Sequence[Record],
    totals: Mapping[str, Record],
    first: date,
    last: date,
    terms: Terms,
    names: Mapping[str, str],
) -> Paper:
    """The lines of `billing_report` and what they come to by rate, the last for all; people by the names given."""
    about = f"sessions closed {span_in_words(first, last)}"
    return Paper(
        title="Billing",
        verdict=f"{totals['all']['amount']:,.2f} USD before tax: {about}.",
        running=f"afterhours, billing: {about}",
        foot=f"Times are on the wall clock of the contract ({terms.zone}). Amounts are US dollars before tax.",
        parts=tuple(_parts(lines, totals, terms, names)),
    )


def _parts(
    lines: Sequence[Record], totals: Mapping[str, Record], terms: Terms, names: Mapping[str, str]
) -> Iterator[Part]:
    yield Heading("Totals")
    rows = tuple(
        (
            RATE_WORDS.get(rate, rate),
            f"{total['lines']:,}",
            f"{total['minutes']:,}",
            f"{total['billed_minutes']:,}",
            f"{total['amount']:,.2f}",
        )
        for rate, total in totals.items()
    )
    yield Table(_TOTALS, (0.3, 0.14, 0.18, 0.18, 0.2), rows)
    yield Heading("Lines")
    if not lines:
        yield Words("No session was closed.")
        return
    if len(lines) > MOST_LINES:
        yield Words(f"The first {MOST_LINES:,} of {len(lines):,}: the CSV file has them all.")
    yield Table(_LINES, _SHARES, tuple(_row(line, terms, names) for line in lines[:MOST_LINES]))


def _row(line: Record, terms: Terms, names: Mapping[str, str]) -> tuple[str, ...]:
    who = names.get(line["technician"], line["technician"]) or ("" if line["quarter"] else "nobody")
    whose = (who, line["dealer_name"] or "", (line["caller"] or NO_NUMBER) if line["ref"] else "")
    asides = [
        " ".join(line["clauses"]),
        "more than there was time for" if line["doubtful"] else "",
        f"corrected: {safe(line['correction'] or 'without a reason')}" if line["corrected"] else "",
        "dated by a wrong clock" if line["misdated"] else "",
        safe(line["note"] or ""),
    ]
    return (
        line["ref"] or line["quarter"] or f"Work {line['session']}",
        clock(line["closed_at"], terms),
        "\n".join(safe(each) for each in whose if each),
        f"{line['minutes']} min, billed {line['billed_minutes']}"
        + ("" if line["quarter"] else f"\n{length_in_parts(line)}"),
        "\n".join([safe(line["arithmetic"]), *(aside for aside in asides if aside)]),
        f"{line['amount']:,.2f}\n{RATE_WORDS.get(line['rate'], line['rate'])}"
        + ("" if line["taxable"] else ", not taxable"),
    )
