"""How times, money, spans and numbers are said to the ear, in each language that callers may choose."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from triage.policy.fields import WindowName
from triage.policy.hours import local, window_terms
from triage.policy.phone import Language, Sentences
from triage.policy.terms import Terms

_UNITS: dict[Language, tuple[tuple[str, str, str, int], ...]] = {
    "en": (("hour", "hours", "1", 3600), ("minute", "minutes", "1", 60), ("second", "seconds", "1", 1)),
    "es": (("hora", "horas", "una", 3600), ("minuto", "minutos", "un", 60), ("segundo", "segundos", "un", 1)),
}
_DAYS: dict[Language, tuple[str, ...]] = {
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    "es": ("lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo"),
}
_MONTHS: dict[Language, tuple[str, ...]] = {
    "en": (
        *("January", "February", "March", "April", "May", "June"),
        *("July", "August", "September", "October", "November", "December"),
    ),
    "es": (
        *("enero", "febrero", "marzo", "abril", "mayo", "junio"),
        *("julio", "agosto", "septiembre", "octubre", "noviembre", "diciembre"),
    ),
}
_SPANISH_PARTS = ((6, "de la madrugada"), (12, "de la mañana"), (13, "del mediodía"), (20, "de la tarde"))
_SPANISH_MINUTES = {0: "", 15: " y cuarto", 30: " y media"}
_NO_DAY_WITHIN = timedelta(hours=6)
_A_WEEK = timedelta(days=6)


def sentences(language: Language, terms: Terms) -> Sentences:
    """All that callers hear in a language."""
    spoken: Sentences = getattr(terms.spoken, language)
    return spoken


def span_in_words(span: timedelta, language: Language = "en") -> str:
    """The largest unit that it is whole in: `2 hours`, `90 minutes`, `20 segundos`, `una hora`."""
    seconds = int(span.total_seconds())
    for one, many, single, length in _UNITS[language]:
        if seconds % length == 0 and seconds >= length:
            count = seconds // length
            return f"{single} {one}" if count == 1 else f"{count} {many}"
    return f"0 {_UNITS[language][-1][1]}"


def hours_and_minutes(minutes: int, language: Language) -> str:
    """`3 hours 20 minutes`, `3 horas y 20 minutos`, `una hora`."""
    parts = [span_in_words(timedelta(minutes=part), language) for part in (minutes // 60 * 60, minutes % 60) if part]
    return (" y " if language == "es" else " ").join(parts) or span_in_words(timedelta(0), language)


def plain(name: str, longest: int) -> str:
    """Somebody's name as it is spoken: no controls, no breaks, no more than `longest` letters."""
    return " ".join("".join(char if char.isprintable() else " " for char in name).split())[:longest].rstrip()


def money(amount: Decimal, language: Language) -> str:
    """`247 dollars and 50 cents`, `247 dólares con 50 centavos`."""
    dollars, cents = divmod(int(amount * 100), 100)
    if language == "es":
        return f"{dollars} dólares" + (f" con {cents} centavos" if cents else "")
    return f"{dollars} dollars" + (f" and {cents} cents" if cents else "")


def clock(at: datetime, now: datetime, language: Language, terms: Terms) -> str:
    """An instant on the wall clock of the contract: `11 30 PM`, `10 AM on Monday`, `el lunes a las 10 de la mañana`.

    The day is said where it is another one than today and not only just past midnight.
    """
    here = local(at, terms)
    is_soon = here.date() == local(now, terms).date() or at - now <= _NO_DAY_WITHIN
    day = "" if is_soon else _day(here, language, is_near=at - now <= _A_WEEK)
    if language == "es":
        return f"{day} {_spanish_time(here)}".strip()
    return f"{_english_time(here)}{f' on {day}' if day else ''}"


def digits(written: str) -> str:
    """A reference or a telephone number digit by digit; an American number in its three groups, without its +1."""
    if not written.startswith("+"):
        return " ".join(written)
    groups = (
        [written[2:5], written[5:8], written[8:]] if written.startswith("+1") and len(written) == 12 else [written[1:]]
    )
    return ", ".join(" ".join(group) for group in groups)


def of_window(sentence: str, name: WindowName, language: Language, terms: Terms) -> str:
    """A sentence of the greeting with its blanks filled from the window's terms."""
    window = window_terms(name, terms)
    card = getattr(terms.rates, window.rate)
    names = sentences(language, terms).windows
    return sentence.format(
        window=getattr(names, name),
        within=span_in_words(window.callback_within, language),
        rate=money(card.price, language),
        minimum=span_in_words(card.minimum, language),
        percent=terms.emergency.more_than_percent,
    )


def _day(here: datetime, language: Language, *, is_near: bool) -> str:
    day, month = _DAYS[language][here.weekday()], _MONTHS[language][here.month - 1]
    if language == "es":
        return f"el {day}" if is_near else f"el {day} {here.day} de {month}"
    return day if is_near else f"{day}, {month} {here.day}"


def _english_time(here: datetime) -> str:
    minutes = "" if here.minute == 0 else f" oh {here.minute}" if here.minute < 10 else f" {here.minute}"
    return f"{here.hour % 12 or 12}{minutes} {here:%p}"


def _spanish_time(here: datetime) -> str:
    hour = here.hour % 12 or 12
    minutes = _SPANISH_MINUTES.get(here.minute, f" y {here.minute}")
    part = next((part for before, part in _SPANISH_PARTS if here.hour < before), "de la noche")
    return f"{'a la una' if hour == 1 else f'a las {hour}'}{minutes} {part}"
