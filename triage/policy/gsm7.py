"""Texts in the GSM 03.38 alphabet: one character outside it halves the room of an SMS."""

from __future__ import annotations

import unicodedata

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = frozenset("^{}\\[~]|€\f")
_ALPHABET = _BASIC | _EXTENDED
_SINGLE, _JOINED = 160, 153
_LIKE = str.maketrans({"‘": "'", "’": "'", "“": '"', "”": '"', "–": "-", "—": "-", "…": "...", "\u00a0": " "})


def to_gsm7(text: str) -> str:
    """The text with what the alphabet lacks replaced by what looks like it, or by a question mark."""
    likened = text.translate(_LIKE)
    return likened if _ALPHABET.issuperset(likened) else "".join(_nearest(char) for char in likened)


def one_line(text: str, longest: int) -> str:
    """Somebody else's words made safe for one line of an SMS: no breaks, no controls, no more than `longest`."""
    flat = " ".join("".join(char if char.isprintable() else " " for char in to_gsm7(text)).split())
    return flat if len(flat) <= longest else flat[: longest - 2].rstrip() + ".."


def septets(text: str) -> int:
    return sum(2 if char in _EXTENDED else 1 for char in text)


def segments(text: str) -> int:
    """How many SMS a text of this alphabet takes."""
    if septets(text) <= _SINGLE:
        return 1
    count, room = 1, _JOINED
    for char in text:
        size = septets(char)
        if size > room:  # a character of two septets is not cut in two
            count, room = count + 1, _JOINED
        room -= size
    return count


def is_gsm7(text: str) -> bool:
    return all(char in _BASIC or char in _EXTENDED for char in text)


def _nearest(char: str) -> str:
    if char in _BASIC or char in _EXTENDED:
        return char
    plain = "".join(part for part in unicodedata.normalize("NFKD", char) if part in _BASIC or part in _EXTENDED)
    return plain or ("" if unicodedata.combining(char) else "?")
