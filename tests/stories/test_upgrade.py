"""A case that was open when the program was upgraded keeps the contract it began with."""

from __future__ import annotations

import json

import pytest

from tests.support.fixtures import LEE
from tests.support.world import CALLER, Build, World
from triage.policy.document import version_of
from triage.services.audit import verify_chain
from triage.store import cases, versions

OLD_TERMS = """
rates.after_hours.price = "300.00"
promise.at_risk_before = "40m"
"""


@pytest.fixture
def upgraded(build_world: Build) -> World:
    """A case under a contract of an earlier release, which had a key less and a key more, and a newer contract now."""
    world = build_world(policy=OLD_TERMS)
    world.voicemail(CALLER, attested=True)
    with world.program.desk.store.write() as tx:
        case = cases.by_reference(tx.session, "1001")
        assert case is not None
        document = json.loads(versions.policy_content(tx.session, case.policy))
        del document["promise"]["realert_after_breach"]
        document["promise"]["tune"] = "bell"
        text = json.dumps(document, sort_keys=True, separators=(",", ":"))
        versions.add_policy(tx.session, version_of(text), text, world.now)
        tx.session.flush()
        case.policy = version_of(text)
        tx.record("policy_loaded", at=world.now, actor="system", policy=case.policy)
    world.restart(policy="")
    return world


def test_open_case_escalates_by_the_terms_it_began_with(upgraded: World) -> None:
    upgraded.advance(minutes=100)

    case = upgraded.case()
    assert (case["callback_due"] - case["at_risk_at"]).total_seconds() == 40 * 60


@pytest.mark.thorough
def test_session_is_billed_by_the_price_it_began_with(upgraded: World) -> None:
    upgraded.advance(minutes=60)

    assert upgraded.text(LEE, "DONE 1001 60") == "1001 is closed: 60 min, after-hours rate, $300.00."


@pytest.mark.thorough
def test_what_the_old_contract_did_not_say_is_as_shipped(upgraded: World) -> None:
    upgraded.advance(minutes=136)

    assert sum(body.startswith("OVERDUE") for body in upgraded.bodies(LEE)) == 2  # at the breach and 15 min later


def test_history_with_an_old_contract_is_sound(upgraded: World) -> None:
    assert verify_chain(upgraded.program.desk).first_bad is None
