"""Logs hold ids, never a telephone number in clear, a word that somebody said, or a token."""

from __future__ import annotations

import contextlib
import logging
import re
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from config.logging import mask, set_up_logging
from tests.support.fixtures import DANA, LEE, MARIA
from tests.support.logs import Logs
from tests.support.wire import Wire, call_form, recording_form, sid, text_form
from tests.support.world import CALLER, OUR_NUMBER, TOKEN, World

NUMBERS = [CALLER, DANA, LEE, MARIA, OUR_NUMBER, "+12165550123"]
WORDS = ["gateway card", "the whole site is dead", "please hurry", "COLUMBUS"]


def secrets_in(text: str) -> list[str]:
    numbers = [part for number in NUMBERS for part in (number, number[1:], number[2:])]
    return [secret for secret in (*numbers, *WORDS, TOKEN) if secret in text]


def test_a_night_of_calls_and_texts_logs_ids_only(world: World, logs: Logs) -> None:
    world.phones.faults.accept_then_500 = 1
    world.voicemail(CALLER, emergency=True, attested=True, transcript="the whole site is dead")
    world.text(LEE, "ACK")
    world.text(CALLER, "please hurry")
    world.text("+12165550123", "please hurry")
    world.advance(minutes=10)
    world.text(LEE, "DONE 35 replaced the gateway card")
    world.phones.leave_voicemail("+12165550123", withheld=True)
    world.advance(minutes=10)

    assert len(logs.lines) > 3
    assert {"voicemail_taken", "delivery_unknown"} <= {line["event"] for line in logs.lines}
    assert secrets_in(logs.text) == []


def test_refused_and_broken_requests_log_ids_only(sqlite_wire: Wire, logs: Logs) -> None:
    call_sid = sid("CA")
    sqlite_wire.post("/twilio/voice", call_form(CallSid=call_sid), token="wrong")
    sqlite_wire.post("/twilio/recording", recording_form(CallSid=call_sid, RecordingSid="x", From=CALLER))
    sqlite_wire.post("/twilio/sms", text_form(Body="please hurry " * 200))
    sqlite_wire.post("/twilio/voice", call_form(CallSid="no sid"))

    assert secrets_in(logs.text) == []
    assert [line["event"] for line in logs.lines] == ["bad_signature", *["request_failed"] * 3]
    assert logs.lines[1]["CallSid"] == call_sid
    assert all(line["request_id"] for line in logs.lines)


def test_a_crash_in_the_database_logs_no_words(wire: Wire, logs: Logs) -> None:
    store = wire.program.desk.store
    with store.connection() as connection:
        connection.execute(text("CREATE UNIQUE INDEX odd ON inbound_texts (sender)"))
    form = text_form(Body="please hurry", From="+12165550123")

    answers = [wire.post("/twilio/sms", {**form, "MessageSid": sid("SM")}) for _ in range(2)]

    with store.connection() as connection:
        connection.execute(text("DROP INDEX odd"))
    assert [answer.status_code for answer in answers] == [200, 500]
    [crash] = logs.named("request_crashed")
    assert "IntegrityError" in crash["exception"]
    assert secrets_in(logs.text) == []
    assert "please" not in answers[1].get_data(as_text=True)


def test_a_crash_shown_on_a_terminal_holds_no_local_variables(
    own_logging: None, capsys: pytest.CaptureFixture[str]
) -> None:
    import structlog  # noqa: PLC0415

    set_up_logging("console")

    def crash(body: str) -> None:
        raise ValueError(len(body))

    try:
        crash("the whole site is dead")
    except ValueError:
        structlog.get_logger().exception("request_crashed")

    shown = capsys.readouterr().err
    assert "ValueError" in shown
    assert secrets_in(shown.replace('crash("the whole site is dead")', "")) == []


def test_a_log_on_a_full_disk_loses_its_lines_and_stops_nobody(
    own_logging: None, capsys: pytest.CaptureFixture[str]
) -> None:
    import structlog  # noqa: PLC0415

    set_up_logging("json")
    [handler] = logging.getLogger().handlers
    assert isinstance(handler, logging.StreamHandler)
    with Path("/dev/full").open("w", buffering=1) as full:
        handler.setStream(full)
        for _ in range(200):  # more than any buffer takes
            structlog.get_logger().warning("request_failed", body="the whole site is dead", reason="x" * 100)
        with contextlib.suppress(OSError):
            full.close()

    assert capsys.readouterr().err == ""


def masked(**fields: Any) -> dict[str, Any]:
    return dict(mask(None, "info", fields))


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("+16145550199", "***99"),
        ("16145550199", "***99"),
        ("6145550199", "***99"),
        ("from +16145550199 to +16145550100.", "from ***99 to ***00."),
        ("+2901234", "***34"),
        ("/people/+16145550199csv", "/people/***99csv"),
        ("sms:+491701234567", "sms:***67"),
        ("call 6145550199, now", "call ***99, now"),
        ("case 1001, 35 min", "case 1001, 35 min"),
        ("2026-11-21T02:30:00.123456Z", "2026-11-21T02:30:00.123456Z"),
        ("SM" + "0" * 31 + "1", "SM" + "0" * 31 + "1"),
        ("RE715609f7123456789aaaaaaaaaaaaaaaa", "RE715609f7123456789aaaaaaaaaaaaaaaa"),
        (["+16145550199", 7], ["***99", 7]),
    ],
)
def test_numbers_are_cut_to_two_digits_and_ids_stay_whole(value: Any, shown: Any) -> None:
    assert masked(reason=value)["reason"] == shown


@pytest.mark.parametrize("key", ["body", "text", "transcript", "token", "password", "secret", "authorization"])
def test_fields_of_these_names_are_never_shown(key: str) -> None:
    assert masked(**{key: "anything"}) == {key: "***"}


def test_logs_of_libraries_are_masked_too(logs: Logs) -> None:
    import logging  # noqa: PLC0415

    logging.getLogger("some.library").warning("could not text %s", "+16145550199")

    [line] = logs.lines
    assert line["event"] == "could not text ***99"
    assert line["level"] == "warning"


def test_every_line_is_json_with_a_name_a_level_and_an_instant(world: World, logs: Logs) -> None:
    world.voicemail(CALLER)

    for line in logs.lines:
        assert re.fullmatch(r"[a-z]+(_[a-z]+)*", line["event"])
        assert line["level"] in {"info", "warning", "error"}
        assert line["timestamp"].endswith("Z")
