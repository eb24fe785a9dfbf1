"""What the page of a case says of its dealer: who calls, what is left, what the session will cost, the sites."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from triage.policy.account_words import DealerAccount, expected, left
from triage.policy.dealers import site_notes
from triage.policy.hours import local
from triage.policy.lifecycle import CaseState
from triage.services.desk import Desk
from triage.services.recognition import account_of, callback_of, of_case, who_left
from triage.store import Session, dealers
from triage.store.models import Case

Notes = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DealerPanel:
    """`name` and `code` are None where nobody knows whose case it is. `sites` have their notes, each with its rule."""

    name: str | None = None
    code: str | None = None
    technician: str | None = None
    warnings: tuple[str, ...] = ()
    facts: tuple[str, ...] = ()
    sites: tuple[tuple[str, Notes], ...] = ()


def dealer_panel(session: Session, desk: Desk, case: Case, now: datetime) -> DealerPanel | None:
    """As of now; None where there are no dealers, or there is nothing to say of a case of none."""
    found, is_closed = of_case(session, case), case.state == CaseState.CLOSED
    terms = desk.terms_of(session, case.policy)
    if found is None:
        if is_closed or not dealers.is_any(session):
            return None
        costs = expected(DealerAccount(dealer="", must_prepay=True), callback_of(case), terms)
        return DealerPanel(warnings=("A caller of no dealer must prepay (E6).",), facts=(costs,))
    account, gone, today = account_of(session, desk, found, now), who_left(found, terms, now), local(now, terms).date()
    return DealerPanel(
        name=found.dealer.name,
        code=found.dealer.code,
        technician=account.technician,
        warnings=(
            *([f"{gone.name} left on {gone.on}."] if gone else []),
            *(["This dealer must prepay (E6)."] if account.must_prepay and not is_closed else []),
        ),
        facts=(left(account), *([] if is_closed else [expected(account, callback_of(case), terms)])),
        sites=tuple(
            (
                site.name,
                tuple(
                    site_notes(
                        product=site.product,
                        software=site.software,
                        licence_until=site.licence_until,
                        trunk=site.trunk,
                        on=today,
                        terms=terms,
                    )
                ),
            )
            for site in dealers.sites_of(session, found.dealer.id)
        ),
    )
