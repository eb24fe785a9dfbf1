"""Timers of a case: what asks somebody for something ends with it, what people are to be told does not."""

from __future__ import annotations

from tests.support.rows import NOW, add_case
from triage.store import cases
from triage.store.engine import Store


def test_when_nobody_is_asked_any_more_people_are_still_told(store: Store) -> None:
    with store.write() as tx:
        case_id = add_case(tx).id
        for kind in ("ladder", "at_risk", "breach", "start", "breach_withdrawn"):
            cases.set_timer(tx.session, case_id, kind, NOW)

    with store.write() as tx:
        cases.stop_asking(tx.session, case_id)

    with store.read() as session:
        assert list(cases.timers_of(session, [case_id])[case_id]) == ["breach_withdrawn"]
