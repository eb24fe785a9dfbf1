"""Reports to take away: the figures of the page as CSV, XLSX or PDF. That somebody took one is part of the history."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from triage.errors import NotFound
from triage.policy.billing_paper import billing_paper
from triage.policy.hours import local
from triage.policy.report_words import sla_rows
from triage.policy.sla_paper import MOST_STORIES, sla_paper
from triage.policy.spreadsheet import Sheet, as_csv
from triage.policy.terms import Terms
from triage.ports import PrintsPaper, WritesWorkbooks
from triage.services.accounts import people
from triage.services.desk import Desk
from triage.services.records import BILLING_COLUMNS, Record, billing_report, totals_by_rate
from triage.services.sla_report import Question, sla_report

MEDIA_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pdf": "application/pdf",
}
_BREACH_COLUMNS = ("ref", "window", "owner", "left_at", "callback_due", "callback_made_at", "late_s")


@dataclass(frozen=True, slots=True)
class Export:
    """A file to take away."""

    name: str
    media_type: str
    content: bytes


def export_sla(
    desk: Desk,
    asked: Question,
    form: str,
    printer: Callable[[], PrintsPaper],
    workbooks: Callable[[], WritesWorkbooks],
    *,
    actor: str,
    now: datetime,
) -> Export:
    """The SLA report in one of `MEDIA_TYPES`. Raises as `sla_report` does, and NotFound for another form."""
    report = sla_report(desk, asked, now, most_stories=MOST_STORIES if form == "pdf" else 0)
    match form:
        case "csv":
            content = as_csv(sla_rows(report)).encode()
        case "xlsx":
            content = workbooks().write(_sla_sheets(report, desk.terms))
        case "pdf":
            content = printer().print(sla_paper(report, desk.terms, dict(people(desk))))
        case _:
            raise NotFound(f"there is no such form; these are: {', '.join(MEDIA_TYPES)}")
    told = {name: str(value) for name, value in asdict(asked).items() if value is not None}
    return _exported(desk, "sla", form, told, content, actor, now)


def export_billing(
    desk: Desk,
    first: date,
    last: date,
    form: str,
    printer: Callable[[], PrintsPaper],
    workbooks: Callable[[], WritesWorkbooks],
    *,
    actor: str,
    now: datetime,
) -> Export:
    """The billing report in one of `MEDIA_TYPES`. Raises NotFound for another form."""
    lines = billing_report(desk, first, last)
    match form:
        case "csv":
            content = as_csv(lines, BILLING_COLUMNS).encode()
        case "xlsx":
            content = workbooks().write(_billing_sheets(lines, desk.terms))
        case "pdf":
            paper = billing_paper(lines, totals_by_rate(lines), first, last, desk.terms, dict(people(desk)))
            content = printer().print(paper)
        case _:
            raise NotFound(f"there is no such form; these are: {', '.join(MEDIA_TYPES)}")
    return _exported(desk, "billing", form, {"first": str(first), "last": str(last)}, content, actor, now)


def _exported(
    desk: Desk, report: str, form: str, asked: Mapping[str, str], content: bytes, actor: str, now: datetime
) -> Export:
    sha256 = hashlib.sha256(content).hexdigest()
    with desk.store.write() as tx:
        tx.record(
            "report_exported",
            at=now,
            actor=actor,
            report=report,
            form=form,
            asked=dict(asked),
            sha256=sha256,
            size=len(content),
        )
    return Export(f"{report}-{asked['first']}-{asked['last']}.{form}", MEDIA_TYPES[form], content)


def _sla_sheets(report: Record, terms: Terms) -> list[Sheet]:
    rows, breaches = sla_rows(report), [_on_the_wall(breach, terms) for breach in report["breaches"]]
    asked = {"from": report["from"], "to": report["to"], **report["narrowed"]}
    return [
        Sheet("Figures", list(rows[0]), rows),
        Sheet("Broken promises", _BREACH_COLUMNS, breaches),
        Sheet("Question", ("asked", "value"), [{"asked": name, "value": value} for name, value in asked.items()]),
    ]


def _billing_sheets(lines: list[Record], terms: Terms) -> list[Sheet]:
    totals = [{"rate": rate, **found} for rate, found in totals_by_rate(lines).items()]
    return [
        Sheet("Lines", BILLING_COLUMNS, [_on_the_wall(line, terms) for line in lines]),
        Sheet("Totals", list(totals[0]), totals),
    ]


def _on_the_wall(row: Record, terms: Terms) -> dict[str, Any]:
    """The row with its instants on the contract's wall clock."""
    return {
        name: local(value, terms).replace(tzinfo=None, microsecond=0) if isinstance(value, datetime) else value
        for name, value in row.items()
    }
