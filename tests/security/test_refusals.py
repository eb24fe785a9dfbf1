"""Whoever tries what they may not is in the log, by number and by what they lacked."""

from __future__ import annotations

from tests.support.logs import Logs
from tests.support.visitor import signed_in
from tests.support.world import World
from triage.policy.access import Role


def test_who_tries_what_their_role_may_not_is_in_the_log(world: World, quick_hashes: None, logs: Logs) -> None:
    visitor = signed_in(world, Role.TECHNICIAN, "lee")

    assert visitor.get("/accounts").status_code == 403
    [line] = logs.named("permission_refused")
    assert (line["account"], line["permission"], line["path"]) == (1, "read accounts", "/accounts")


def test_a_form_without_its_token_is_in_the_log(world: World, quick_hashes: None, logs: Logs) -> None:
    visitor = signed_in(world, Role.TECHNICIAN, "lee")

    assert visitor.post("/sign-out", csrf_token="x").status_code == 400
    assert [line["path"] for line in logs.named("form_token_refused")] == ["/sign-out"]
