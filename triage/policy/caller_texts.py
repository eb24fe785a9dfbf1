"""What callers read: the receipt, who has their case, the answer to STATUS; in English and Spanish.

Plain GSM-7, one segment for each case; times on the wall clock of the contract with EDT or EST.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from triage.policy.dialing import refusal_of
from triage.policy.gsm7 import one_line, to_gsm7
from triage.policy.hours import local
from triage.policy.lifecycle import CaseState
from triage.policy.terms import Terms
from triage.policy.wording import wall_clock

_ASKS = re.compile(r"\b(status|estado)\b(?:\W*(\d{4,9})(?!\d))?", re.IGNORECASE)
_NUMBER = re.compile(r"(?<!\d)(\d{4,9})(?!\d)")
_WORD = re.compile(r"[^\W\d_]+")
_COURTESY = frozenset(
    _WORD.findall(
        "status estado a about any can case check current for get give hello hi i is it know me my need number of on"
        " our please pls s send t thank thanks the ticket to today update us want what whats you your"
        " buenas buenos caso como cual cuál de del el es está este favor gracias hola la me mi noches número por"
        " qué su un una"
    )
)
"""Words that say no more than the question does."""
_SHOWN = 3
_DAYS = ("lun", "mar", "mié", "jue", "vie", "sáb", "dom")
_MONTHS = ("ene", "feb", "mar", "abr", "may", "jun", "jul", "ago", "sep", "oct", "nov", "dic")


@dataclass(frozen=True, slots=True)
class Question:
    """A caller asks how it stands. `language` is that of the word, where it is no other one's; `is_all` is False where
    the text says more than that, for people to read."""

    reference: str | None
    language: str | None
    is_all: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How one case stands, as far as its caller may know."""

    reference: str
    state: CaseState
    is_hang_up: bool
    due: datetime | None
    technician: str | None  # first name of whoever has it, or called
    called_at: datetime | None
    was_reached: bool
    closed_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Words:
    """One language. `{when}` is an instant as the language says it."""

    receipt: str
    have_message: str
    have_call: str
    have_silence: str
    call_by: str
    call_soon: str
    kept: str
    ask_or_stop: str
    stop: str
    taken_by: str
    taken_soon: str
    waits: str
    waits_late: str
    held_late: str
    deferred: str
    review: str
    no_message: str
    reached: str
    not_reached: str
    closed: str
    more: str
    not_yours: str
    passed_on: str
    passed_on_to: str
    passed_on_at_opening: str


