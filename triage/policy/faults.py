"""What the auditor may find: each fault with what is at stake, how to mend it, and whether a restart helps.

A restart is systemd's, by its watchdog. It helps where a thread of this process is dead or stuck. Where the phone
system, the database or the clock is what fails, a restart mends nothing, and a loop of them does harm: such faults are
told by e-mail, and the watchdog is fed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

_A_TRY = "Then send yourself a test {} on the page People: one that arrives ends this alarm."
_A_MOMENT = timedelta(seconds=20)  # of the 60 s after which systemd restarts: the letter goes out before


class Fault(StrEnum):
    SWEEP = "sweep"
    BELL = "bell"
    RINGS = "rings"
    SENDERS = "senders"
    SENDER_BUSY = "sender_busy"
    THREADS = "threads"
    LETTERS = "letters"
    AUDIT = "audit"
    WORK = "work"
    SENDING = "sending"
    DATABASE = "database"
    LOCKED = "locked"
    WRITE = "write"
    DISK = "disk"
    CLOCK = "clock"
    CLOCK_STEP = "clock_step"
    CLOCK_OFF = "clock_off"
    LISTS = "lists"
    HEAD = "head"
    CHORES = "chores"
    TEXTS = "texts"
    CALLS = "calls"
    NOTICES = "notices"
    HEARTBEAT = "heartbeat"


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """What a fault means for people. `lasts` is how long it has to last before anybody is told of it.

    `is_news` of what has happened and is told once, rather than of what goes on until it is mended. `is_by_trial` of
    what shows only where something is tried: nobody knows whether it is mended before the next try.
    """

    title: str
    stake: str
    mend: str
    restart_helps: bool = False
    lasts: timedelta = _A_MOMENT
    is_news: bool = False
    is_by_trial: bool = False


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault as it is now; `words` say what was seen, without a full stop. `tried_at` is the newest try that shows
    it."""

    fault: Fault
    words: str
    tried_at: datetime | None = None

    @property
    def meaning(self) -> Meaning:
        return MEANINGS[self.fault]

    @property
    def in_short(self) -> str:
        """The newest of several lines, without a full stop."""
        *others, last = self.words.splitlines() or [""]
        return last.rstrip(".") + (f", and {len(others)} more" if others else "")

    @property
    def for_the_log(self) -> str:
        """Without what was said to people."""
        return f"{self.fault}: {self.words}" if self.fault is not Fault.NOTICES else self.fault


_NOTHING_HAPPENS = "No alert, no deadline and no callback is looked after while it lasts."
_ITS_LOG = "journalctl -u afterhours-scheduler"
_RESTART = f"systemd restarts it by itself; else systemctl restart afterhours-scheduler. Then see {_ITS_LOG}."

