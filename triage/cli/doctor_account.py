"""The doctor's lines about the account at the phone system: whether it may text and call at all, and whom."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from triage.bootstrap import Program
from triage.cli.finding import Finding
from triage.errors import OutcomeUnknown, TransportError
from triage.policy import standing as rules
from triage.policy.standing import Fault
from triage.ports import KnowsStanding

Check = Callable[[], Iterator[Fault]]


def examine_account(program: Program, standing: KnowsStanding) -> Iterator[Finding]:
    """What nobody could find out, such as by a key that may not ask, is told, and is nothing wrong."""
    with program.desk.store.read() as session:
        people = [(person.name, person.phone) for person in program.desk.roster(session).people]
    phones, ours = [phone for _, phone in people], program.settings.twilio_from or ""
    called = sorted({*rules.countries_of(phones), *program.desk.terms.dialing.countries})

    def account() -> Iterator[Fault]:
        found = standing.account()
        yield from rules.of_account(found)
        if found.is_trial:
            yield from rules.of_trial(people, standing.verified_numbers())

    def registration() -> Iterator[Fault]:
        is_toll_free = rules.is_toll_free(ours)
        campaigns = None if is_toll_free else standing.campaigns()
        yield from rules.of_registration(ours, campaigns, standing.toll_free() if is_toll_free else None)
        yield from rules.of_service(keeps_texts=standing.keeps_texts())

    def permissions() -> Iterator[Fault]:
        yield from (rules.of_permission(name, "calls") for name in called if not standing.may_call(name))
        texted = rules.countries_of(phones)
        yield from (rules.of_permission(name, "texts") for name in texted if not standing.may_text(name))

    checks: tuple[tuple[str, str, Check], ...] = (
        ("account", "the account is active and has funds", account),
        ("registration", f"{ours} may text phones in the USA", registration),
        ("countries", f"calls and texts are permitted where we need them: {', '.join(called)}", permissions),
    )
    for name, fine, check in checks:
        try:
            found = [Finding(name, *fault) for fault in check()]
        except (TransportError, OutcomeUnknown) as error:
            found = [Finding(name, f"not known: {error}")]
        yield from found or [Finding(name, fine)]
