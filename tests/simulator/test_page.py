from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from threading import Event

import pytest
from flask.testing import FlaskClient
from freezegun import freeze_time

from tests.simulator.conftest import CALLER, DANA, OurSide
from triage.clock import DemoClock, SystemClock
from webhooks.simulator.page import add_page
from webhooks.simulator.phone_system import Behaviour, PhoneSystem
from webhooks.simulator.posting import Answer
from webhooks.simulator.rest import create_rest_app

RECORD = """<Response><Say>Leave a message.</Say>
<Record action="/e" recordingStatusCallback="/r" transcribe="true" transcribeCallback="/t"/></Response>"""


@pytest.fixture
def demo_clock(tmp_path: Path) -> DemoClock:
    return DemoClock(tmp_path / "clock")


@pytest.fixture
def page(phones: PhoneSystem, demo_clock: DemoClock) -> FlaskClient:
    app = create_rest_app(phones)
    add_page(app, phones, demo_clock, run=lambda work: work())
    return app.test_client()


def show(page: FlaskClient, path: str = "/") -> str:
    return page.get(path).get_data(as_text=True)


def test_the_page_shows_the_phones_and_eastern_time(page: FlaskClient) -> None:
    text = show(page)

    assert "Fri 6 Mar 2026, 18:30:00 EST" in text
    assert "Dana Whitfield" in text
    assert "technician · +1 614 555 0101" in text


def test_summer_time_is_told_as_such(page: FlaskClient, phones: PhoneSystem) -> None:
    phones.exchange.clock.advance(3 * 24 * 3600)  # type: ignore[attr-defined] # a MovableClock

    assert "Mon 9 Mar 2026, 19:30:00 EDT" in show(page, "/live")


def test_a_voicemail_left_on_the_page_is_in_the_log(page: FlaskClient, ours: OurSide) -> None:
    ours.twiml = {"/twilio/voice": RECORD}

    answer = page.post("/voicemail", data={"caller": CALLER, "seconds": "42", "transcript": "gateway down"})

    assert answer.status_code == 303
    assert ours.forms("/r")[0]["RecordingDuration"] == "42"
    assert ours.forms("/t")[0]["TranscriptionText"] == "gateway down"
    text = show(page, "/live")
    assert "Sam Ortiz, Lakeside Telecom calls us" in text
    assert "<li>Leave a message.</li>" in text
    assert "Left a voicemail of 42 s" in text


def test_a_typed_number_wins_over_the_list(page: FlaskClient, ours: OurSide) -> None:
    page.post("/voicemail", data={"caller": CALLER, "other": "+1 (312) 555-0199"})

    assert ours.forms("/twilio/voice")[0]["From"] == "+13125550199"


def test_a_reply_shows_in_both_directions(page: FlaskClient, ours: OurSide) -> None:
    ours.twiml = {"/twilio/sms": "<Response><Message>It is yours.</Message></Response>"}

    page.post("/text", data={"from": DANA, "body": "ACK"})

    text = show(page, "/live")
    assert '<p class="bubble out">ACK<' in text
    assert '<p class="bubble in">It is yours.<' in text


def test_a_phone_can_be_made_to_behave(page: FlaskClient, phones: PhoneSystem) -> None:
    page.post("/phone", data={"number": DANA, "behaviour": "dead", "will_press": "1"})

    phone = phones.phone(DANA)
    assert (phone.behaviour, phone.will_press) == (Behaviour.DEAD, "1")


def test_a_phone_can_be_put_to_bed(page: FlaskClient, phones: PhoneSystem) -> None:
    page.post("/phone", data={"number": DANA, "behaviour": "asleep", "will_press": ""})

    assert phones.phone(DANA).behaviour == "asleep"


def test_the_clock_moves_forward(page: FlaskClient, demo_clock: DemoClock) -> None:
    page.post("/clock", data={"minutes": "15"})
    page.post("/clock", data={"minutes": "120"})

    assert demo_clock.offset() == timedelta(minutes=135)
    assert "2 h 15 min ahead of this machine" in show(page, "/live")
    page.post("/clock", data={"minutes": "1440"})
    page.post("/clock", data={"minutes": "10080"})
    assert demo_clock.offset() == timedelta(days=8, minutes=135)
    assert "8 d 2 h 15 min ahead of this machine" in show(page, "/live")


