"""A dealer's statement on paper: the account of a quarter, what each session drew, and what was over."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from triage.policy.hours import local
from triage.policy.invoice_paper import dollars, in_words
from triage.policy.lengths import in_hours
from triage.policy.paper import Heading, Paper, Part, Table, Words
from triage.policy.session_price import Kind, lot_in_words
from triage.policy.statements import Statement, Worked, account_lines, paid_in_words
from triage.policy.terms import Terms
from triage.policy.work import KIND_WORDS

_ACCOUNT, _ACCOUNT_SHARES = ("", "Minutes", "Hours"), (0.6, 0.2, 0.2)
_LOTS = ("Left at the end", "Minutes", "Hours")
_SESSIONS = ("Work", "On", "Minutes", "Paid by", "Billed at once")
_SESSION_SHARES = (0.2, 0.13, 0.1, 0.42, 0.15)
_OVER, _OVER_SHARES = ("Minutes", "Arithmetic", "Invoice", "Before tax"), (0.1, 0.6, 0.15, 0.15)


def statement_paper(found: Statement, terms: Terms) -> Paper:
    """A statement as a paper."""
    last = local(found.ends_at - timedelta(seconds=1), terms).date()
    span = f"{in_words(local(found.starts_at, terms).date())} to {in_words(last)}"
    return Paper(
        title=f"Support hours in {found.quarter}",
        verdict=verdict(found),
        running=f"afterhours, support hours in {found.quarter}: {found.name}",
        foot=f"Days are those of the wall clock of the contract ({terms.zone}). Amounts are US dollars before tax.",
        parts=(Words(f"{found.name}, customer {found.code}. {span}."), *_parts(found, terms)),
    )


def verdict(found: Statement) -> str:
    """`2 h 30 min are left. 90 min were over: $247.50 before tax.`"""
    left = f"{in_hours(sum(found.closing.values()))} {'were' if found.is_final else 'are'} left."
    if not found.over_minutes:
        return left
    if not found.is_final:
        return f"{left} {found.over_minutes} min are over so far."
    return f"{left} {found.over_minutes} min were over: {dollars(found.over_amount)} before tax."


def _parts(found: Statement, terms: Terms) -> Iterator[Part]:
    yield Heading("Account")
    rows = tuple((words, f"{minutes:,}", in_hours(minutes)) for words, minutes in account_lines(found))
    yield Table(_ACCOUNT, _ACCOUNT_SHARES, rows)
    if found.closing:
        rows = tuple((lot_in_words(lot), f"{left:,}", in_hours(left)) for lot, left in found.closing.items())
        yield Table(_LOTS, _ACCOUNT_SHARES, rows)
    yield Heading("Work")
    if found.sessions:
        yield Table(_SESSIONS, _SESSION_SHARES, tuple(_session(each, terms) for each in found.sessions))
        yield Words(f"Billed at once: {dollars(found.amount)}.")
    else:
        yield Words("None.")
    yield Heading("Over the credits")
    yield from _over(found)


def _session(each: Worked, terms: Terms) -> tuple[str, ...]:
    name = f"Case {each.case}" if each.case else f"Work {each.session}"
    return (
        f"{name}\n{KIND_WORDS[Kind(each.kind)]}, {each.technician}",
        _day(each.at, terms),
        f"{each.minutes:,}",
        paid_in_words(each.paid) or "nothing of the account",
        "not billed" if each.amount is None else dollars(each.amount),
    )


def _over(found: Statement) -> Iterator[Part]:
    if found.over_paid_minutes:
        yield Words(f"{found.over_paid_minutes} min were paid with hours of the next quarter (C7).")
    if found.over_lines:
        rows = tuple(
            (
                f"{line.minutes:,}",
                f"{line.arithmetic}\n{' '.join(line.clauses)}",
                line.invoice or "",
                dollars(line.amount),
            )
            for line in found.over_lines
        )
        yield Table(_OVER, _OVER_SHARES, rows)
    elif found.over_minutes:
        yield Words(f"{found.over_minutes} min so far. They are billed when the quarter has ended (C6).")
    elif not found.over_paid_minutes:
        yield Words("Nothing.")


def _day(at: datetime, terms: Terms) -> str:
    on = local(at, terms).date()
    return f"{on:%b} {on.day}, {on.year}"
