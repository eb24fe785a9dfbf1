"""Where settings and concrete classes meet. Everything else takes what it needs."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, time
from pathlib import Path
from socket import gethostname
from typing import Any

from config.settings import Settings
from triage.clock import Clock, DemoClock, SystemClock
from triage.errors import ConfigurationError, StoreUnavailable
from triage.owner_files import load_roster_file, load_terms, shipped_policy
from triage.policy.backups import BackupPlan
from triage.policy.disks import PlaceName
from triage.policy.roster import Roster, stored_roster
from triage.policy.terms import Terms, read_terms
from triage.policy.zones import NEW_YORK
from triage.ports import (
    Bell,
    DrawsCharts,
    HearsBell,
    HoldsNumber,
    KeepsRecordings,
    KnowsCalls,
    KnowsStanding,
    PlacesTestCalls,
    PrintsPaper,
    ProvesIdentity,
    RemembersTraffic,
    TellsOutside,
    WritesWorkbooks,
)
from triage.services.alarms import AlarmMail
from triage.services.desk import Desk, follow_roster, load_contract, load_roster
from triage.services.dispatch import Transports
from triage.services.letters import Post
from triage.services.zone_data import use_newest
from triage.store import bells, schema, versions
from triage.store.ballast import Ballast
from triage.store.engine import Store
from triage.store.recording_folder import RecordingFolder
from triage.transports.heartbeat import HttpHeartbeat
from triage.transports.smtp import Smtp


@dataclass(kw_only=True)
class Program:
    """A process of the daemon, put together. `prepare` brings database, contract and roster up to date."""

    settings: Settings
    clock: Clock
    desk: Desk
    roster_file: Roster | None
    bell: Bell
    recordings: RecordingFolder
    post: Post | None = None
    alarm_mail: AlarmMail | None = None
    heartbeat: TellsOutside | None = None
    provider: ProvesIdentity | None = None
    backups: BackupPlan | None = None
    ballast: Ballast | None = None
    is_prepared: bool = field(default=False, init=False)
    began: datetime = field(init=False)

    def __post_init__(self) -> None:
        self.began = self.clock.now()

    def prepare(self) -> None:
        """Schema, contract and roster, as the files have them. Safe to repeat; raises StoreUnavailable."""
        now = self.clock.now()
        schema.upgrade(self.desk.store)
        if self.roster_file is not None:
            load_roster(self.desk, self.roster_file, now)
        follow_roster(self.desk, now)
        load_contract(self.desk, now)
        self.is_prepared = True

    @property
    def places(self) -> dict[PlaceName, Path]:
        """The folders of this machine that we write to. The disk of a database server is its own."""
        store, places = self.desk.store, dict[PlaceName, Path]()
        if store.is_sqlite:
            places["database"] = Path(store.url.database or "").absolute().parent
        places["recordings"] = self.recordings.path
        if self.backups is not None:
            places["backups"] = self.backups.folder.absolute()
        return places

    def hears_bell(self) -> HearsBell:
        return bells.hears_bell(self.desk.store)

    def now(self) -> datetime:
        return self.clock.now()

    def close(self) -> None:
        self.bell.close()
        self.desk.store.close()


@dataclass(frozen=True, slots=True)
class PhoneSystem:
    """What the scheduler sends by, asks, and fetches recordings from."""

    transports: Transports
    calls: KnowsCalls
    traffic: RemembersTraffic
    recordings: KeepsRecordings
    number: HoldsNumber
    standing: KnowsStanding
    canary: PlacesTestCalls | None = None


def build(settings: Settings, store: Store | None = None, clock: Clock | None = None) -> Program:
    """The part of the program that every process has. Raises ConfigurationError with the line to mend.

    A store that is there already may be used: its statements are compiled. So may another clock than the machine's.
    """
    use_newest(NEW_YORK)
    store = store or Store(settings.database_url, direct_url=settings.database_direct_url)
    roster = load_roster_file(settings)
    return Program(
        settings=settings,
        clock=clock or _clock(settings, store),
        desk=Desk(store, load_terms(settings), shipped_policy(), canary=settings.canary_number),
        roster_file=roster,
        bell=bells.bell(store),
        post=_post(settings),
        alarm_mail=build_alarm_mail(settings),
        heartbeat=HttpHeartbeat(settings.heartbeat_url.get_secret_value()) if settings.heartbeat_url else None,
        recordings=RecordingFolder(settings.recordings_dir or beside_database(store, "recordings")),
        provider=_provider(settings),
        backups=_backups(settings),
        ballast=Ballast(Path(store.url.database or "").absolute()) if store.is_sqlite else None,
    )


def roster_that_counts(settings: Settings) -> tuple[Roster | None, str]:
    """The roster with the closed days that count, and which it is, for commands that do not need a database.

    The one in force, which the console may have changed, where a database is there and answers; the file where none is,
    or where the file was edited since: then it counts from the next start.
    """
    file = load_roster_file(settings)
    kept = _roster_in_force(settings)
    if kept is not None and (file is None or kept[1] == file.version):
        return kept[0], "in force"
    return file, "file" if file else "none"


def _roster_in_force(settings: Settings) -> tuple[Roster, str | None] | None:
    """With the version of the file that it came from. Nothing is made or changed in the database."""
    store = Store(settings.database_url)
    try:
        if store.is_sqlite and not Path(store.url.database or "").exists():
            return None
        if schema.revision(store) != schema.newest():
            return None
        with store.read() as session:
            newest = versions.newest_roster_id(session)
            if newest is None:
                return None
            return stored_roster(versions.roster_content(session, newest)), versions.newest_source(session)
    except StoreUnavailable:
        return None
    finally:
        store.close()


def _post(settings: Settings) -> Post | None:
    """What letters go out by; None where no mail server is named."""
    if settings.smtp_url is None or settings.mail_from is None:
        return None
    return Post(
        mail=Smtp(settings.smtp_url.get_secret_value(), settings.mail_from),
        printer=build_printer,
        public_url=settings.public_url,
        domain=settings.mail_from.rpartition("@")[2],
    )


def build_alarm_mail(settings: Settings) -> AlarmMail | None:
    """What alarms go out by; None where no address is named."""
    if not settings.alarm_addresses or settings.smtp_url is None or settings.mail_from is None:
        return None
    return AlarmMail(
        mail=Smtp(settings.smtp_url.get_secret_value(), settings.mail_from),
        addresses=settings.alarm_addresses,
        machine=gethostname(),
        system_page=f"{settings.public_url}/system",
        domain=settings.mail_from.rpartition("@")[2],
    )


def terms_at_any_rate(settings: Settings) -> Terms:
    """The contract for an alarm, which has to go out also where the file that the settings name is what is wrong."""
    try:
        return load_terms(settings)
    except ConfigurationError:
        return read_terms(shipped_policy(), name="the shipped contract", shipped=shipped_policy())


def _backups(settings: Settings) -> BackupPlan | None:
    """Where and when the scheduler makes backups; None where no folder is named."""
    if settings.backup_dir is None:
        return None
    return BackupPlan(settings.backup_dir, time.fromisoformat(settings.backup_at), settings.backup_keep)


def demo_clock_file(store: Store) -> Path:
    """Where the clock of a demo is kept: beside its database, whose rows are stamped by it."""
    return Path(f"{store.url.database if store.is_sqlite else 'afterhours'}.demo-clock").absolute()


def beside_database(store: Store, name: str) -> Path:
    """A path of this name where the SQLite file lies; in the working folder where the database is elsewhere."""
    return Path(store.url.database or "").with_name(name) if store.is_sqlite else Path(name)


def _clock(settings: Settings, store: Store) -> Clock:
    """The machine's clock, or the demo's: commands in another terminal have to agree with the daemon."""
    if settings.demo_clock_file:
        return DemoClock(settings.demo_clock_file)
    beside = demo_clock_file(store)
    return DemoClock(beside) if not settings.has_account and beside.exists() else SystemClock()


def build_phone_system(settings: Settings, http_client: Any = None) -> PhoneSystem:
    """Twilio, or the stand-in that the settings name. Only who sends needs it: its client is large.

    `http_client` is a twilio.http.HttpClient that takes the place of the network's.
    """
    from triage.transports.twilio_canary import TwilioCanary  # noqa: PLC0415 - the web process does not need it
    from triage.transports.twilio_client import Account, connect  # noqa: PLC0415
    from triage.transports.twilio_lists import TwilioLists  # noqa: PLC0415
    from triage.transports.twilio_number import TwilioNumber  # noqa: PLC0415
    from triage.transports.twilio_recordings import TwilioRecordings  # noqa: PLC0415
    from triage.transports.twilio_sms import TwilioSms  # noqa: PLC0415
    from triage.transports.twilio_standing import TwilioStanding  # noqa: PLC0415
    from triage.transports.twilio_voice import TwilioCalls, TwilioVoice  # noqa: PLC0415

    account_sid, token = settings.twilio_account_sid, settings.twilio_auth_token
    if account_sid is None or token is None:
        raise ConfigurationError(
            "no phone system: set AFTERHOURS_TWILIO_ACCOUNT_SID and AFTERHOURS_TWILIO_AUTH_TOKEN,"
            " or start `afterhours serve`, which brings a simulated one"
        )
    if not settings.twilio_from and not settings.twilio_messaging_service_sid:
        raise ConfigurationError("AFTERHOURS_TWILIO_FROM: set our number, such as +16145550100")
    secret = settings.twilio_api_key_secret
    account = Account(
        account_sid=account_sid,
        username=settings.twilio_api_key_sid or account_sid,
        password=(secret or token).get_secret_value(),
        sender=settings.twilio_from,
        messaging_service_sid=settings.twilio_messaging_service_sid,
        public_url=settings.public_url,
        api_base=settings.twilio_api_base,
    )
    client = connect(account, http_client, settings.sender_threads)
    return PhoneSystem(
        {
            "sms": TwilioSms(client, account),
            "voice": TwilioVoice(client, account, "voice"),
            "bridge": TwilioVoice(client, account, "bridge"),
            "hear": TwilioVoice(client, account, "hear"),
        },
        TwilioCalls(client, account),
        TwilioLists(client, account),
        TwilioRecordings(client, account),
        TwilioNumber(client, account),
        TwilioStanding(client, account),
        TwilioCanary(client, account, settings.canary_number) if settings.canary_number else None,
    )


def build_drawer() -> DrawsCharts:
    """What draws charts for pages."""
    from triage.transports.svg import Svg  # noqa: PLC0415 - most processes draw nothing

    return Svg()


def build_workbooks() -> WritesWorkbooks:
    """What writes files for spreadsheet programs."""
    from triage.transports.xlsx import Xlsx  # noqa: PLC0415

    return Xlsx()


def _provider(settings: Settings) -> ProvesIdentity | None:
    """The sign-in provider that the settings name; None where they name none."""
    secret = settings.oidc_client_secret
    if settings.oidc_issuer is None or settings.oidc_client_id is None or secret is None:
        return None
    from triage.transports.openid import OpenIdProvider  # noqa: PLC0415 - most have none, and its library is large

    return OpenIdProvider(settings.oidc_issuer, settings.oidc_client_id, secret.get_secret_value())


def build_printer() -> PrintsPaper:
    """What prints papers as PDF. Only who prints needs it: its library is large."""
    from triage.transports.pdf import Pdf  # noqa: PLC0415

    return Pdf()
