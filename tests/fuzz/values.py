"""What hostile people write into a field, and what careless programs send."""

from __future__ import annotations

from random import Random

MARK = "<x-mark>"
"""Never stands in a page as it is: what was written is words, not markup."""
FORMULA = "=x-mark()"
"""Never begins a cell of a file: spreadsheets would reckon it."""

_NUMBERS = [
    "0", "-0", "-1", "1", "2", "1001", "1002", "1003", "99999", "2147483647", "2147483648", "-2147483649",
    "9223372036854775807", "9223372036854775808", "1e9", "1e400", "0x10", "1_000", "٣", "²", "½", "NaN", "Infinity",
    "-inf", "1.5", "0.001", "1,000.00", "$5", "00000001", " 7 ", "+7", "9" * 40, "9" * 5000, "1/0", "--1",
]  # fmt: skip
_DAYS = [
    "0000-00-00", "0001-01-01", "1583-01-01", "1899-12-31", "1969-12-31", "1970-01-01", "2026-02-29", "2026-11-01",
    "2026-11-21", "2026-12-31", "2200-12-31", "2201-01-01", "9999-12-31", "10000-01-01", "99999-01-01", "-2026-01-01",
    "2026-13-01", "2026-1-1", "11/21/2026", "yesterday", "2026-W47-6", "2026-11-01T01:30", "2026-03-08T02:30",
    "0001-01-01T00:00", "9999-12-31T23:59", "2026-11-21T24:00", "2026-11-21T23:59:60", "2026-11-21T02:30:00Z",
    "2026-11-21T02:30:00+99:99", "Sat, 21 Nov 2026 02:30:00 +0000", "Sat, 99 Nov 99999 99:99:99 +9999999", "24:00",
    "01:30", "-1:00", "2026-Q3", "2026-Q5", "9999-Q4", "0000-Q1", "2026-q3", "2026-Q٣",
]  # fmt: skip
_TEXTS = [
    "", " ", "\t", "\n", "\r\n", "\x00", "a\x00b", "\x1b[31mred", "\x07\x08\x0b\x0c\x7f", "\u0085", "\u2028\u2029",
    "\u202eevil", "\ufeff", "\ufffe\uffff", "\ud800", "\udfff\ud800", "a\udc80b", "💩", "👩‍👩‍👧‍👦", "e\u0301" * 50,
    "\u0300" * 300,
    "ﷺ" * 40, "İıſK", "ß", "𝟙", "\u200b", "你好" * 100, "x" * 41, "x" * 256, "x" * 1025, "x" * 5000, "x" * 70_000,
    MARK, f'"{MARK}', f"'>{MARK}", f"</textarea>{MARK}", f"</title>{MARK}", f"]]>{MARK}", f"{{{{7*7}}}}{MARK}",
    f"{MARK}<script>alert(1)</script>", "javascript:alert(1)", f"data:text/html,{MARK}", f"&lt;x&gt;{MARK}",
    FORMULA, f"@{FORMULA}", f"+{FORMULA}", f"\t{FORMULA}", "-2+3", "=HYPERLINK(\"http://evil\")", "' OR 1=1 --",
    "'; DROP TABLE cases; --",
    '" OR ""="', "%%", "_%", "\\%", "*", "1;SELECT pg_sleep(9)", "'||pg_sleep(9)--", ":name", "%(x)s", "$1", "?",
    "\u2066a\u2069\u200f", "a\u0335" * 40, "🇺🇸" * 30, "\u2028=1+1", "＝1+1", "\uff1cx\uff1e", "\x85", "\xa0",
    "%", "_", "%%%", "\\", "1' UNION SELECT * FROM accounts --", "../../../../etc/passwd",
    "..\\..\\windows", "/etc/passwd", "file:///etc/passwd", "http://169.254.169.254/", "//evil.example", "/\\evil",
    "https://evil.example/", "%2e%2e%2f", "%00", "%0d%0aSet-Cookie: a=b", "a\r\nSet-Cookie: a=b", "${7*7}", "{0}",
    "{}", "%s%s%n", "[]", "null", "undefined", "true", "on", "y", "None", "__class__", "{{config}}", "a" + ",a" * 500,
    "(" * 500, "[" * 2000, "(a+)+$", "=" * 60, "?" * 200, "lee", "dana", "maria", "sam", "ada", "primary", "secondary",
    "ACME", "C/7", "C~7", "~~new", "import", "new", ".", "..", "met", "open", "overnight", "call", "sms", "week",
    "month", "account:1", "csv", "xlsx", "pdf", "administrator", "+16145550199", "+1 (614) 555-0199", "614-555-0199",
    "911",
    "+19005550100", "+18765550100", "+2901234", "+" + "1" * 40, "sip:a@b", "anonymous", "266696687", "a@b",
    "a@b\r\nBcc: c@d",
    "x" * 300 + "@example.com", "<b>@example.com", "2026-0001", "2026-0001/../x",
]  # fmt: skip
_COMMANDS = [
    "ACK", "ACK 1001", "CALL 1002", "PASS", "DONE 35 new", "DONE 99999999999", "DONE -1", "TRIED", "NOTE",
    "NOTE 1001 x",
    "STATUS", "WHO", "HELP", "LIST", "ON", "OFF", "SWAP", "PAUSE", "CLOSE 1001", "OPEN", "HEAR 1001", "ACK 1001 1002",
    "ack٣", "1", "2", "DONE 1e3", "HELP CALL", "DONE 1001 35 x", "ESTADO", "STOP", "START", "BILL", "CREDITS ACME",
]  # fmt: skip


def written(dice: Random) -> str:
    """Something for any field."""
    kind = dice.random()
    if kind < 0.45:
        return dice.choice(_TEXTS)
    if kind < 0.62:
        return dice.choice(_NUMBERS)
    if kind < 0.80:
        return dice.choice(_DAYS)
    if kind < 0.86:
        return dice.choice(_TEXTS) + dice.choice(_TEXTS)
    if kind < 0.93:
        return "".join(chr(dice.choice((dice.randrange(32), dice.randrange(256), dice.randrange(0x11000))))
                       for _ in range(dice.randrange(1, 30)))  # fmt: skip
    return "".join(dice.choice("0123456789-:+.TZ/ ") for _ in range(dice.randrange(1, 25)))


def command(dice: Random) -> str:
    """A text to our number."""
    return dice.choice(_COMMANDS) if dice.random() < 0.7 else f"{dice.choice(_COMMANDS)} {written(dice)}"[:2000]


def part(dice: Random) -> str:
    """Something for a part of an address: short enough for a server's limit."""
    return written(dice)[:300] or "-"
