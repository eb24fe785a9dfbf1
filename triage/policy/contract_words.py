"""The contract in words, rule by rule: what `policy check` prints, and what of it decided about one case."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import timedelta
from typing import cast

from triage.policy.case_words import LANGUAGES
from triage.policy.money_terms import DayRate, HourlyRate
from triage.policy.people_words import WAYS
from triage.policy.speech import span_in_words as span
from triage.policy.term_words import PRODUCT_WORDS, RATE_WORDS, WINDOW_WORDS
from triage.policy.terms import ProductLine, Step, Terms

_DAYS_BY = {"remote_day": "Remote day", "on_site_day": "Day on site"}
_TRANSCRIPTS = {"provider": "by the phone system", "none": "none"}
_DAY_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def contract(terms: Terms) -> Iterator[tuple[str, str]]:
    """Each rule's id and what the daemon does by it."""
    yield from _time(terms)
    yield from _windows(terms)
    yield from _moments()
    yield from _eligibility(terms)
    yield from _rates(terms)
    yield from _accounts(terms)
    yield from _bookings(terms)
    yield from _promise(terms)
    yield from _callback(terms)
    yield from _keeping(terms)
    yield from _phone(terms)
    yield from _callers(terms)
    yield from _canary(terms)
    yield from _ladder(terms)
    yield from _emergency_ladder(terms)


def applied(
    terms: Terms, *, rules: Collection[str], product: ProductLine, is_emergency: bool
) -> Iterator[tuple[str, str]]:
    """What of the contract decided about a case: the rules named, those of time, its ladder and its promise."""
    yield from _time(terms)
    for rule, words in (*_windows(terms), *_moments(), *_eligibility(terms), *_rates(terms)):
        if rule in rules and (rule != "E3" or words.startswith(f"{_product(product)} ")):
            yield rule, words
    yield from _promise(terms)
    yield from _callback(terms)
    yield from _emergency_ladder(terms) if is_emergency else _ladder(terms)


def _time(terms: Terms) -> Iterator[tuple[str, str]]:
    yield "T1", f"Every hour is wall clock in {terms.zone}."
    days = ", ".join(_DAY_NAMES[day] for day in terms.hours.days)
    yield "T2", f"Support hours: {days}, {terms.hours.opens:%H:%M} to {terms.hours.closes:%H:%M}."
    closed = [*(day.isoformat() for day in terms.hours.closures), *terms.hours.observed]
    yield "T3", f"Closed on: {', '.join(closed) or 'no day'}."
    yield "T4", "A window holds its start and not its end."
    yield "T5", "Deadlines are elapsed time; windows are wall clock."


def _moments() -> Iterator[tuple[str, str]]:
    yield "W5", "The answer of the call picks the window; the span runs from the end of the recording."
    yield "W6", "The window of the message sets the rate of the whole session."


def _windows(terms: Terms) -> Iterator[tuple[str, str]]:
    edges = {
        "support_hours": f"{terms.hours.opens:%H:%M} to {terms.hours.closes:%H:%M} on support days",
        "evening": f"{terms.windows.evening.starts:%H:%M} to {terms.windows.evening.ends:%H:%M} every day",
        "overnight": f"{terms.windows.overnight.starts:%H:%M} to {terms.windows.overnight.ends:%H:%M} every day",
        "other": "any other time",
    }
    for name, when in edges.items():
        window = getattr(terms.windows, name)
        condition = "; on site and troubleshooting done is required" if window.onsite_required else ""
        words = f"{WINDOW_WORDS[name].capitalize()}: {when}; "  # type: ignore[index]
        yield (
            window.clause,
            f"{words}call back within {span(window.callback_within)}, {RATE_WORDS[window.rate]}{condition}.",
        )


def _eligibility(terms: Terms) -> Iterator[tuple[str, str]]:
    yield "E1", "A caller must be on site with troubleshooting done; a message without it is kept, due and flagged."
    yield "E2", f"Emergency: more than {terms.emergency.more_than_percent} % of the stations are dead."
    words = {"page": "as its window says", "defer": "deferred to the next support day", "list": "kept, not paged"}
    for name in type(terms.products).model_fields:
        product = getattr(terms.products, name)
        due = f", due {span(product.due_after_opening)} after opening" if product.after_hours == "defer" else ""
        yield "E3", f"{_product(name)} outside support hours: {words[product.after_hours]}{due}."
    yield "E4", f"Certified trunks: {', '.join(terms.trunks.certified)}."
    tier = terms.tier_three
    yield "E5", f"Tier three: {tier.name}, {tier.phone}, {tier.opens:%H:%M} to {tier.closes:%H:%M} {tier.zone}."
    prepay = terms.prepay
    year = span(prepay.previous_year)
    yield "E6", f"Prepay: no account, or under ${prepay.purchases_below:.2f} bought in the {year} before."


