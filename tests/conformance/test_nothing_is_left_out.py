"""What is named in one place is dealt with in the other: policy keys, timers, history, errors, alert reasons."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from triage import errors
from triage.policy import due
from triage.policy.callbacks import NOBODY_TO_CALL
from triage.policy.delivery import DeliveryState
from triage.policy.entry_phrases import NEED_NONE, PHRASES
from triage.policy.event_words import EVENT_GROUPS, EVENT_WORDS
from triage.policy.intake import Treatment
from triage.policy.lifecycle import CaseEvent, CaseState, is_legal
from triage.policy.pins import DOUBTFUL_PIN
from triage.policy.put_back import MISDATED
from triage.policy.term_words import FLAG_WORDS
from triage.policy.twilio_words import STATUS as REPORTED
from triage.services import intake
from webhooks.errors import STATUS

ROOT = Path(__file__).parents[2]
CODE = [
    path
    for folder in ("triage", "webhooks", "scheduler")
    for path in (ROOT / folder).rglob("*.py")
    if "simulator" not in path.parts and "migrations" not in path.parts
]

LATER = {
    "credits.borrow_per_year": "C7",
}
"""Keys of the contract that are data so far: printed by `policy check`, decided upon by a later issue."""

RAISED_AT_START = {errors.ConfigurationError}
NEVER_REACH_HTTP = {errors.TransportError, errors.OutcomeUnknown, errors.BackupFailed, errors.MoveFailed}
"""They become the state of a delivery, or the end of a command; backups are made by no request."""


def leaves(table: Mapping[str, Any], path: tuple[str, ...] = ()) -> Iterator[str]:
    for key, value in table.items():
        if isinstance(value, Mapping):
            yield from leaves(value, (*path, key))
        elif isinstance(value, list) and value and isinstance(value[0], Mapping):
            yield from leaves(value[0], (*path, key))
        else:
            yield ".".join((*path, key))


@cache
def nodes(path: Path) -> list[ast.AST]:
    """All of a module, its root first."""
    return list(ast.walk(ast.parse(path.read_text())))


def attributes_read() -> set[str]:
    """Every name that decides something: read outside the types of the contract and its plain words."""
    deciding = [path for path in CODE if path.name not in {"terms.py", "money_terms.py", "contract_words.py"}]
    read = [node for path in deciding for node in nodes(path)]
    names = {node.attr for node in read if isinstance(node, ast.Attribute)}
    words = {node.value for node in read if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    return names | {word for word in words if word.isidentifier()}


@pytest.mark.thorough
def test_every_key_of_the_contract_is_read_or_is_data_for_later() -> None:
    keys = set(leaves(tomllib.loads((ROOT / "config/policy.toml").read_text())))
    read = attributes_read()

    unread = {key for key in keys - set(LATER) if key.split(".")[-1] not in read}
    assert unread == set()
    assert set(LATER) <= keys


def words_given_to(*names: str) -> set[str]:
    """The literal words in calls of functions of these names."""
    calls = [
        node
        for path in CODE
        for node in nodes(path)
        if isinstance(node, ast.Call)
        and (getattr(node.func, "attr", None) in names or getattr(node.func, "id", None) in names)
    ]
    arguments = [argument for call in calls for argument in call.args if isinstance(argument, ast.Constant)]
    return {argument.value for argument in arguments if isinstance(argument.value, str)}


def keys_assigned_in(path: str) -> set[str]:
    """The literal keys that a module writes into dictionaries."""
    nodes = ast.walk(ast.parse((ROOT / path).read_text()))
    places = [node.slice for node in nodes if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store)]
    return {place.value for place in places if isinstance(place, ast.Constant) and isinstance(place.value, str)}


def test_every_timer_that_is_set_has_a_handler_and_the_other_way_round() -> None:
    kinds = words_given_to("set_timer") | keys_assigned_in("triage/services/completion.py")

    assert kinds == set(due.HANDLERS)


def test_every_entry_of_history_has_a_name_of_its_own() -> None:
    kinds = words_given_to("record", "record_of", "_record")

    assert {"case_opened", "voicemail_left", "alert_made", "acknowledged", "called_back", "breached", "closed"} <= kinds
    for kind in kinds:
        assert re.fullmatch(r"[a-z]+(_[a-z]+)*", kind)
        assert len(kind) <= 40


def test_every_entry_has_words_for_people() -> None:
    kinds = words_given_to("record", "record_of", "_record")
    by_their_end = {f"delivery_{state}" for state in DeliveryState}

    assert kinds - set(EVENT_WORDS) == set()
    assert set(EVENT_WORDS) - kinds < by_their_end


def test_every_entry_that_is_recorded_stands_in_one_group() -> None:
    grouped = [kind for kinds in EVENT_GROUPS.values() for kind in kinds]

    assert words_given_to("record", "record_of", "_record") - set(grouped) == set()
    assert set(grouped) == set(EVENT_WORDS)
    assert len(grouped) == len(set(grouped))


def words_first(read: list[ast.AST], name: str) -> Iterator[tuple[str, set[str | None]]]:
    """The literal words in calls of a function or method of this name, with the names of what else is given."""
    for call in read:
        if isinstance(call, ast.Call) and name in {getattr(call.func, "attr", None), getattr(call.func, "id", None)}:
            given = {keyword.arg for keyword in call.keywords}
            words = [arg.value for arg in call.args if isinstance(arg, ast.Constant)]
            yield from ((word, given) for word in words if isinstance(word, str))


def recorded_for_cases() -> set[str]:
    """Kinds of entries that belong to a case: of `record_of`, of a `_record` that leads to it, and of `record` where it
    names the case, or is of the rules of a case that is due."""
    kinds = {f"delivery_{state}" for state in DeliveryState} & set(EVENT_WORDS)
    for path in CODE:
        read = nodes(path)
        kinds |= {kind for kind, _ in words_first(read, "record_of")}
        kinds |= {
            kind for kind, given in words_first(read, "record") if "case_id" in given or path.match("policy/due.py")
        }
        defined = [node for node in read if isinstance(node, ast.FunctionDef) and node.name == "_record"]
        if any("record_of" in ast.unparse(function) for function in defined):
            kinds |= {kind for kind, _ in words_first(read, "_record")}
    return kinds


def test_every_entry_of_a_timeline_has_words_for_its_details_or_needs_none() -> None:
    kinds = recorded_for_cases()

    assert {"alert_made", "billed", "call_waits", "caller_dialled", "delivery_failed"} <= kinds
    assert kinds == set(PHRASES) | NEED_NONE
    assert not set(PHRASES) & NEED_NONE


def test_every_treatment_begins_in_a_state() -> None:
    assert set(intake._STATES) == set(Treatment)


_OPENING = {CaseEvent.REOPEN, CaseEvent.ASK_AGAIN, CaseEvent.DEFER_AGAIN, CaseEvent.RELIST}
ILLEGAL = {
    CaseState.OPEN: {CaseEvent.START, CaseEvent.CLOSE, CaseEvent.WITHDRAW} | _OPENING,
    CaseState.ACKNOWLEDGED: {CaseEvent.START, CaseEvent.CLOSE, CaseEvent.WITHDRAW} | _OPENING,
    CaseState.CALLED_BACK: {CaseEvent.START, CaseEvent.ACKNOWLEDGE, CaseEvent.RESUME, CaseEvent.DISMISS} | _OPENING,
    CaseState.CLOSED: set(CaseEvent) - _OPENING,
    CaseState.DEFERRED: {CaseEvent.RESUME, CaseEvent.CLOSE, CaseEvent.WITHDRAW} | _OPENING,
    CaseState.REVIEW: {CaseEvent.START, CaseEvent.RESUME, CaseEvent.WITHDRAW} | _OPENING,
}


@pytest.mark.parametrize("state", CaseState)
@pytest.mark.parametrize("event", CaseEvent)
def test_every_state_and_event_is_legal_or_listed_as_illegal(state: CaseState, event: CaseEvent) -> None:
    assert is_legal(state, event) == (event not in ILLEGAL[state])


def subclasses(kind: type[Exception]) -> Iterator[type[Exception]]:
    for child in kind.__subclasses__():
        yield child
        yield from subclasses(child)


def test_every_error_has_a_line_in_the_http_table_or_a_reason_to_lack_one() -> None:
    ours = {kind for kind in subclasses(errors.TriageError) if kind.__module__.startswith("triage")}

    without = {kind for kind in ours if not any(parent in STATUS for parent in kind.__mro__)}
    assert {kind for kind in without if not issubclass(kind, tuple(RAISED_AT_START | NEVER_REACH_HTTP))} == set()
    assert set(STATUS) <= ours


def test_every_status_of_the_provider_is_a_state_that_a_report_may_bring() -> None:
    brought = {state for table in REPORTED.values() for state in table.values()}

    assert brought == {DeliveryState.ACCEPTED, DeliveryState.SENT, DeliveryState.DELIVERED, DeliveryState.FAILED}


def test_every_flag_has_a_word_for_people() -> None:
    tree = ast.parse((ROOT / "triage/policy/intake.py").read_text())
    [function] = [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef) and n.name == "_flags"]
    [marks] = [n for n in ast.walk(function) if isinstance(n, ast.Dict)]

    known = set(FLAG_WORDS) - {NOBODY_TO_CALL, MISDATED, DOUBTFUL_PIN}  # what comes later
    assert {key.value for key in marks.keys if isinstance(key, ast.Constant)} == known


def test_no_test_sleeps() -> None:
    mine = ("webhooks", "store", "transports", "cli", "scheduler", "conformance", "logs", "stories", "policy")
    files = [path for folder in mine for path in (ROOT / "tests" / folder).rglob("*.py")]

    assert [path.name for path in files if re.search(r"^\s*time\.sleep\(", path.read_text(), re.MULTILINE)] == []
