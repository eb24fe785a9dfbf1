"""What of the settings contradicts itself, or cannot work with a real account. Nothing here is asked of anybody."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from urllib.parse import parse_qsl, urlsplit

from config.settings import Settings, address, is_loopback_host
from triage.cli.finding import Finding
from triage.policy.roster import Roster

_TOKEN = re.compile(r"[0-9a-f]{32}")
_KEY_SID = re.compile(r"SK[0-9a-f]{32}")
_FICTION = re.compile(r"\+1[0-9]{3}55501[0-9]{2}")
"""Numbers of films and of the demo: they ring nowhere."""
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


def _is_unproven(database_url: str | None) -> bool:
    """Whether a PostgreSQL is on another machine, and anybody could answer in its place."""
    parts = urlsplit(database_url or "")
    asked = dict(parse_qsl(parts.query))
    host = parts.hostname or asked.get("host", "")
    is_here = not host or host.startswith("/") or host in _LOOPBACK
    return parts.scheme.startswith("postgresql") and not is_here and asked.get("sslmode") != "verify-full"


Rule = tuple[Callable[[Settings], bool], str, str]

_RULES: tuple[Rule, ...] = (
    (
        lambda s: s.has_real_account and is_loopback_host(s.public_url),
        "AFTERHOURS_PUBLIC_URL names this machine itself: Twilio cannot reach it",
        "set it to your https address",
    ),
    (
        lambda s: s.has_real_account and s.twilio_api_base is not None,
        "AFTERHOURS_TWILIO_API_BASE is set: what is meant for Twilio goes elsewhere",
        "take the setting away",
    ),
    (
        lambda s: s.has_real_account and not _TOKEN.fullmatch(s.signing_tokens[0]),
        "AFTERHOURS_TWILIO_AUTH_TOKEN is no token of Twilio's: those are 32 digits and letters a to f",
        "copy it again from the console, without spaces or quotes",
    ),
    (
        lambda s: len(s.signing_tokens) > 1 and len(set(s.signing_tokens)) == 1,
        "AFTERHOURS_TWILIO_PREVIOUS_AUTH_TOKEN is the token of now",
        "take the setting away, or set it to the token before",
    ),
    (
        lambda s: s.twilio_api_key_sid is not None and not _KEY_SID.fullmatch(s.twilio_api_key_sid),
        "AFTERHOURS_TWILIO_API_KEY_SID is no key of Twilio's: those are SK and 32 digits and letters a to f",
        "copy the SID of the key from the console",
    ),
    (
        lambda s: s.has_real_account and bool(_FICTION.fullmatch(s.twilio_from or "")),
        "AFTERHOURS_TWILIO_FROM is a number of the demo, which rings nowhere",
        "set it to your number at Twilio",
    ),
    (
        lambda s: s.public_url.startswith("https://") and s.trusted_proxies == 0,
        "the proxy that ends https is not trusted: all who sign in share one limit of attempts",
        "set AFTERHOURS_TRUSTED_PROXIES=1, where it adds the caller's address to X-Forwarded-For",
    ),
    (
        lambda s: s.trusted_proxies > 0 and address(s.bind)[0] not in _LOOPBACK,
        "a proxy is trusted, and AFTERHOURS_BIND lets others by: they can claim any address",
        "bind to 127.0.0.1, or let a firewall admit the proxy alone",
    ),
    (
        lambda s: _is_unproven(s.database_url) or _is_unproven(s.database_direct_url),
        "PostgreSQL is on another machine, and reached without proof of who answers: numbers and words travel there",
        "add ?sslmode=verify-full&sslrootcert=/path/to/its/ca.pem to its address",
    ),
    (
        lambda s: s.has_real_account and s.backup_dir is None,
        "no backup is made by itself",
        "set AFTERHOURS_BACKUP_DIR",
    ),
    (
        lambda s: s.has_real_account and s.alarm_mail is None and s.heartbeat_url is None,
        "nobody hears of a dead scheduler: there is neither an address for alarms nor a heartbeat",
        "set AFTERHOURS_ALARM_MAIL or AFTERHOURS_HEARTBEAT_URL, best both",
    ),
)


def examine_settings(settings: Settings) -> Iterator[Finding]:
    """What is wrong; one line that all is well where nothing is."""
    wrong = [Finding("settings", text, mend) for is_wrong, text, mend in _RULES if is_wrong(settings)]
    yield from wrong or [Finding("settings", "they fit together")]


def examine_phones(settings: Settings, roster: Roster) -> Iterator[Finding]:
    """Phones of the roster at which nobody can be reached."""
    ours = {
        settings.twilio_from: "AFTERHOURS_TWILIO_FROM, our own number",
        settings.canary_number: "AFTERHOURS_CANARY_NUMBER, the number of test calls",
    }
    for person in roster.people:
        if person.phone in ours:
            told = f"the phone of {person.name} is {ours[person.phone]}"
            yield Finding("roster", told, "give their own phone")
    invented = [person.name for person in roster.people if _FICTION.fullmatch(person.phone)]
    if invented and settings.has_real_account:
        told = f"the phones of {', '.join(invented)} are numbers of the demo, which ring nowhere"
        yield Finding("roster", told, "give their real ones")