def _rates(terms: Terms) -> Iterator[tuple[str, str]]:
    for name in type(terms.rates).model_fields:
        rate: HourlyRate = getattr(terms.rates, name)
        yield (
            rate.clause,
            (
                f"{RATE_WORDS[name].capitalize()}: ${rate.price:.2f} per {_per(rate.per)},"
                f" in steps of {span(rate.step)}, {span(rate.minimum)} at least."
            ),
        )
    for name in type(terms.day_rates).model_fields:
        day: DayRate = getattr(terms.day_rates, name)
        yield (
            day.clause,
            (
                f"{_DAYS_BY[name]}: ${day.price:.2f} a day, {day.minimum_days} at least;"
                f" outside it the {RATE_WORDS[day.outside]}."
            ),
        )
    on_site = terms.day_rates.on_site_day
    if on_site.expenses:
        yield on_site.clause, f"Expenses of a visit are passed on, a mile at ${on_site.mileage:.2f}."
    setup = terms.server_installation
    yield (
        "R7",
        f"Server installation by the hour for {span(setup.by_the_hour_for)}: {', '.join(setup.by_the_hour)}.",
    )
    yield "R7", f"Server installation by the day: {', '.join(setup.by_the_day)}."


def _accounts(terms: Terms) -> Iterator[tuple[str, str]]:
    earned = terms.credits
    kinds = ", ".join(earned.purchases)
    yield "C1", f"One credit hour for each ${earned.purchases_per_hour:.2f} bought in a calendar quarter: {kinds}."
    yield "C2", f"Credits pay in: {', '.join(WINDOW_WORDS[window] for window in earned.windows)}."
    yield "C3", f"Credits roll over: {'yes' if earned.roll_over else 'no'}."
    ends = "to the end of that quarter" if earned.new_dealer_ends == "quarter" else "until used"
    yield "C4", f"New dealer {span(earned.new_dealer)} once, {ends}."
    yield "C4", f"Training {span(earned.training)}, good for {earned.training_valid_days} days."
    first = "before" if earned.prepaid_before_credits else "after"
    after_hours = "also" if earned.prepaid_for_after_hours else "not"
    yield "C5", f"Prepaid hours go {first} credits, and {after_hours} for after-hours sessions."
    yield "C6", f"Time over the credits is billed at the {RATE_WORDS[earned.overage_rate]}."
    yield "C7", f"Hours of the next quarter may be used {_times(earned.borrow_per_year)} a year."
    yield "", f"An invoice is due {terms.invoices.due_after.days} days after its own."


def _bookings(terms: Terms) -> Iterator[tuple[str, str]]:
    rules = terms.bookings
    inside, outside = RATE_WORDS[terms.windows.support_hours.rate], RATE_WORDS[rules.outside]
    yield "E7", f"A session booked ahead: {outside} outside support hours, {inside} in them."
    yield "E7", f"A slot lasts {span(rules.longest)} at most and begins within {span(rules.ahead)}."
    whom = "technician and dealer" if rules.dealer_texts else "technician"
    if rules.remind:
        yield "E7", f"Reminders to {whom}: {', '.join(span(before) for before in rules.remind)} before it."
    if len(rules.remind) > 1:
        yield "E7", "All but the last reminder wake nobody: instead of at night they come when support hours end."
    yield (
        "E7",
        (
            f"Not begun: the technician after {span(rules.alert_after)}, managers after {span(rules.managers_after)},"
            f" by {_ways(rules.alert_by)}; missed after {span(rules.give_up_after)}."
        ),
    )
    yield "E7", f"Whoever began is asked for DONE {span(rules.ask_after)} after the end."


