"""What administrators are told where systemd says that a unit of ours failed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from triage.policy.monthly_report import Letter
from triage.policy.terms import Terms
from triage.policy.wording import wall_clock

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.@-]{0,99}")
_RESULT = re.compile(r"[a-z][a-z-]{0,40}")
_STATUS = re.compile(r"[A-Z0-9]{1,20}")


@dataclass(frozen=True, slots=True)
class _Unit:
    """What a failure of it means."""

    stake: str
    mend: str


_UNITS = {
    "afterhours-migrate": _Unit(
        "The database is not at the schema of this version. Web server and scheduler try again by themselves.",
        "Start the database, or make room on its disk, then systemctl restart afterhours-migrate.",
    ),
    "afterhours-backup": _Unit(
        "There is no backup of the last 26 hours: what is lost now cannot be put back.",
        "See what it says about the folder and its disk, then systemctl start afterhours-backup.",
    ),
    "afterhours-reconcile": _Unit(
        "No scheduler runs, so nobody is alerted; or Twilio's lists cannot be read.",
        "See whether the scheduler runs: systemctl status afterhours-scheduler.",
    ),
}
_ANY = _Unit("What it does is not done.", "See what it says.")


def unit_name(written: str) -> str | None:
    """A unit's name without `.service`; None where it is none of a service."""
    return written.removesuffix(".service") if _NAME.fullmatch(written) else None


def how_it_failed(told: Mapping[str, str]) -> str:
    """In words, from what systemd tells whoever it starts because of a failure; "" where it tells nothing sound."""
    result, status = told.get("MONITOR_SERVICE_RESULT", ""), told.get("MONITOR_EXIT_STATUS", "")
    if not _RESULT.fullmatch(result):
        return ""
    return f"{result}, status {status}" if _STATUS.fullmatch(status) else result


def unit_letter(unit: str, how: str, *, to: str, machine: str, domain: str, now: datetime, terms: Terms) -> Letter:
    """The letter to one address."""
    meaning = _UNITS.get(unit, _ANY)
    lines = [
        f"{unit} failed on {machine}" + (f" ({how})." if how else "."),
        "",
        f"At stake: {meaning.stake}",
        f"What it said: journalctl -u {unit} -n 50",
        f"To mend it: {meaning.mend}",
        "What else is wrong: afterhours doctor",
        "",
        f"afterhours on {machine} sent this at {wall_clock(now, now, terms)}.",
    ]
    return Letter(
        to=to,
        subject=f"afterhours: {unit} failed",
        body="\n".join(lines) + "\n",
        message_id=f"<failed-{unit.replace('@', '-')}-{now:%Y%m%dT%H%M%S}@{domain}>",
    )
