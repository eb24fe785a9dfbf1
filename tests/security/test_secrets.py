"""What nobody may guess is long enough, and kept as a hash that fits its length."""

from __future__ import annotations

import math
import re
from base64 import urlsafe_b64decode

from triage.services.passwords import digest, hash_password, new_recovery_code, new_token

ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"


def test_a_recovery_code_has_the_bits_that_a_plain_hash_needs() -> None:
    codes = {new_recovery_code() for _ in range(200)}

    assert len(codes) == 200
    assert {bool(re.fullmatch(rf"([{ALPHABET}]{{4}}-){{5}}[{ALPHABET}]{{4}}", code)) for code in codes} == {True}
    assert set("".join(codes)) - {"-"} == set(ALPHABET)
    assert 24 * math.log2(len(ALPHABET)) >= 112


def test_a_token_has_256_bits_and_is_kept_as_its_hash() -> None:
    token = new_token()

    assert len(urlsafe_b64decode(token + "=")) == 32
    assert token not in digest(token)
    assert len(digest(token)) == 64


def test_passwords_are_hashed_as_owasp_says() -> None:
    assert hash_password("correct horse battery").startswith("$argon2id$v=19$m=19456,t=2,p=1$")