MEANINGS: dict[Fault, Meaning] = {
    Fault.SWEEP: Meaning(
        title="The scheduler does not look at what is due",
        stake=_NOTHING_HAPPENS,
        mend=_RESTART,
        restart_helps=True,
    ),
    Fault.BELL: Meaning(
        title="The bell of the scheduler is dead",
        stake="Alerts still go out, but up to ten seconds late.",
        mend=_RESTART,
        restart_helps=True,
    ),
    Fault.RINGS: Meaning(
        title="The bell is not armed with what is due soon",
        stake="Alerts still go out, but some seconds late.",
        mend=f"Look for ring_failed in {_ITS_LOG}, then restart it.",
    ),
    Fault.SENDERS: Meaning(
        title="No sender takes work",
        stake="No text and no call goes out.",
        mend=_RESTART,
        restart_helps=True,
    ),
    Fault.SENDER_BUSY: Meaning(
        title="A sender hangs",
        stake="Texts and calls go out more slowly; once all senders hang, none goes out.",
        mend="systemctl restart afterhours-scheduler at a quiet moment; the stack of each thread is told on SIGABRT.",
    ),
    Fault.THREADS: Meaning(
        title="A thread of the scheduler is dead",
        stake="What it does is not done: letters about faults, the heartbeat, backups, or a look at the disks.",
        mend=_RESTART,
        restart_helps=True,
    ),
    Fault.LETTERS: Meaning(
        title="Letters about faults do not go out",
        stake="Nobody is told by e-mail of what the auditor finds.",
        mend=f"Look at the mail server: it took a letter and never answered. {_RESTART}",
        restart_helps=True,
    ),
    Fault.AUDIT: Meaning(
        title="The audit itself fails",
        stake="Nobody knows whether the rest works.",
        mend=_RESTART,
        restart_helps=True,
    ),
    Fault.WORK: Meaning(
        title="What is due is not done",
        stake="Alerts and deadlines are late.",
        mend=f"Look for sweep_failed and sweep_crashed in {_ITS_LOG}. {_RESTART}",
        restart_helps=True,
    ),
    Fault.SENDING: Meaning(
        title="Texts and calls wait too long",
        stake="Alerts reach people late: there are more of them than the phone system takes, or it answers slowly.",
        mend="See afterhours doctor and status.twilio.com. Where it is load, set AFTERHOURS_SENDER_THREADS higher.",
    ),
    Fault.DATABASE: Meaning(
        title="The database cannot be used",
        stake=f"{_NOTHING_HAPPENS} Twilio keeps recordings; what was left meanwhile is found afterwards.",
        mend="Start the database server, or make room on its disk. The scheduler goes on by itself.",
        lasts=timedelta(minutes=1),
    ),
    Fault.LOCKED: Meaning(
        title="Another program holds the database",
        stake=f"{_NOTHING_HAPPENS} Voicemails are taken down again afterwards.",
        mend="Find who holds it: fuser -v and the name of the SQLite file, or pg_stat_activity in PostgreSQL. Where it"
        " is the web server: systemctl restart afterhours-web. The scheduler goes on by itself.",
        lasts=timedelta(minutes=1),
    ),
    Fault.WRITE: Meaning(
        title="A thread of ours hangs while it writes",
        stake=f"The database is well, but on SQLite nobody else can write to it. {_NOTHING_HAPPENS}",
        mend=f"{_RESTART} Send the stacks that it has on SIGABRT to whoever maintains afterhours.",
        restart_helps=True,
        lasts=timedelta(0),
    ),
    Fault.DISK: Meaning(
        title="A disk is nearly full",
        stake="Once it is full, no voicemail is taken down here and no alert goes out; Twilio keeps recordings.",
        mend="Make room on it, or make it larger: the README says what may go, under The store.",
        lasts=timedelta(minutes=1),
    ),
    Fault.CLOCK: Meaning(
        title="The clock of the machine is behind",
        stake=f"The scheduler waits for the right time, for ten minutes at most. {_NOTHING_HAPPENS}",
        mend="timedatectl set-ntp true, or set the clock by hand. The scheduler goes on by itself.",
        lasts=timedelta(0),
    ),
    Fault.CLOCK_STEP: Meaning(
        title="The clock of the machine jumped",
        stake="What a wrong clock wrote is brought in line where it was ahead; deadlines count from Twilio's times.",
        mend="Check timedatectl: the clock has to be synchronised. Look through the cases of that time.",
        lasts=timedelta(0),
        is_news=True,
    ),
    Fault.CLOCK_OFF: Meaning(
        title="The clock of the machine is wrong",
        stake="Nights, deadlines and prices are reckoned by a wrong time where Twilio tells none.",
        mend="timedatectl set-ntp true, or set the clock by hand.",
    ),
    Fault.LISTS: Meaning(
        title="Twilio's lists are not gone through",
        stake="A voicemail or text whose webhook was lost is missing until they are.",
        mend=f"Look for lists_failed and found_and_not_taken in {_ITS_LOG}; run afterhours doctor.",
        lasts=timedelta(minutes=5),
    ),
    Fault.HEAD: Meaning(
        title="The head of the history is not published",
        stake="A history that somebody rewrites now would not show.",
        mend=f"Look for sweep_crashed in {_ITS_LOG}.",
    ),
    Fault.CHORES: Meaning(
        title="A check of the day fails",
        stake="Alerts and deadlines go on. Nobody looks after what it checks: the roster's gaps, the history, reports.",
        mend=f"Look for chore_failed in {_ITS_LOG}, and send it to whoever maintains afterhours.",
        lasts=timedelta(minutes=5),
    ),
    Fault.TEXTS: Meaning(
        title="Texts do not get through",
        stake="Technicians are alerted by call alone, and callers are told nothing.",
        mend="See the account in Twilio's console: its funds, its standing, the registration of the number. Run"
        f" afterhours doctor. {_A_TRY.format('text')}",
        is_by_trial=True,
    ),
    Fault.CALLS: Meaning(
        title="Calls do not get through",
        stake="Nobody who sleeps is woken: technicians are alerted by text alone.",
        mend="See the account in Twilio's console: its funds and its standing. Run afterhours doctor."
        f" {_A_TRY.format('call')}",
        is_by_trial=True,
    ),
    Fault.NOTICES: Meaning(
        title="Texts to administrators did not arrive",
        stake="Nobody may know yet of what these texts say.",
        mend="Deal with what they say. Check the numbers of the administrators on the page People.",
        lasts=timedelta(0),
        is_news=True,
    ),
    Fault.HEARTBEAT: Meaning(
        title="The heartbeat does not reach its address",
        stake="The check outside will say that we are down, or would not notice if we were.",
        mend="See afterhours doctor. Check AFTERHOURS_HEARTBEAT_URL, and that this machine reaches it.",
        lasts=timedelta(minutes=5),
    ),
}

OF_ROWS = frozenset({Fault.WORK, Fault.SENDING, Fault.LISTS, Fault.HEAD, Fault.TEXTS, Fault.CALLS, Fault.NOTICES})
"""What only the rows show: while the database does not answer, nobody knows whether it lasts."""

NO_WRITING = frozenset({Fault.DATABASE, Fault.LOCKED, Fault.WRITE, Fault.CLOCK})
"""While one of these lasts nothing is put on record: it cannot be, or the history would have a wrong time for ever."""
