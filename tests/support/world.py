"""The whole program and the simulated phone system in one process, with a clock that a story moves.

Nothing is mocked: webhooks are signed and posted into the real application, the real Twilio client talks to the
simulated REST API, rows live in a real database. Only sockets and waiting are left out.
"""

from __future__ import annotations

import shutil
import tempfile
import weakref
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from secrets import token_hex
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from sqlalchemy import select

from config.settings import SHIPPED_POLICY, SIMULATED_ACCOUNT, Settings
from tests.support.databases import MEMORY, store_at
from triage.bootstrap import build
from triage.clock import SystemClock
from triage.policy.gsm7 import is_gsm7, segments
from triage.policy.terms import ProductLine
from triage.services import records
from triage.services.audit import verify_chain
from triage.store.models import Event
from webhooks.simulator.nights.engine import Nights
from webhooks.simulator.nights.voicemails import Answers
from webhooks.simulator.phone_system import Behaviour, InboundCall
from webhooks.simulator.posting import Answer
from webhooks.simulator.records import Text, new_sid, rfc2822

OUR_NUMBER = "+16145550100"
TOKEN = "a token that signs the tests' webhooks"
PUBLIC_URL = "https://afterhours.example"
CALLER = "+16145550199"


class FrozenClock(SystemClock):
    """The clock of this process, which freezegun holds."""

    def __init__(self, frozen: FrozenDateTimeFactory) -> None:
        self._frozen = frozen

    def move_to(self, instant: datetime) -> None:
        self._frozen.move_to(instant.astimezone(UTC).replace(tzinfo=None))


