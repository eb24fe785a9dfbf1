"""The account of a dealer's quarter, and the end of a quarter for all of them."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from triage.bootstrap import build_printer
from triage.errors import NotFound, Refused
from triage.policy.access import Permission
from triage.policy.quarters import ends_at, quarter_after, quarter_before, quarter_of, read_quarter
from triage.policy.session_price import Kind, lot_in_words
from triage.policy.spreadsheet import as_csv
from triage.policy.statement_paper import verdict
from triage.policy.statements import account_lines, paid_in_words
from triage.policy.work import KIND_WORDS
from triage.services import ledger_changes
from triage.services.quarter_list import quarter_of_each
from triage.services.report_exports import MEDIA_TYPES, Export
from triage.services.statement_exports import STATEMENT_COLUMNS, print_statement, statement_rows
from triage.services.statements import statement_of
from webhooks.console import console
from webhooks.console.access import needs, signed_in
from webhooks.console.report_forms import as_download
from webhooks.program import desk, program

_MOST_NAMED = 10


@console.get("/dealers/<dealer:code>/statement/<quarter>")
@needs(Permission.READ_REPORTS)
def show_statement(code: str, quarter: str) -> str:
    """What there was, what came and went, what is left, what was over."""
    found = statement_of(desk(), code, _quarter(quarter), program().now())
    return render_template(
        "statement.html",
        found=found,
        verdict=verdict(found),
        account=list(account_lines(found)),
        lot_words=lot_in_words,
        paid=paid_in_words,
        kinds={kind.value: KIND_WORDS[kind] for kind in Kind},
        before=quarter_before(found.quarter),
        after=quarter_after(found.quarter) if found.is_final else None,
    )


@console.post("/dealers/<dealer:code>/statement/<quarter>/export/<kind>")
@needs(Permission.READ_REPORTS)
def export_statement(code: str, quarter: str, kind: str) -> Response:
    """The statement to take away, on paper or for a spreadsheet."""
    now, quarter = program().now(), _quarter(quarter)
    if kind == "pdf":
        return as_download(print_statement(desk(), code, quarter, build_printer, actor=signed_in().actor, now=now))
    if kind != "csv":
        raise NotFound("There is no such file: open the statement and choose one there.")
    found = statement_of(desk(), code, quarter, now)
    text = as_csv(statement_rows(found), STATEMENT_COLUMNS)
    return as_download(Export(f"statement-{found.code}-{found.quarter}.csv", MEDIA_TYPES["csv"], text.encode()))


@console.get("/quarters")
@needs(Permission.READ_REPORTS)
def show_quarter() -> str:
    """What each dealer earned, used and lost in a quarter, and what was over; of the last one where none is named."""
    terms, now = desk().terms, program().now()
    present = quarter_of(now, terms)
    asked = request.args.get("quarter")
    quarter = _quarter(asked) if asked else quarter_before(present)
    if quarter > present:
        raise NotFound(f"{quarter} has not begun.")
    found = quarter_of_each(desk(), quarter)
    moved = [line for line in found if line.has_moved]
    return render_template(
        "quarters.html",
        quarter=quarter,
        lines=moved,
        others=len(found) - len(moved),
        totals={
            name: sum(getattr(line, name) for line in moved)
            for name in ("earned_minutes", "used_minutes", "expired_minutes", "over_minutes", "amount")
        },
        is_ended=ends_at(quarter, terms) <= now,
        before=quarter_before(quarter),
        after=quarter_after(quarter) if quarter < present else None,
    )


@console.post("/quarters")
@needs(Permission.CHANGE_LEDGER)
def settle_quarter() -> Response:
    """Bring every ledger in line from the beginning of a quarter, and say what was missing."""
    quarter = _quarter(request.form.get("quarter", ""))
    done = ledger_changes.close_quarter(desk(), quarter, actor=signed_in().actor, now=program().now())
    behind = [f"{each['name']} ({each['changed']})" for each in done if each["changed"]]
    named = ", ".join(behind[:_MOST_NAMED])
    more = f" and {len(behind) - _MOST_NAMED} more" if len(behind) > _MOST_NAMED else ""
    flash(f"Settled again. Entries were missing of {named}{more}." if behind else "Settled again: nothing was missing.")
    return redirect(url_for("console.show_quarter", quarter=quarter), 303)


def _quarter(text: str) -> str:
    try:
        return read_quarter(text)
    except Refused as error:
        raise NotFound(f"{error}.") from None
