"""Files as people upload them: of dealers, of calendars, and broken in many ways."""

from __future__ import annotations

import gzip
from random import Random

from tests.fuzz.values import FORMULA, MARK, written

_DEALERS = "code,name,has_account,joined_on\nACME,Acme Telephone,yes,2026-01-02\nB2,Bell <x-mark>,no,\n"
_TECHNICIANS = "dealer,name,phones,pin,left_on\nACME,Jo Park,+16145550111,new,\nACME,Al Kim,,,2026-02-01\n"
_SITES = "dealer,name,zone,product,software,licence_until,trunk\nACME,Old Mill,,emg,2.1,,Zed Telecom\n"
_PURCHASES = "dealer,reference,bought_on,kind,amount\nACME,PO-9,2026-11-02,prepaid,250.00\n"
_CALENDAR = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//x//y//EN
BEGIN:VEVENT
UID:1@x
DTSTART:20261124T130000Z
DTEND:20261125T130000Z
RRULE:FREQ=WEEKLY;COUNT=4
SUMMARY:Lee Okafor
END:VEVENT
END:VCALENDAR
"""
_LINES = [
    "RRULE:FREQ=SECONDLY", "RRULE:FREQ=YEARLY;COUNT=999999999", "RRULE:FREQ=DAILY;INTERVAL=0", "RRULE:", "RRULE:FREQ=X",
    "RRULE:FREQ=DAILY;UNTIL=99991231T235959Z", "RDATE:20261124T130000Z", "EXDATE:x", "DTSTART:00010101T000000Z",
    "DTSTART:99991231T235959Z", "DTSTART;TZID=Nowhere/City:20261124T130000", "DTSTART;VALUE=DATE:20261124", "DTEND:x",
    "DURATION:P99999999999W", "DURATION:-PT1H", "SUMMARY:" + "x" * 5000, f"SUMMARY:{MARK}", "SUMMARY:dana\\,lee\\nx",
    "BEGIN:VEVENT", "END:VEVENT", "END:VCALENDAR", "BEGIN:VTIMEZONE", "BEGIN:VALARM", "UID:1@x",
    "RECURRENCE-ID:20261124T130000Z",
    "RRULE:FREQ=MINUTELY;BYSECOND=" + ",".join(["1"] * 500), "X-" + "A" * 300 + ":1", ":", ";", "=", " folded", "\x00",
    "ATTENDEE;CN=\"x", "DTSTART;TZID=../../etc/passwd:20261124T130000", "STATUS:CANCELLED",
    "RRULE:FREQ=WEEKLY;BYDAY=XX",
    "RRULE:FREQ=MONTHLY;BYMONTHDAY=31;BYMONTH=2", "RRULE:FREQ=DAILY;BYHOUR=99", "DTEND:20261123T130000Z",
    "EXRULE:FREQ=DAILY",
]  # fmt: skip
_NAMES = ["dealers.csv", "on-call.ics", "../../x", "", "x" * 300, f"{MARK}.csv", "a\x00.csv", "ü.ics", "a.exe", "CON"]
_TYPES = [
    "text/csv",
    "text/calendar",
    "application/octet-stream",
    "image/svg+xml",
    "text/html",
    "",
    "x/y; charset=utf-7",
]
_FORM, _PARTS = "application/x-www-form-urlencoded", "multipart/form-data; boundary=b"
_BODY_TYPES = [_FORM, _FORM, _PARTS, _PARTS, "application/json", "application/xml", "text/plain", "x", ""]
_PART = b'--b\r\nContent-Disposition: form-data; name="words"'
_BODIES = [
    b'{"words": ' + b'{"a":' * 9000, b"[" * 60_000, b'{"__proto__": {"role": "administrator"}}', b"null", b'"\\ud800"',
    b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><x>&a;</x>', b"<x>" * 9000,
    b"a=1&" * 16_000, b"&" * 60_000, b"=" * 60_000, b"%" * 60_000, b"words=%ff%fe&%ff=%00", b"words=%u0041&words[]=1",
    b"a[b][c][d]=" * 500, b"words=" + b"x" * 70_000, b"x" * 2_000_000, b"words=" + b"+" * 60_000, b"\xff\xfe\x00",
    (_PART + b"\r\n\r\nx\r\n") * 300 + b"--b--", _PART + b"\r\n\r\nnever ended", b"--b\r\n\r\n--b--", b"--b--",
    _PART + b'; name="note"; filename="x"\r\n\r\nx\r\n--b--', _PART + b"\r\n" + b"A: b\r\n" * 3000 + b"\r\nx\r\n--b--",
    _PART + b"\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n--c\r\n\r\n--c--\r\n--b--", b"\r\n" * 30_000,
    _PART + b"; filename*=utf-8''%ff%00\r\nContent-Transfer-Encoding: base64\r\n\r\n!!!\r\n--b--",
    gzip.compress(b"0" * 10**6),
]  # fmt: skip


def upload(dice: Random, *, is_calendar: bool) -> tuple[str, str, bytes]:
    """A name, a type and the bytes."""
    text = _calendar(dice) if is_calendar else _table(dice)
    data = text.encode(dice.choice(["utf-8"] * 6 + ["utf-16", "utf-8-sig", "utf-32"]), "surrogatepass")
    return dice.choice(_NAMES), dice.choice(_TYPES), _broken(data, dice)


def body(dice: Random) -> tuple[str, bytes]:
    """A type and what is sent as it, none of it a form of ours."""
    kind = dice.choice(_BODY_TYPES)
    return kind, dice.choice(_BODIES) if dice.random() < 0.85 else dice.randbytes(dice.randrange(1, 3000))


def _table(dice: Random) -> str:
    lines = dice.choice([_DEALERS, _TECHNICIANS, _SITES, _PURCHASES]).splitlines()
    for _ in range(dice.randrange(4)):
        at = dice.randrange(len(lines))
        cells = lines[at].split(",")
        cells[dice.randrange(len(cells))] = dice.choice([written(dice), f'"{written(dice)}"', '"', FORMULA, ""])
        lines[at] = ",".join(cells[:: dice.choice([1, 1, 1, -1])])
    lines += [lines[-1]] * dice.choice([0, 0, 1, 50, 1000])
    return dice.choice(["\n", "\r\n", "\r", ";"] if dice.random() < 0.3 else ["\n"]).join(lines)


def _calendar(dice: Random) -> str:
    lines = _CALENDAR.splitlines()
    for _ in range(dice.randrange(4)):
        at = dice.randrange(len(lines))
        if dice.random() < 0.4:
            lines[at : at + 1] = []
        else:
            lines.insert(at, dice.choice([*_LINES, written(dice)]))
        lines = lines or [""]
    return dice.choice(["\r\n", "\n"]).join(lines)


def _broken(data: bytes, dice: Random) -> bytes:
    kind = dice.randrange(12)
    if kind == 0:
        return data[: dice.randrange(len(data) + 1)]
    if kind == 1:
        return dice.randbytes(dice.randrange(400))
    if kind == 2 and data:
        at = dice.randrange(len(data))
        return data[:at] + dice.randbytes(3) + data[at:]
    if kind == 3:
        return data * dice.choice([2, 20, 200])
    if kind == 4:
        return b"PK\x03\x04" + data
    return data