class World(Nights):
    """Simulated nights by a frozen clock. Without `reconciles` nobody reads the phone system's lists: most stories
    would spend their time on that."""

    def __init__(
        self, clock: FrozenDateTimeFactory, database_url: str, *, reconciles: bool = False, **settings: Any
    ) -> None:
        self.clock = clock
        self.is_rewritten = False
        folder = Path(MEMORY or tempfile.gettempdir(), f"afterhours-recordings-{token_hex(6)}")  # made when needed
        weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        self.settings = Settings(
            _env_file=None,
            database_url=database_url,
            twilio_account_sid=SIMULATED_ACCOUNT,
            twilio_auth_token=TOKEN,
            twilio_from=OUR_NUMBER,
            **{"public_url": PUBLIC_URL, "recordings_dir": folder, **settings},
        )
        self.store = store_at(database_url)
        super().__init__(lambda: build(self.settings, self.store), FrozenClock(clock), reads_lists=reconciles)
        self._put_to_bed()

    @property
    def now(self) -> datetime:
        return self.program.now()

    def at(self, instant: datetime | str) -> None:
        """Move the clock to an instant, and let everything happen on the way."""
        target = datetime.fromisoformat(instant) if isinstance(instant, str) else instant
        assert target.tzinfo is not None
        self.advance(target - self.now)

    def advance(self, span: timedelta | None = None, **parts: float) -> None:
        """Let time pass: every instant at which something is due is visited, in order."""
        self.advance_to(self.now + (span if span is not None else timedelta(**parts)))

    def voicemail(
        self,
        caller: str = CALLER,
        *,
        emergency: bool = False,
        attested: bool = False,
        product: ProductLine | None = None,
        spanish: bool = False,
        number: str | None = None,
        stays: bool = False,
        **how: Any,
    ) -> InboundCall:
        """Somebody leaves a voicemail now; a moment later the alerts have landed.

        What they key in at the menu is said by name; other options are those of `PhoneSystem.leave_voicemail`.
        """
        keys = self.keys(
            emergency=emergency,
            attested=attested,
            product=product,
            spanish=spanish,
            number=number,
            stays=stays,
            is_shown=not how.get("withheld", False),
        )
        call = self.phones.leave_voicemail(caller, **{"keys": keys, **how})
        assert call.failed_because is None
        assert call.warnings == ()
        self.advance(seconds=1)
        return call

    def keys(
        self,
        *,
        emergency: bool = False,
        attested: bool = False,
        product: ProductLine | None = None,
        spanish: bool = False,
        number: str | None = None,
        stays: bool = False,
        is_shown: bool = True,
    ) -> str:
        """The keys that say this to a mailbox that answers now, as a caller presses them; a comma waits.

        `number` is keyed in and confirmed by waiting. Who `stays` ends the message with the pound key and listens on.
        """
        answers = Answers(
            emergency=emergency,
            attested=attested,
            product=product,
            spanish=spanish,
            number=number,
            stays=stays,
            is_shown=is_shown,
        )
        return answers.keys(self.now, self.program.desk.terms)

    def restart(self, *, policy: str | None = None, roster: str | None = None) -> None:
        """Stop the daemon and start it again, with other files where given; the database stays as it is."""
        for path, text in ((self.settings.policy_file, policy), (self.settings.roster_file, roster)):
            if text is not None:
                assert path is not None
                assert path.parent != Path(SHIPPED_POLICY).parent, "build the world with files of its own first"
                path.write_text(text)
        self.program.close()
        self.start()
        self._put_to_bed()

    def post(self, path: str, **form: str) -> Answer:
        """The phone system posts a webhook of ours, signed; what we answered."""
        answer = self.phones.exchange.poster.post(f"{self.settings.public_url}{path}", form)
        assert answer is not None
        self.settle()
        return answer

    def find_recording(self, ended: datetime, *, seconds: int = 30, **form: str) -> str:
        """The phone system tells of a recording whose call we never heard of; returns its SID."""
        sid = new_sid("RE")
        started = rfc2822(ended - timedelta(seconds=seconds)) or ""
        posted = {"CallSid": new_sid("CA"), "RecordingSid": sid, "RecordingStatus": "completed"} | form
        answer = self.post("/twilio/recording", **posted, RecordingStartTime=started, RecordingDuration=str(seconds))
        assert answer.status == 204
        return sid

    def text(self, sender: str, body: str) -> str | None:
        """Somebody texts our number; returns our answer."""
        answer = self.phones.text(sender, body)
        self.settle()
        return answer

    def inbox(self, number: str) -> list[Text]:
        """What landed on a phone, oldest first."""
        return list(self.phones.phone(number).inbox)

    def bodies(self, number: str) -> list[str]:
        return [text.body for text in self.inbox(number)]

    def pages(self, since: datetime, to: str | None = None) -> list[str]:
        """The texts and calls that we sent since an instant and that reached a phone, as `5:00 Lee sms`.

        In the order of their seconds, then of names; with `to`, of one phone only.
        """
        with self.program.desk.store.read() as session:
            names = {person.phone: person.first_name for person in self.program.desk.roster(session).people}
        texts = [(m.created_at, m.to, "sms") for m in self.phones.messages() if m.direction == "outbound-api"]
        calls = [(call.created_at, call.to, "call") for call in self.phones.calls() if call.direction == "outbound-api"]
        found = [
            (int((at - since).total_seconds()), names.get(number, number), by)
            for at, number, by in texts + calls
            if at >= since and to in {None, number}
        ]
        return [f"{at // 60}:{at % 60:02} {name} {by}" for at, name, by in sorted(found)]

    def heard(self, number: str) -> list[str]:
        """What our alert calls said to a phone, each sentence once a call."""
        return [call.heard[0] for call in self.phones.phone(number).calls if call.heard]

    def rewrite_history(self, sql: str) -> None:
        """Somebody with the database's password changes what happened."""
        with self.program.desk.store.connection() as connection:
            connection.exec_driver_sql(sql)
        self.is_rewritten = True

    def check(self) -> None:
        """What holds after every story: texts that any phone can show, good answers, an unbroken history."""
        ours = [m for m in self.phones.messages() if m.direction.startswith("outbound")]
        long = [m.body for m in ours if not is_gsm7(m.body) or segments(m.body) > 2]
        assert not long, f"not GSM-7, or longer than two segments: {long}"
        bad = [
            (post.url, post.status, post.because)
            for post in self.phones.posted()
            if (post.status or 999) >= 400 and "/twilio/" in post.url
        ]
        assert not bad, f"webhooks that were not answered well: {bad}"
        odd = [(call.direction, call.warnings) for call in self.phones.calls() if call.warnings]
        assert not odd, f"documents that Twilio would not take as they are: {odd}"
        assert self.is_rewritten or verify_chain(self.program.desk).first_bad is None

    def case(self, reference: str = "1001") -> dict[str, Any]:
        return records.show_case(self.program.desk, reference)

    def cases(self) -> list[dict[str, Any]]:
        return records.list_cases(self.program.desk, only_open=False)

    def kinds(self, reference: str = "1001") -> list[str]:
        """The kinds of events of a case, oldest first."""
        return [event["kind"] for event in self.case(reference)["events"]]

    def entries(self, kind: str) -> list[Event]:
        """The entries of this kind in the whole history, oldest first."""
        with self.program.desk.store.read() as session:
            found = session.scalars(select(Event).where(Event.kind == kind).order_by(Event.number)).all()
            session.expunge_all()
            return list(found)

    def _put_to_bed(self) -> None:
        """Nobody on call picks up a phone unless a story says so: texts arrive, calls ring out."""
        with self.program.desk.store.read() as session:
            phones = [person.phone for person in self.program.desk.roster(session).people]
        for phone in phones:
            if phone not in self.phones.exchange.phones:
                self.phones.set_behaviour(phone, Behaviour.ASLEEP)


Build = Callable[..., World]
