"""Passwords as Argon2id hashes, tokens and codes as SHA-256 of what nobody can guess."""

from __future__ import annotations

import hashlib
import secrets
from bisect import bisect_left
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from triage.errors import Busy

_HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
"""OWASP's parameters: 19 MiB and some 20 ms each. More of either is time and memory that callers need."""

_NOBODYS = "$argon2id$v=19$m=19456,t=2,p=1$8fM0iys4kQKjqTcbfOQiRQ$NAoV8r88t36s2ZkSXQRTaQRnjpCp0KhM4kkIxK01xhc"
"""The hash of a random password that nobody kept, by these parameters."""

_AT_ONCE = BoundedSemaphore(2)
_WAIT_SECONDS = 3.0
"""The same process takes voicemails: however many sign in, two threads at the most are busy with hashing."""


_COMMON = Path(__file__).with_name("common_passwords.bin")
"""Of the million commonest of ten million stolen passwords, those that are as long as ours have to be: the first bytes
of the SHA-256 of each in small letters, in order. Whose they are stands beside it."""
_BYTES_OF_EACH = 5


def hash_password(password: str) -> str:
    """Raises Busy."""
    with _turn():
        return _HASHER.hash(password)


def fits(password_hash: str | None, password: str) -> bool:
    """Whether a password is the one. Takes the same time where there is none to compare with. Raises Busy."""
    with _turn():
        try:
            _HASHER.verify(password_hash or _NOBODYS, password)
        except (VerificationError, InvalidHashError):
            return False
    return password_hash is not None


def is_outdated(password_hash: str) -> bool:
    """Whether it was made with other parameters than today's."""
    return _HASHER.check_needs_rehash(password_hash)


def is_common(password: str) -> bool:
    """Whether everybody's lists have it, however its letters are written. Reads a file, and keeps nothing of it."""
    sought, kept = hashlib.sha256(password.casefold().encode()).digest()[:_BYTES_OF_EACH], _COMMON.read_bytes()
    starts = range(0, len(kept), _BYTES_OF_EACH)
    place = bisect_left(starts, sought, key=lambda start: kept[start : start + _BYTES_OF_EACH])
    return place < len(starts) and kept[starts[place] : starts[place] + _BYTES_OF_EACH] == sought


def new_token() -> str:
    """256 bits, fit for an address and a cookie."""
    return secrets.token_urlsafe(32)


def new_recovery_code() -> str:
    """120 bits, in six groups of letters and digits that are hard to mistake: below 112 it would want a slow hash."""
    letters = "".join(secrets.choice("ABCDEFGHJKLMNPQRSTUVWXYZ23456789") for _ in range(24))
    return "-".join(letters[start : start + 4] for start in range(0, 24, 4))


def digest(secret: str) -> str:
    """How a token, a code or an address that was typed is kept and looked up."""
    return hashlib.sha256(secret.encode()).hexdigest()


@contextmanager
def _turn() -> Iterator[None]:
    """One of the places at the hasher."""
    if not _AT_ONCE.acquire(timeout=_WAIT_SECONDS):
        raise Busy
    try:
        yield
    finally:
        _AT_ONCE.release()
