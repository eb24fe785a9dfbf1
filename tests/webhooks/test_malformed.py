"""What the phone system does not send: refused with the field and its mend, nothing stored, only ids in the log."""

from __future__ import annotations

import pytest
from flask import request
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from tests.support.logs import Logs
from tests.support.wire import Wire, call_form, raw, recording_form, sid, sign, text_form, twiml
from tests.support.world import CALLER, PUBLIC_URL
from triage.services.audit import verify_chain
from triage.store.models import Call, InboundText, Voicemail

FORM = "application/x-www-form-urlencoded"
BAD_SIDS = [
    "-",
    "",
    "CA",
    "CA" + "a" * 31,
    "CA" + "a" * 33,
    "RE" + "a" * 31 + "g",
    "ca" + "a" * 32,
    "CA" + "a" * 32 + "\n",
    "CA" + "a" * 31 + "٣",
    "' OR 1=1 --",
    "../" * 12,
    "x" * 5000,
]
STATUS = {"MessageSid": sid("SM"), "MessageStatus": "sent"}


@pytest.mark.parametrize(
    "path", ["/twilio/voice", "/twilio/voice/product", "/twilio/voice/recorded", "/twilio/recording"]
)
def test_a_call_sid_that_is_none_is_refused(path: str, sqlite_wire: Wire, logs: Logs) -> None:
    form = recording_form if path == "/twilio/recording" else call_form

    answers = [sqlite_wire.post(path, form(CallSid=value)) for value in BAD_SIDS]

    assert {answer.status_code for answer in answers} == {400}
    assert {str(answer.json) for answer in answers} == {"{'error': 'CallSid: wanted CA and 32 hexadecimal digits'}"}
    assert sqlite_wire.rows() == {}
    lines = logs.named("request_failed")
    assert {(line["status"], line["error"], line["path"]) for line in lines} == {(400, "AnomalousRequest", path)}
    assert len(lines) == len(BAD_SIDS)


@pytest.mark.parametrize(
    ("path", "form", "told"),
    [
        ("/twilio/recording", recording_form(RecordingSid="CA" + "a" * 32), "RecordingSid: wanted RE and 32"),
        ("/twilio/recording", recording_form(RecordingSid="-"), "RecordingSid: wanted RE and 32"),
        ("/twilio/recording", recording_form(RecordingStatus=""), "RecordingStatus: wanted a status word"),
        ("/twilio/recording", recording_form(RecordingStatus="Completed!"), "RecordingStatus: wanted a status word"),
        ("/twilio/recording", recording_form(RecordingStatus="x" * 31), "RecordingStatus: wanted a status word"),
        ("/twilio/transcription", {"RecordingSid": sid("RE")}, "TranscriptionStatus: wanted a status word"),
        ("/twilio/transcription", {"TranscriptionStatus": "completed"}, "RecordingSid: wanted RE and 32"),
        ("/twilio/sms", text_form(MessageSid="SM1"), "MessageSid: wanted SM or MM and 32 hexadecimal digits"),
        ("/twilio/sms", text_form(From="-"), "From: wanted the sender's number"),
        ("/twilio/sms", text_form(From="x" * 41), "From: wanted the sender's number"),
        ("/twilio/sms", text_form(From="+1614\x00"), "From: wanted the sender's number"),
        ("/twilio/sms", text_form(Body="x" * 1601), "Body: wanted 1600 characters at most"),
        ("/twilio/message-status", {"MessageStatus": "sent"}, "SmsSid: wanted SM or MM"),
        ("/twilio/message-status", {**STATUS, "MessageStatus": "-1"}, "MessageStatus: wanted a status word"),
        ("/twilio/message-status", {**STATUS, "ErrorCode": "E21610"}, "ErrorCode: wanted a whole number"),
        ("/twilio/call-status", call_form(CallStatus="-"), "CallStatus: wanted a status word"),
        ("/twilio/call-status", call_form(CallStatus="completed\x00"), "CallStatus: wanted a status word"),
        ("/twilio/call-status", call_form(SequenceNumber="two"), "SequenceNumber: wanted a whole number"),
        ("/twilio/call-status", call_form(SequenceNumber="4294967296"), "SequenceNumber: wanted a whole number"),
    ],
)
def test_a_field_of_the_wrong_form_is_refused_with_its_mend(
    path: str, form: dict[str, str], told: str, sqlite_wire: Wire, logs: Logs
) -> None:
    answer = sqlite_wire.post(path, form)

    assert answer.status_code == 400
    assert told in (answer.json or {})["error"]
    assert sqlite_wire.rows() == {}
    assert [line["error"] for line in logs.named("request_failed")] == ["AnomalousRequest"]