def _promise(terms: Terms) -> Iterator[tuple[str, str]]:
    promise = terms.promise
    yield (
        "",
        (
            f"At risk {span(promise.at_risk_before)} before the deadline:"
            f" {_list(promise.at_risk_to)} by {_ways(promise.at_risk_by)}."
        ),
    )
    again = span(promise.realert_after_breach)
    yield (
        "",
        (
            f"Broken: {_list(promise.breach_to)} by {_ways(promise.breach_by)},"
            f" again every {again} until somebody calls back."
        ),
    )
    yield "", f"An acknowledgement holds the ladder for {span(promise.resume_after_ack)}."


def _callback(terms: Terms) -> Iterator[tuple[str, str]]:
    callback = terms.callback
    yield (
        "",
        (
            f"{callback.attempts_that_count} unanswered attempts {span(callback.attempts_apart)} apart"
            " stand for a callback."
        ),
    )
    most, within = span(callback.longest_stated), span(callback.corrected_within)
    yield "", f"DONE with more than {most} has to say SURE; whoever sent it may correct its minutes for {within}."


def _keeping(terms: Terms) -> Iterator[tuple[str, str]]:
    yield "", f"A recording under {span(terms.intake.hang_up_below)} is a hang-up."
    keeps = terms.recordings
    elsewhere = "deleted there once ours is verified" if keeps.delete_at_provider else "left there"
    yield (
        "",
        (
            f"Our copy of a recording is kept for {keeps.keep_for.days} days, the phone system's is {elsewhere};"
            f" transcripts: {_TRANSCRIPTS[keeps.transcription]}."
        ),
    )


def _phone(terms: Terms) -> Iterator[tuple[str, str]]:
    phone = terms.phone
    yield (
        "",
        (
            f"The mailbox speaks: {', '.join(LANGUAGES[one] for one in phone.languages)};"
            f" a message lasts {span(phone.max_length)} at most."
        ),
    )
    rings = span(phone.day_desk_rings)
    yield "", f"In support hours {_list(phone.day_desk)} ring for {rings} first." if phone.day_desk else "No day desk."
    told = "hears" if phone.tells_account else "does not hear"
    yield "", f"A dealer's technician who calls from a phone of their own {told} what is left."
    tries = f"{phone.pin_tries} wrong PINs from a number, or {phone.pin_tries * 10} from all,"
    yield (
        "",
        f"After {tries} in {span(phone.pin_tries_within)} a right one is marked doubtful, and no caller hears of it.",
    )
    yield "", f"Refused with a busy tone: {_list(phone.blocked) or 'no number'}."


def _callers(terms: Terms) -> Iterator[tuple[str, str]]:
    callers = terms.callers
    told = {"a receipt": callers.receipt, "who has their case": callers.taken}
    sent = " and ".join(what for what, is_on in told.items() if is_on)
    most = f", {callers.texts} texts in {span(callers.texts_within)} at most" if sent else ""
    yield "", f"Callers are texted: {sent or 'nothing'}{most}."
    late = f"answered, up to {span(callers.answers_late)} late"
    yield "", f"A caller who texts STATUS is {late if callers.status else 'passed on like any other text'}."


def _canary(terms: Terms) -> Iterator[tuple[str, str]]:
    times = ", ".join(f"{at:%H:%M}" for at in terms.canary.at)
    if times:
        yield "", f"Test call at {times}, through the whole path within {span(terms.canary.within)}."


def _ladder(terms: Terms) -> Iterator[tuple[str, str]]:
    for number, step in enumerate(terms.ladder.steps, start=1):
        yield "", f"Ladder step {number}: {_step(step)}"


def _emergency_ladder(terms: Terms) -> Iterator[tuple[str, str]]:
    for number, step in enumerate(terms.ladder.emergency, start=1):
        yield "E2", f"Emergency step {number}: {_step(step)}"


def _step(step: Step) -> str:
    when = f"after {span(step.after)}" if step.after else "at once"
    least = f", {step.at_least} people at least" if step.at_least > 1 else ""
    return f"{when}: {_list(step.to)} by {_ways(step.by)}{least}."


def _list(words: tuple[str, ...]) -> str:
    return ", ".join(words)


def _ways(channels: tuple[str, ...]) -> str:
    return " and ".join(WAYS[channel] for channel in channels)


def _product(name: str) -> str:
    return PRODUCT_WORDS[cast("ProductLine", name)] or "Any other product"


def _per(length: timedelta) -> str:
    """`hour`, `30 minutes`."""
    return span(length).removeprefix("1 ")


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"
