"""Where cryptography is used, and for what: the inventory that README names. What is not in it fails here."""

from __future__ import annotations

import re
from pathlib import Path

from triage.services import passwords

ROOT = Path(__file__).parents[2]
_IMPORTS = re.compile(
    r"(?m)^\s*(?:import|from) (?:argon2|authlib|hashlib|hmac|itsdangerous|joserfc|pyotp|secrets|ssl|trustme"
    r"|twilio\.request_validator)\b"
)

INVENTORY = {
    "triage/cli/doctor_reach.py": "TLS, certificates checked: our own public address",
    "triage/cli/processes.py": "random: the token of a demo's simulated account",
    "triage/policy/document.py": "SHA-256: which version of a policy or roster",
    "triage/services/accounts.py": "random: the key that signs forms",
    "triage/services/calendar_feeds.py": "random: secret addresses, 256 bits",
    "triage/services/case_pack.py": "SHA-256: what a pack holds",
    "triage/services/dispatch.py": "random: the claim of a sender",
    "triage/services/history.py": "SHA-256: what was exported",
    "triage/services/invoice_exports.py": "SHA-256: what was exported",
    "triage/services/letters.py": "SHA-256: what was mailed",
    "triage/services/numbers.py": "random and constant-time comparison: codes of six digits, five tries, ten minutes",
    "triage/services/passwords.py": "Argon2id of passwords, SHA-256 of tokens of 120 bits or more, random",
    "triage/services/pins.py": "scrypt of PINs, random",
    "triage/services/report_exports.py": "SHA-256: what was exported",
    "triage/services/second_factor.py": "TOTP (HMAC-SHA-1, RFC 6238), constant-time comparison",
    "triage/services/statement_exports.py": "SHA-256: what was exported",
    "triage/store/backup_folder.py": "SHA-256: whether a backup is what was written",
    "triage/store/bells.py": "SHA-256: the name of a socket",
    "triage/store/chain.py": "SHA-256: the chain of events",
    "triage/store/recording_folder.py": "SHA-256: whether a recording is what was fetched",
    "triage/transports/openid.py": "RS256, ES256, EdDSA of the provider's tokens; PKCE, state and nonce, random",
    "triage/transports/smtp.py": "TLS, certificates checked: the mail server",
    "webhooks/console/dealer_forms.py": "SHA-256: whether a row changed since its page was shown",
    "webhooks/console/dealer_import.py": "SHA-256: whether a file is the one that was shown",
    "webhooks/console/layout.py": "SHA-256: versions of files",
    "webhooks/console/provider.py": "constant-time comparison of the state",
    "webhooks/simulator/nights/replay.py": "random: a token of its own; SHA-256: SIDs that a seed repeats",
    "webhooks/simulator/posting.py": "HMAC-SHA-1: the simulated phone system signs as Twilio does",
    "webhooks/simulator/records.py": "random: SIDs",
    "webhooks/simulator/rest.py": "constant-time comparison of the simulated credentials",
    "webhooks/twilio/media.py": "HMAC-SHA-256: addresses of recordings, ten minutes",
    "webhooks/twilio/signature.py": "HMAC-SHA-1 of Twilio's, constant-time comparison",
}


def test_cryptography_is_used_where_the_inventory_says_and_nowhere_else() -> None:
    files = [path for folder in ("config", "triage", "webhooks", "scheduler") for path in (ROOT / folder).rglob("*.py")]
    found = {str(path.relative_to(ROOT)) for path in files if _IMPORTS.search(path.read_text())}

    assert found == set(INVENTORY)


def test_a_password_of_nobody_takes_as_long_to_check_as_one_of_somebody() -> None:
    assert not passwords.is_outdated(passwords._NOBODYS)  # else the hash was made with other parameters