@pytest.mark.parametrize(
    "written",
    [
        "yesterday",
        "2026-11-21T02:30:00",
        "2026-11-21",
        "2026-13-41T99:99:99Z",
        "1999-12-31T23:59:59Z",
        "2201-01-01T00:00:00Z",
        "9999-12-31T23:59:59-14:00",
        "0001-01-01T00:00:00+14:00",
        "Sat, 21 Nov 2026 02:30:00",
        "Sat, 21 Nov 99999999999999999999 02:30:00 +0000",
        "Sat, 21 Nov 2026 02:30:00 +999999999999",
        "Sat, 99 Nov 2026 02:30:00 +0000",
        "1763692200",
        "\x00",
    ],
)
def test_an_instant_that_is_none_is_left_out(written: str, sqlite_wire: Wire, logs: Logs) -> None:
    answer = sqlite_wire.post("/twilio/recording", recording_form(RecordingStartTime=written))

    assert answer.status_code == 204
    assert len(sqlite_wire.cases()) == 1
    [line] = logs.named("field_left_out")
    assert line["reason"] == "RecordingStartTime: wanted an instant such as Mon, 02 Nov 2026 01:00:00 +0000"


@pytest.mark.parametrize(
    ("field", "written", "told"),
    [
        ("RecordingDuration", "abc", "RecordingDuration: wanted a whole number"),
        ("RecordingDuration", "1.5", "RecordingDuration: wanted a whole number"),
        ("RecordingDuration", "-2", "RecordingDuration: wanted a whole number"),
        ("RecordingDuration", "1e3", "RecordingDuration: wanted a whole number"),
        ("RecordingDuration", "٣", "RecordingDuration: wanted a whole number"),
        ("RecordingDuration", "86401", "RecordingDuration: wanted a whole number up to 86400"),
        ("RecordingDuration", "9" * 40, "RecordingDuration: wanted a whole number"),
        ("ErrorCode", "9999999999", "ErrorCode: wanted a whole number"),
        ("ErrorCode", "E16101", "ErrorCode: wanted a whole number"),
    ],
)
def test_a_voicemail_is_kept_without_the_field_that_cannot_be_read(
    field: str, written: str, told: str, sqlite_wire: Wire, logs: Logs
) -> None:
    answer = sqlite_wire.post("/twilio/recording", recording_form(**{field: written}))

    assert answer.status_code == 204
    assert sqlite_wire.only(Voicemail).status == "completed"
    [line] = logs.named("field_left_out")
    assert line["reason"].startswith(told)
    assert written not in line["reason"].split("wanted")[0]


@pytest.mark.thorough
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    written=st.one_of(
        st.text(st.characters(exclude_categories=["Cs"]), max_size=40),
        st.from_regex(r"[A-Z][a-z]{2}, \d{1,20} [A-Z][a-z]{2} \d{1,20} \d{1,9}:\d{1,9}:\d{1,9} [+-]\d{1,20}"),
        st.from_regex(r"\d{4}-\d{1,3}-\d{1,3}T\d{2}:\d{2}(:\d{2})?([+-]\d{2}:?\d{2}|Z)?"),
    ),
    field=st.sampled_from(
        ["RecordingStartTime", "RecordingDuration", "ErrorCode", "RecordingStatus", "From", "CallSid"]
    ),
)
def test_no_recording_field_however_odd_is_a_crash(written: str, field: str, sqlite_wire: Wire) -> None:
    answer = sqlite_wire.post("/twilio/recording", recording_form(**{field: written}) | {field: written})

    assert answer.status_code in {204, 400}


@pytest.mark.parametrize("path", ["/twilio/recording", "/twilio/voice", "/twilio/sms"])
def test_an_oversize_body_is_refused(path: str, sqlite_wire: Wire) -> None:
    answer = sqlite_wire.post(path, recording_form(Padding="x" * 70_000))

    assert answer.status_code == 413
    assert sqlite_wire.rows() == {}


def test_a_body_of_many_parts_is_refused(sqlite_wire: Wire) -> None:
    part = '--b\r\nContent-Disposition: form-data; name="f"\r\n\r\nx\r\n'

    answer = sqlite_wire.app.test_client().post(
        "/twilio/recording", data=part * 300 + "--b--\r\n", content_type="multipart/form-data; boundary=b"
    )

    assert answer.status_code == 413


@pytest.mark.parametrize("status", ["a-quite-long-new-status-word", "x" * 30])
def test_a_status_of_next_year_is_taken_on_both_databases(status: str, wire: Wire) -> None:
    answers = [
        wire.post("/twilio/call-status", call_form(CallStatus=status)).status_code,
        wire.post("/twilio/message-status", {"MessageSid": sid("SM"), "MessageStatus": status}).status_code,
        wire.post("/twilio/recording", recording_form(RecordingStatus=status)).status_code,
    ]

    assert answers == [204, 204, 204]


