"""A statement to take away: as JSON, as CSV, on paper. That somebody took the paper is part of the history."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime
from typing import Any

from triage.policy.statement_paper import statement_paper
from triage.policy.statements import Statement, account_lines, paid_in_words
from triage.ports import PrintsPaper
from triage.services.desk import Desk
from triage.services.report_exports import MEDIA_TYPES, Export
from triage.services.statements import statement_of

Record = dict[str, Any]

STATEMENT_COLUMNS = ("part", "ref", "at", "words", "minutes", "amount")


def print_statement(
    desk: Desk, code: str, quarter: str, printer: Callable[[], PrintsPaper], *, actor: str, now: datetime
) -> Export:
    """A dealer's account of a quarter as PDF. Raises as `statement_of` does."""
    found = statement_of(desk, code, quarter, now)
    content = printer().print(statement_paper(found, desk.terms))
    told: Record = {"dealer": found.code, "quarter": found.quarter, "sha256": hashlib.sha256(content).hexdigest()}
    with desk.store.write() as tx:
        tx.record("statement_printed", at=now, actor=actor, **told, size=len(content))
    return Export(f"statement-{found.code}-{found.quarter}.pdf", MEDIA_TYPES["pdf"], content)


def statement_record(found: Statement) -> Record:
    """A statement as JSON has it; minutes are of the dealer's account, below zero where they went."""
    return {
        "dealer": found.code,
        "name": found.name,
        "quarter": found.quarter,
        "starts_at": found.starts_at,
        "ends_at": found.ends_at,
        "final": found.is_final,
        "opening_minutes": sum(found.opening.values()),
        "opening": dict(found.opening),
        "movements": dict(found.movements),
        "used": dict(found.used),
        "closing_minutes": sum(found.closing.values()),
        "closing": dict(found.closing),
        "over_minutes": found.over_minutes,
        "over_paid_minutes": found.over_paid_minutes,
        "over_lines": [
            {
                "minutes": line.minutes,
                "billed_minutes": line.billed_minutes,
                "amount": line.amount,
                "clauses": line.clauses,
                "arithmetic": line.arithmetic,
                "invoice": line.invoice,
            }
            for line in found.over_lines
        ],
        "over_amount": found.over_amount,
        "sessions": [
            {
                "ref": each.case,
                "session": each.session,
                "opened_at": each.at,
                "kind": each.kind,
                "technician": each.technician,
                "minutes": each.minutes,
                "paid": dict(each.paid),
                "amount": each.amount,
            }
            for each in found.sessions
        ],
        "amount": found.amount,
    }


def statement_rows(found: Statement) -> list[Record]:
    """A statement as the rows of a CSV file: the account, the sessions, what was over."""
    blank = dict.fromkeys(STATEMENT_COLUMNS)
    return [
        *(blank | {"part": "account", "words": words, "minutes": minutes} for words, minutes in account_lines(found)),
        *(
            blank
            | {
                "part": "session",
                "ref": each.case or f"work {each.session}",
                "at": each.at,
                "words": paid_in_words(each.paid),
                "minutes": each.minutes,
                "amount": each.amount,
            }
            for each in found.sessions
        ),
        *(
            blank
            | {
                "part": "over",
                "ref": line.invoice,
                "words": line.arithmetic,
                "minutes": line.minutes,
                "amount": line.amount,
            }
            for line in found.over_lines
        ),
    ]
