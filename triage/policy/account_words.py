"""What is told of a dealer's account when somebody of theirs calls: to whoever calls back, on the page, to the caller.

What a session will draw or cost is by the rules as of now (C2, C5, E6, R1, R2, R6); how long it takes nobody knows yet.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from triage.policy.fields import WindowName
from triage.policy.gsm7 import one_line
from triage.policy.lengths import in_hours
from triage.policy.phone import Language
from triage.policy.pricing import hourly_rate
from triage.policy.session_price import Kind, Work, draws_credits, prepaid_minutes_for
from triage.policy.speech import hours_and_minutes, plain, sentences
from triage.policy.terms import ProductLine, Terms

_LONGEST_NAME, _LONGEST_FIRST_NAME, _SHORT_NAME = 24, 16, 16
_LONGEST_SPOKEN = 40
_ANY_MINUTES = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class DealerAccount:
    """A dealer's account at an instant, in minutes. `over_minutes` are those of its quarter that nothing paid for yet.

    `technician` is who of the dealer calls; None where that is not known.
    """

    dealer: str
    technician: str | None = None
    prepaid_minutes: int = 0
    credit_minutes: int = 0
    over_minutes: int = 0
    must_prepay: bool = False


class Rest(StrEnum):
    """What becomes of the work that no hours pay for."""

    NOT_BILLED = "not billed"
    WITH_THE_QUARTER = "with the quarter"  # C6
    AT_ONCE = "at once"


@dataclass(frozen=True, slots=True)
class Outlook:
    """What pays for a session: lots by name with the minutes that are left in them, in the order of use; then `rest`.

    `rate` is what the rest is billed at.
    """

    draws: tuple[tuple[str, int], ...]
    rest: Rest
    rate: str


def callback(window: WindowName, rate: str, product: ProductLine, *, is_billable: bool) -> Work:
    """A callback as the rules price it, before anybody knows how long it takes."""
    return Work(
        kind=Kind.CALLBACK, window=window, product=product, rate=rate, is_billable=is_billable, minutes=_ANY_MINUTES
    )


def outlook(account: DealerAccount, work: Work, terms: Terms) -> Outlook:
    """What work that began now would draw, and what it would cost."""
    if not work.is_priced:
        return Outlook((), Rest.NOT_BILLED, work.rate)
    by_credits = draws_credits(work, terms)
    lots = [
        ("prepaid", account.prepaid_minutes if prepaid_minutes_for(work, terms) else 0),
        ("credits", account.credit_minutes if by_credits else 0),
    ]
    draws = tuple((name, left) for name, left in lots[:: 1 if terms.credits.prepaid_before_credits else -1] if left > 0)
    if by_credits and not account.must_prepay:
        return Outlook(draws, Rest.WITH_THE_QUARTER, terms.credits.overage_rate)
    return Outlook(draws, Rest.AT_ONCE, work.rate)


def texted(account: DealerAccount, work: Work, terms: Terms) -> tuple[str, ...]:
    """The line of an alert text that says whose call it is and who pays; the longest first, for less and less room."""
    firm = one_line(account.dealer, _LONGEST_NAME)
    first = account.technician.split()[0] if account.technician and account.technician.split() else ""
    who = f"{firm} ({one_line(first, _LONGEST_FIRST_NAME)})" if first else firm
    long, short = _texted(account, outlook(account, work, terms), terms)
    texts = (f"{who}{long}", f"{firm}{long}", f"{firm}{short}", f"{one_line(account.dealer, _SHORT_NAME)}{short}")
    return tuple(dict.fromkeys(texts))


def left(account: DealerAccount) -> str:
    """What a dealer has left, in a sentence."""
    has = [("prepaid", account.prepaid_minutes), ("credits", account.credit_minutes)]
    named = " and ".join(f"{in_hours(minutes)} of {name}" for name, minutes in has if minutes > 0)
    over = f" Over its credits this quarter: {in_hours(account.over_minutes)}." if account.over_minutes else ""
    return f"Left now: {named or 'nothing'}.{over}"


def expected(account: DealerAccount, work: Work, terms: Terms) -> str:
    """What a session will draw and cost, in a sentence, with its rules."""
    found = outlook(account, work, terms)
    names = ", then ".join(name for name, _ in found.draws)
    has = account.prepaid_minutes + account.credit_minutes
    draws = f"This session draws {names}" if names else "This session draws nothing"
    if has > 0 and not names:
        draws += ", as what is left does not pay for it (C2, C5)"
    clause = hourly_rate(found.rate, terms).clause if found.rest is not Rest.NOT_BILLED else ""
    match found.rest:
        case Rest.NOT_BILLED:
            return "This session is not billed."
        case Rest.WITH_THE_QUARTER:
            rest = (
                "what is over the credits is billed at the quarter's end" if names else "it is billed with the quarter"
            )
            return f"{draws}; {rest}, {_price(found.rate, terms)} (C6, {clause})."
        case Rest.AT_ONCE:
            rest = "the rest" if names else "all of it"
            return f"{draws}; {rest} is billed at once, {_price(found.rate, terms)} ({clause})."


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """What a closed session drew from its dealer's account, in minutes, and what is left there since.

    `over_minutes` are billed with the quarter (C6).
    """

    dealer: str
    prepaid_minutes: int
    credit_minutes: int
    over_minutes: int
    left_minutes: int

    @property
    def is_any(self) -> bool:
        return bool(self.prepaid_minutes or self.credit_minutes or self.over_minutes)


def paid(drawn: Drawn, minutes: int, rest: str) -> str:
    """What paid for a session of so many minutes, after these; `rest` is the price of what nothing paid for, if any."""
    parts = [
        (drawn.prepaid_minutes, "from", "prepaid hours"),
        (drawn.credit_minutes, "from", "credits"),
        (drawn.over_minutes, "over", "credits"),
    ]
    whose = [f"{one_line(drawn.dealer, _LONGEST_NAME)}'s", "its", "its"]
    drew = [part for part in parts if part[0]]
    said = [(length, f"{how} {who} {lot}") for (length, how, lot), who in zip(drew, whose, strict=False)]
    if [length for length, _ in said] == [minutes]:
        told = f" {said[0][1]}"
    else:
        told = f", {' and '.join(f'{length} min {words}' for length, words in said)}"
    quarter = ", billed at the quarter's end" if drawn.over_minutes else ""
    left = f", {in_hours(drawn.left_minutes)} left" if drawn.left_minutes > 0 else ""
    return f"{told}{quarter}{left}{f', the rest: {rest}' if rest else ''}"


def greeting(account: DealerAccount, window: WindowName, language: Language, terms: Terms) -> str:
    """What a technician hears who calls from a phone of their own: their name, and what their dealer has left."""
    words, rate = sentences(language, terms), getattr(terms.windows, window).rate
    draws = outlook(account, callback(window, rate, "unknown", is_billable=True), terms).draws
    counts, has = sum(left for _, left in draws), account.prepaid_minutes + account.credit_minutes
    sentence = words.hello_left if counts else words.hello_not_now if has > 0 else words.hello
    return sentence.format(
        name=plain((account.technician or "").partition(" ")[0], _LONGEST_SPOKEN),
        dealer=plain(account.dealer, _LONGEST_SPOKEN),
        left=hours_and_minutes(counts or has, language),
    )


def _texted(account: DealerAccount, found: Outlook, terms: Terms) -> tuple[str, str]:
    """What follows the name in an alert text: at length, and in short."""
    must = account.must_prepay
    if found.rest is Rest.NOT_BILLED:
        return ".", "."
    if found.draws:
        then = ", then must prepay" if must else ""
        lots = ", then ".join(f"{name} {in_hours(left)}" for name, left in found.draws)
        total = in_hours(sum(left for _, left in found.draws))
        return f": draws {lots}{then}.", f": {total} left{then}."
    price = _price(found.rate, terms, least="min")
    if found.rest is Rest.WITH_THE_QUARTER:
        return f": no credits left, {price} with the quarter.", ": over the credits."
    has = account.prepaid_minutes + account.credit_minutes
    unused = f"; {in_hours(has)} left unused" if has > 0 else ""
    if must:
        return f": must prepay, {price}{unused}.", ": must prepay."
    return f": {price}{unused}.", f": {price}."


def _price(rate: str, terms: Terms, *, least: str = "at least") -> str:
    """`$247.50/h, 60 min at least`, `$82.50 per 30 min`."""
    card = hourly_rate(rate, terms)
    per, minimum = (int(span.total_seconds()) // 60 for span in (card.per, card.minimum))
    each = "/h" if per == 60 else f" per {per} min"
    return f"${card.price:.2f}{each}" + (f", {minimum} min {least}" if minimum != per or per == 60 else "")