# The Spanish has no word that changes its meaning without an accent: GSM-7 has é and ñ, but neither á, í, ó nor ú.
_WORDS = {
    "en": _Words(
        receipt="Support: {what}. Your case is {reference}. {promise} {reply}",
        have_message="we have your message",
        have_call="we have your call, but no message",
        have_silence="we have your call, but heard little",
        call_by="A technician calls you by {when}.",
        call_soon="A technician calls you as soon as possible.",
        kept="It is kept until we next open.",
        ask_or_stop="Reply STATUS for news, STOP for no texts.",
        stop="Reply STOP for no texts.",
        taken_by="Case {reference}: {name} has it and calls you by {when}.",
        taken_soon="Case {reference}: {name} has it and calls you as soon as possible.",
        waits="Case {reference} waits for a technician, who calls you by {when}.",
        waits_late="Case {reference} waits for a technician. The call was due by {when} and is late.",
        held_late="Case {reference}: {name} has it. The call was due by {when} and is late.",
        deferred="Case {reference} waits for our support hours. We call you by {when}.",
        review="Case {reference} is kept for our office to look at. No call is promised.",
        no_message="Case {reference}: we heard no message. Please call again.",
        reached="Case {reference}: {name} called you back, {when}.",
        not_reached="Case {reference}: we called and did not reach you, {when}. Please call again.",
        closed="Case {reference} was closed, {when}.",
        more="and {count} more",
        not_yours="We know no case {reference} of this number.",
        passed_on="{reference}: we passed it on.",
        passed_on_to="{reference}: passed on to {name}.",
        passed_on_at_opening="{reference}: we pass it on when we open.",
    ),
    "es": _Words(
        receipt="Soporte: {what}. Su caso es {reference}. {promise} {reply}",
        have_message="tenemos su mensaje",
        have_call="su llamada, sin mensaje",
        have_silence="su llamada fue casi muda",
        call_by="Un técnico va a llamarle antes de {when}.",
        call_soon="Un técnico va a llamarle lo antes posible.",
        kept="Se guarda hasta que volvamos a abrir.",
        ask_or_stop="Responda ESTADO (noticias) o STOP (cancelar).",
        stop="Responda STOP para no recibir mensajes.",
        taken_by="Caso {reference}: lo atiende {name}, que va a llamarle antes de {when}.",
        taken_soon="Caso {reference}: lo atiende {name}, que va a llamarle lo antes posible.",
        waits="El caso {reference} espera a un técnico, que va a llamarle antes de {when}.",
        waits_late="Caso {reference}: espera a un técnico. Debimos llamarle antes de {when}.",
        held_late="Caso {reference}: lo atiende {name}. Debimos llamarle antes de {when}.",
        deferred="El caso {reference} espera nuestro horario de soporte. Vamos a llamarle antes de {when}.",
        review="El caso {reference} queda para nuestra oficina. No se promete una llamada.",
        no_message="Caso {reference}: no recibimos su mensaje. Llame otra vez, por favor.",
        reached="Caso {reference}: llamada de {name} hecha a {when}.",
        not_reached="Caso {reference}: le llamamos a {when} sin encontrarle. Llame otra vez, por favor.",
        closed="El caso {reference} fue cerrado a {when}.",
        more="y otros {count}",
        not_yours="No hay un caso {reference} de este teléfono.",
        passed_on="{reference}: pasamos su mensaje al equipo.",
        passed_on_to="{reference}: pasamos su mensaje a {name}.",
        passed_on_at_opening="{reference}: pasamos su mensaje al abrir.",
    ),
}


def question_in(body: str) -> Question | None:
    """The question in a caller's text: STATUS or ESTADO, whatever stands around it; a reference with it, if any."""
    found = _ASKS.search(body)
    if found is None:
        return None
    is_all = _COURTESY.issuperset(_WORD.findall(body.casefold()))
    number = _NUMBER.search(body) if is_all else None
    reference = found[2] or (number[1] if number else None)
    return Question(reference, "es" if found[1].casefold() == "estado" else None, is_all)


def passed_on(reference: str, name: str | None, *, language: str, waits_for_opening: bool) -> str:
    """The answer to other words of a caller: who reads them, by first name, if one person alone has the case."""
    words = _in(language)
    sentence = words.passed_on_at_opening if waits_for_opening else words.passed_on_to if name else words.passed_on
    return to_gsm7(sentence.format(reference=reference, name=one_line(name or "", 20)))


def receipt(
    reference: str,
    *,
    due: datetime | None,
    flags: Collection[str] = (),
    may_ask: bool,
    language: str,
    now: datetime,
    terms: Terms,
) -> str:
    """The text that a new case sends to its caller; without `due` no call is promised. Its flags say what was heard."""
    words = _in(language)
    what = words.have_silence if "little_said" in flags else words.have_message
    what = words.have_call if "no_recording" in flags else what
    if due is None:
        promise = words.kept
    else:
        promise = words.call_by.format(when=_when(due, now, terms, language)) if now < due else words.call_soon
    reply = words.ask_or_stop if may_ask else words.stop
    return to_gsm7(words.receipt.format(what=what, reference=reference, promise=promise, reply=reply))


def taken(reference: str, name: str, *, due: datetime, language: str, now: datetime, terms: Terms) -> str:
    """The text that a caller gets once somebody has the case; by first name only."""
    words = _in(language)
    sentence = words.taken_by if now < due else words.taken_soon
    return to_gsm7(sentence.format(reference=reference, name=one_line(name, 20), when=_when(due, now, terms, language)))