@freeze_time("2026-11-21T02:30:00Z")
def test_who_watches_gives_the_daemon_a_moment_after_the_clock_was_moved(demo_clock: DemoClock) -> None:
    def ahead(machine: str) -> list[timedelta]:
        with freeze_time(machine):
            return [at - SystemClock().now() for at in (demo_clock.now(), demo_clock.watched())]

    first, both = timedelta(minutes=15), timedelta(minutes=135)
    demo_clock.advance(first)
    assert ahead("2026-11-21T02:30:19Z") == [first, timedelta(0)]
    assert ahead("2026-11-21T02:30:20Z") == [first, first]
    with freeze_time("2026-11-21T02:30:05Z"):
        demo_clock.advance(timedelta(hours=2))
    assert ahead("2026-11-21T02:30:24Z") == [both, timedelta(0)]
    assert ahead("2026-11-21T02:30:25Z") == [both, both]


def test_without_a_demo_clock_there_is_nothing_to_move(phones: PhoneSystem) -> None:
    app = create_rest_app(phones)
    add_page(app, phones, None, run=lambda work: work())

    assert "+15 min" not in show(app.test_client())
    assert app.test_client().post("/clock", data={"minutes": "15"}).status_code == 404


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("/clock", {"minutes": "-5"}),
        ("/phone", {"number": DANA, "behaviour": "melted"}),
        ("/phone", {"number": "nobody", "behaviour": "dead"}),
        ("/voicemail", {"other": "anonymous"}),
        ("/text", {"from": "", "body": "x"}),
    ],
)
def test_nonsense_is_refused(page: FlaskClient, path: str, form: dict[str, str]) -> None:
    assert page.post(path, data=form).status_code == 400


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_a_foreign_page_cannot_drive_it(page: FlaskClient, phones: PhoneSystem, headers: dict[str, str]) -> None:
    answer = page.post("/phone", data={"number": DANA, "behaviour": "dead"}, headers=headers)

    assert answer.status_code == 403
    assert phones.phone(DANA).behaviour is Behaviour.NORMAL


def test_its_own_page_can(page: FlaskClient) -> None:
    headers = {"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"}

    assert page.post("/text", data={"from": DANA, "body": "x"}, headers=headers).status_code == 303


def test_a_name_pointed_at_this_machine_gets_nothing(page: FlaskClient) -> None:
    assert page.get("/", headers={"Host": "evil.example"}).status_code == 403
    assert page.get("/", headers={"Host": "127.0.0.1:8081"}).status_code == 200
    assert page.get("/", headers={"Host": "[::1]:8081"}).status_code == 200


def test_what_callers_write_is_escaped(page: FlaskClient) -> None:
    page.post("/text", data={"from": CALLER, "body": "<script>alert(1)</script>"})

    assert "&lt;script&gt;alert(1)" in show(page, "/live")
    assert "<script>alert" not in show(page)


def test_no_script_may_stand_in_the_page(page: FlaskClient) -> None:
    answer = page.get("/")

    assert "script-src 'self';" in answer.headers["Content-Security-Policy"]
    assert "unsafe" not in answer.headers["Content-Security-Policy"]


def test_its_style_and_script_are_served(page: FlaskClient) -> None:
    with page.get("/static/simulator.css") as style, page.get("/static/simulator.js") as script:
        assert (style.status_code, script.status_code) == (200, 200)


def test_work_that_fails_is_logged_and_the_page_goes_on(
    phones: PhoneSystem, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(url: str, form: dict[str, str] | None, headers: dict[str, str]) -> None:
        raise ZeroDivisionError

    phones.exchange.poster._post = broken  # type: ignore[assignment]
    app = create_rest_app(phones)
    add_page(app, phones, None, run=lambda work: work())

    assert app.test_client().post("/text", data={"from": DANA, "body": "x"}).status_code == 303
    assert "simulated_call_failed" in "".join(capsys.readouterr())


def test_the_page_does_not_wait_for_a_slow_webhook(phones: PhoneSystem) -> None:
    asked, may_answer = Event(), Event()

    def slow(url: str, form: dict[str, str] | None, headers: dict[str, str]) -> Answer:
        asked.set()
        may_answer.wait(10)
        return Answer(200, "<Response/>")

    phones.exchange.poster._post = slow
    app = create_rest_app(phones)
    add_page(app, phones, None)

    assert app.test_client().post("/text", data={"from": DANA, "body": "ACK"}).status_code == 303
    assert asked.wait(10)
    assert "ACK" in show(app.test_client(), "/live")
    may_answer.set()