NASTY = [
    "\x00",
    "a\x00b",
    "\x1b[31mred\x1b[0m",
    "\x07\x08\x0b\x0c\x7f\x9b2J",
    "\u202eevil",
    "a\r\nb",
    "\ufffe\uffff",
    "💩",
]


def test_control_characters_of_a_callers_town_are_taken_out(wire: Wire) -> None:
    for words in NASTY:
        call_sid = sid("CA")
        form = call_form(CallSid=call_sid, FromCity=words, FromState=words, From="-")
        assert twiml(wire.post("/twilio/voice", form)).find("Record") is not None
        wire.post("/twilio/recording", recording_form(CallSid=call_sid, From=f"+1216555{len(wire.cases()):04d}"))

    places = [case["caller_place"] for case in wire.cases()]
    assert len(places) == len(NASTY)
    assert all(place is None or place.isprintable() for place in places)


@pytest.mark.parametrize("sender", [CALLER, "+16145550102"])
def test_control_characters_of_a_text_do_not_break_the_answer(sender: str, wire: Wire) -> None:
    answers = [twiml(wire.post("/twilio/sms", text_form(From=sender, Body=words))) for words in NASTY]

    with wire.program.desk.store.read() as session:
        kept = session.scalars(select(InboundText.body).order_by(InboundText.id)).all()
    assert list(kept) == [words.replace("\x00", "") for words in NASTY]
    for answer in answers:
        assert all(char.isprintable() or char == "\n" for char in "".join(answer.itertext()))


def test_control_characters_of_a_transcript_are_taken_out(wire: Wire) -> None:
    for words in NASTY:
        form = recording_form()
        wire.post("/twilio/recording", form)
        told = {"RecordingSid": form["RecordingSid"], "TranscriptionStatus": "completed"}
        assert wire.post("/twilio/transcription", told | {"TranscriptionText": f"x{words}"}).status_code == 204

    with wire.program.desk.store.read() as session:
        kept = session.scalars(select(Voicemail.transcript)).all()
    assert len(kept) == len(NASTY)
    for transcript in kept:
        assert transcript
        assert all(char.isprintable() or char == "\n" for char in transcript)


def test_a_note_full_of_control_characters_is_kept_and_the_chain_holds(wire: Wire) -> None:
    wire.post("/twilio/recording", recording_form(From=CALLER))
    words = "NOTE 1001 " + "".join(NASTY).replace("\r\n", " ")

    document = twiml(wire.post("/twilio/sms", text_form(From="+16145550102", Body=words)))

    assert "noted" in "".join(document.itertext())
    assert verify_chain(wire.program.desk).first_bad is None


@pytest.mark.parametrize("value", [b"\xed\xa0\x80", b"\xff\xfe", b"a\xed\xb2\xa9b", b"\xc0\x80", b"\xf4\x90\x80\x80"])
def test_bytes_that_are_no_text_harm_nothing(value: bytes, wire: Wire) -> None:
    body = raw(**text_form() | {"Body": value})
    with wire.app.test_request_context("/", method="POST", data=body, content_type=FORM):
        signature = sign(f"{PUBLIC_URL}/twilio/sms", request.form)

    answer = wire.send("/twilio/sms", body, {"X-Twilio-Signature": signature})

    twiml(answer)
    assert wire.only(InboundText).body.encode()


def test_a_town_longer_than_its_column_is_cut(wire: Wire) -> None:
    wire.post("/twilio/voice", call_form(FromCity="ä" * 500, FromState="OH"))

    call = wire.only(Call)
    assert call.from_place == "ä" * 80


def test_a_transcript_longer_than_any_call_is_cut(wire: Wire) -> None:
    form = recording_form()
    wire.post("/twilio/recording", form)

    wire.post(
        "/twilio/transcription",
        {"RecordingSid": form["RecordingSid"], "TranscriptionStatus": "completed", "TranscriptionText": "w" * 30_000},
    )

    kept = wire.only(Voicemail)
    assert kept.transcript == "w" * 20_000


@pytest.mark.parametrize("number", [2**31, 2**63, 10**40])
def test_a_number_that_no_row_can_have_is_nobodys_address(number: int, sqlite_wire: Wire) -> None:
    paths = [f"/twilio/bridge/leg/{number}/status", f"/twilio/alert/{number}", f"/twilio/hear/{number}"]

    assert [sqlite_wire.post(path, call_form()).status_code for path in paths] == [404] * 3