def status(
    standings: Sequence[Standing], *, language: str, now: datetime, terms: Terms, not_theirs: str | None = None
) -> str:
    """The answer to STATUS: one line for each case, the first three.

    `not_theirs` is a reference that was asked for and is none of this number: the same is said of one that does not
    exist, so that nobody learns which do.
    """
    words = _in(language)
    lines = [words.not_yours.format(reference=not_theirs)] if not_theirs else []
    shown = _SHOWN - len(lines)
    lines += [_standing(standing, language, now, terms) for standing in standings[:shown]]
    if len(standings) > shown:
        lines.append(words.more.format(count=len(standings) - shown))
    return to_gsm7("\n".join(lines))


def why_never(number: str | None, *, is_on_roster: bool, is_opted_out: bool, terms: Terms) -> str | None:
    """Why nothing is ever texted to this number as to a caller; None where it may be."""
    refusal = refusal_of(number, terms)
    if refusal is not None:
        return f"not a number that we text: {refusal.value.replace('_', ' ')}"
    if is_on_roster:
        return "the number of somebody on the roster"
    return "texts do not reach this number, or it opted out" if is_opted_out else None


def why_not_now(*, sent: int, is_called_back: bool, terms: Terms) -> str | None:
    """Why a text that nobody asked for is held back; `sent` is how many the caller got within the policy's span."""
    if is_called_back:
        return "somebody has called by now"
    return "the caller got enough texts" if sent >= terms.callers.texts else None


def why_not_late(
    *, asked_at: datetime, called_at: Sequence[datetime | None], has_asked_again: bool, now: datetime, terms: Terms
) -> str | None:
    """Why a question that was found late is not answered any more; `called_at` is of the cases that it is about."""
    if has_asked_again:
        return "the caller has asked again since"
    if called_at and all(at is not None and at >= asked_at for at in called_at):
        return "somebody has called since"
    return "it was found too late" if now - asked_at > terms.callers.answers_late else None


def _standing(standing: Standing, language: str, now: datetime, terms: Terms) -> str:
    sentence, at = _sentence(standing, _in(language), now)
    return sentence.format(
        reference=standing.reference,
        name=one_line(standing.technician or "", 20),
        when=_when(at, now, terms, language) if at else "",
    )


def _sentence(standing: Standing, words: _Words, now: datetime) -> tuple[str, datetime | None]:
    """What is said of a case, and the instant that belongs into it."""
    if standing.state is CaseState.CLOSED:
        return words.closed, standing.closed_at
    if standing.called_at is not None:
        is_known = standing.was_reached and standing.technician
        return words.reached if is_known else words.not_reached, standing.called_at
    if standing.due is None:
        return words.no_message if standing.is_hang_up else words.review, None
    is_late, is_held = now >= standing.due, standing.state is CaseState.ACKNOWLEDGED and standing.technician
    if standing.state is CaseState.DEFERRED:
        return words.deferred, standing.due
    if is_held:
        return words.held_late if is_late else words.taken_by, standing.due
    return words.waits_late if is_late else words.waits, standing.due


def _when(at: datetime, now: datetime, terms: Terms, language: str) -> str:
    """`3:12 AM EST`, or `las 3:12 AM EST`; with the day where it is not today."""
    if language != "es":
        return wall_clock(at, now, terms)
    here, today = local(at, terms), local(now, terms).date()
    hour = here.hour % 12 or 12
    clock = f"{'la' if hour == 1 else 'las'} {hour}:{here:%M} {here:%p} {here:%Z}"
    if here.date() == today:
        return clock
    is_near = abs((here.date() - today).days) < 7
    day = _DAYS[here.weekday()] if is_near else f"{here.day} {_MONTHS[here.month - 1]}"
    return f"{clock} del {day}"


def _in(language: str) -> _Words:
    return _WORDS.get(language, _WORDS["en"])
