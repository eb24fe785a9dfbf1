"""Past voicemails once more: the same calls, people who answer as they did, another roster or contract perhaps.

As a process, `python -m webhooks.simulator.nights.replay` reads a job from standard input and writes lines: how many
voicemails are done, and at the end the run. Its database and recordings are in a folder of its own and go with it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from functools import partial
from hashlib import sha256
from itertools import count, islice
from pathlib import Path
from secrets import token_hex
from tempfile import TemporaryDirectory

import structlog

from config.settings import SIMULATED_ACCOUNT, Settings
from triage.bootstrap import Program, build
from triage.owner_files import shipped_policy
from triage.policy.habits import Habits, Sample, is_night
from triage.policy.hours import local, zone_of
from triage.policy.replay import Job, PastVoicemail, Run
from triage.policy.roster import stored_roster
from triage.policy.terms import Terms, stored_terms
from triage.services import replays
from triage.services.replays import Carried
from webhooks.simulator.nights.clock import VirtualClock
from webhooks.simulator.nights.engine import Nights
from webhooks.simulator.nights.voicemails import Answers
from webhooks.simulator.phone_system import WITHHELD, Behaviour

OUR_NUMBER = "+16145550100"
OFFICE_OPENS = time(9)
"""When somebody at the office calls back what nobody took in time."""
IN_MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of our own is made in it # nosec B108
_AFTERWARDS = timedelta(days=4)
"""So long after the last voicemail all is called back, also what waited for the next support day."""
_HOUSE_EVERY = timedelta(hours=12)  # what it does is small, and half a minute is much work
_TOLD_EVERY = 5


class Replay(Nights):
    """One run of a job. `tell` hears how many voicemails are done."""

    def __init__(self, job: Job, folder: Path, tell: Callable[[int], None] = lambda _: None) -> None:
        self.roster, self.terms = stored_roster(job.roster), _by_itself(job)
        self.habits = Habits(job.history, job.seed)
        self._job, self._tell, self._folder = job, tell, folder
        self._messages = self._calls = 0
        self._meant: dict[int, Sample | None] = {}
        self._began: dict[str, PastVoicemail] = {}
        self._names = count()
        start = job.voicemails[0].answered_at - timedelta(hours=1)
        super().__init__(lambda: self._program(clock), clock := VirtualClock(start), reads_lists=False, sids=self._sid)
        self.house_every = _HOUSE_EVERY
        for person in self.roster.people:
            self.phones.set_behaviour(person.phone, Behaviour.ASLEEP)

    def run(self) -> Run:
        """Everything, from the first voicemail to the last case that is called back."""
        for done, voicemail in enumerate(self._job.voicemails):
            self._at(voicemail.answered_at, partial(self._call, voicemail, done))
        first = local(self.now, self.terms).date()
        until = self._job.voicemails[-1].answered_at + _AFTERWARDS
        for day in range((until - self.now).days + 2):
            opens = datetime.combine(first + timedelta(days=day), OFFICE_OPENS, zone_of(self.terms))
            self.advance_to(max(opens.astimezone(UTC), self.now))
            self._open_office()
        return self._outcome()

    def sweep(self) -> None:
        super().sweep()
        self._read_phones()

    def _program(self, clock: VirtualClock) -> Program:
        settings = Settings(
            _env_file=None,
            database_url=f"sqlite:///{self._folder / 'afterhours.db'}",
            recordings_dir=self._folder / "recordings",
            twilio_account_sid=SIMULATED_ACCOUNT,
            twilio_auth_token=token_hex(16),
            twilio_from=OUR_NUMBER,
            public_url="https://afterhours.example",
        )
        program = replace(build(settings, clock=clock), roster_file=self.roster, ballast=None)
        program.desk.contract = program.desk.terms = self.terms
        return program

    def _call(self, voicemail: PastVoicemail, done: int) -> None:
        answers = Answers(
            emergency=voicemail.is_emergency,
            attested=voicemail.attested,
            product=voicemail.product,
            spanish=voicemail.language == "es" and "es" in self.terms.phone.languages,
            number=voicemail.number and voicemail.number.removeprefix("+1").lstrip("+"),
            is_shown=voicemail.caller is not None,
        )
        sid = self.phones.call_us(
            voicemail.caller or WITHHELD,
            keys=answers.keys(self.now, self.terms),
            speaks_for=voicemail.seconds,
            silent=voicemail.is_silent,
        )
        self._began[sid] = voicemail
        self._tell(done)

    def _read_phones(self) -> None:
        """What people do about the alerts that were sent a moment ago."""
        exchange = self.phones.exchange
        if (self._messages, self._calls) == (len(exchange.messages), len(exchange.calls)):
            return
        new = [*islice(exchange.messages, self._messages, None), *islice(exchange.calls, self._calls, None)]
        self._messages, self._calls = len(exchange.messages), len(exchange.calls)
        for carried in replays.carried_by(self.program.desk, new):
            self._consider(carried)

    def _consider(self, carried: Carried) -> None:
        person, is_known = self.roster.person(carried.person), carried.alert_id in self._meant
        if person is None:
            return
        if not is_known:
            self._meant[carried.alert_id] = self.habits.answer(
                person.id,
                self._about(carried),
                nth=carried.nth,
                is_call=carried.alert_is_call,
                is_night=is_night(carried.alerted_at, zone_of(self.terms)),
            )
        meant = self._meant[carried.alert_id]
        is_keyed = meant is not None and meant.answer == "key"
        if carried.is_call:
            self.phones.set_behaviour(person.phone, Behaviour.NORMAL if is_keyed else Behaviour.ASLEEP)
            if is_keyed:
                self.phones.set_keys(person.phone, "1")
                self._after(60, partial(self._follow_up, carried))
        if not is_known and meant is not None and meant.answer in {"text", "pass"}:
            word = "PASS" if meant.answer == "pass" else "ACK"
            self._after(meant.after_s, partial(self._answer, carried, person.phone, word))

    def _answer(self, carried: Carried, phone: str, word: str) -> None:
        case = replays.standing_of(self.program.desk, carried.reference)
        if case.is_called_back or case.is_closed or case.owner == carried.person:
            return
        self.phones.text(phone, f"{word} {carried.reference}")
        self._follow_up(carried)

    def _follow_up(self, carried: Carried) -> None:
        """Whoever has taken a case calls back, sooner or later."""
        case = replays.standing_of(self.program.desk, carried.reference)
        if case.owner != carried.person or case.is_called_back:
            return
        after = self.habits.calls_back(
            carried.person, self._about(carried), is_night=is_night(self.now, zone_of(self.terms))
        )
        if after is not None:
            self._after(after, partial(self._call_back, carried.reference, carried.person, carried.call_sid))

    def _call_back(self, reference: str, person_id: str, call_sid: str) -> None:
        """The caller is reached; when the work is over the case is closed."""
        case, person = replays.standing_of(self.program.desk, reference), self.roster.person(person_id)
        if person is None or case.is_called_back or case.is_closed:
            return
        minutes = self._began[call_sid].minutes
        self.phones.text(person.phone, f"DONE {reference}")
        done = f"DONE {reference} {minutes} sure"
        self._after(60 * minutes, lambda: self.phones.text(person.phone, done))

    def _open_office(self) -> None:
        """What is overdue is called back by whoever has it, else by who is in charge."""
        begun = replays.call_of_each(self.program.desk)
        for case in replays.standing(self.program.desk):
            if not case.is_called_back and case.callback_due is not None and case.callback_due <= self.now:
                person = self.roster.person(case.owner) or self.roster.in_charge()[0]
                self._call_back(case.reference, person.id, begun[case.reference])

    def _outcome(self) -> Run:
        """The run, its cases by the references that they have in reality; of two that were one there the second has a
        mark."""
        first = self._job.voicemails[0].answered_at - timedelta(days=1)
        run = replays.run_of(self.program.desk, first, self.now, self.now)
        begun, known, cases = replays.call_of_each(self.program.desk), set[str](), []
        for case in run.cases:
            reference = self._began[begun[case.reference]].reference
            while reference in known:
                reference += "+"
            known.add(reference)
            cases.append(case.model_copy(update={"reference": reference}))
        return run.model_copy(update={"cases": tuple(cases)})

    def _about(self, carried: Carried) -> str:
        """What the case is called in any run of the same voicemails."""
        voicemail = self._began[carried.call_sid]
        return f"{voicemail.reference}/{voicemail.answered_at.isoformat()}"

    def _after(self, seconds: float, deed: Callable[[], object]) -> None:
        self._at(self.now + timedelta(seconds=seconds), deed)

    def _at(self, at: datetime, deed: Callable[[], object]) -> None:
        def happen(_at: datetime) -> None:
            deed()

        self.phones.exchange.at(at, happen)

    def _sid(self, prefix: str) -> str:
        """Ids of the phone system, the same in each run of a job."""
        return prefix + sha256(f"{self._job.seed}/{next(self._names)}".encode()).hexdigest()[:32]


def run(job: Job, tell: Callable[[int], None] = lambda _: None) -> Run:
    """One run, in a folder that goes with it: in memory where there is such a place."""
    with TemporaryDirectory(prefix="afterhours-replay-", dir=IN_MEMORY if IN_MEMORY.is_dir() else None) as folder:
        replay = Replay(job, Path(folder), tell)
        try:
            return replay.run()
        finally:
            replay.close()


def main() -> int:
    """Read a job, run it, write what became of it. 0; what fails is Python's own traceback and 1."""
    structlog.configure(processors=[_drop])
    job = Job.model_validate_json(sys.stdin.read())
    sys.stdout.write(f"{run(job, _count).model_dump_json()}\n")
    return 0


def _by_itself(job: Job) -> Terms:
    """The contract of a job, without the desk of the day: what reached our mailbox was not answered there."""
    terms = stored_terms(job.terms, shipped=shipped_policy())
    return terms.model_copy(update={"phone": terms.phone.model_copy(update={"day_desk": ()})})


def _count(done: int) -> None:
    if done % _TOLD_EVERY == 0:
        sys.stdout.write(f"{done}\n")
        sys.stdout.flush()


def _drop(*_: object) -> structlog.types.EventDict:
    """The log of a replay is nobody's business: it tells of what never happened."""
    raise structlog.DropEvent


if __name__ == "__main__":
    sys.exit(main())
