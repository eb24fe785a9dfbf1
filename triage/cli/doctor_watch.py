"""The doctor's lines about who watches: the auditor's findings, the ways they go, and the data of time zones."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC
from zoneinfo import ZoneInfo

from triage.bootstrap import Program
from triage.cli.finding import Finding
from triage.errors import TransportError
from triage.policy.faults import MEANINGS, OF_ROWS, Fault
from triage.policy.lengths import exactly
from triage.policy.limits import is_heartbeat_late
from triage.policy.zones import is_old, wrong_changeovers
from triage.services import zone_data
from triage.services.alarms import standing
from triage.services.findings import of_rows
from triage.services.vital_signs import HEARTBEAT, signs

_TOLD_ELSEWHERE = frozenset({Fault.LISTS, Fault.DISK})
_NEWER = "install requirements.lock again, or update the tzdata of the system"


def alarms(program: Program) -> Iterator[Finding]:
    """What the auditor finds, and whether anybody is told of it by mail. Letters themselves are tried under `mail`."""
    if program.alarm_mail is None:
        yield Finding("alarms", "nobody gets them by e-mail: AFTERHOURS_ALARM_MAIL is not set")
    else:
        count = len(program.alarm_mail.addresses)
        yield Finding("alarms", f"go by e-mail to {count} address{'' if count == 1 else 'es'}")
    found = of_rows(program.desk, program.clock.watched())
    found += [alarm.finding for alarm in standing(program.desk) if alarm.fault not in OF_ROWS]
    for each in found:
        if each.fault not in _TOLD_ELSEWHERE:
            yield Finding("alarms", f"{each.meaning.title}: {each.in_short}", each.meaning.mend)


def heartbeat(program: Program) -> Iterator[Finding]:
    """Whether the host of the heartbeat is reached; nothing is told to it, since only the scheduler may."""
    if program.heartbeat is None:
        yield Finding("heartbeat", "none is sent: AFTERHOURS_HEARTBEAT_URL is not set")
        return
    where, mend = program.heartbeat.where, MEANINGS[Fault.HEARTBEAT].mend
    try:
        program.heartbeat.check()
    except TransportError as error:
        yield Finding("heartbeat", f"{where}: {error.reason}", "check AFTERHOURS_HEARTBEAT_URL, and the way there")
        return
    taken, now = signs(program.desk).get(HEARTBEAT), program.clock.watched()
    if taken is None:
        yield Finding("heartbeat", f"{where} is reached; none was taken yet")
        return
    age = f"{where} is reached; the last was taken {exactly((now - taken).total_seconds())} ago"
    yield Finding("heartbeat", age, mend if is_heartbeat_late(taken, now) else "")


def zones(program: Program) -> Iterator[Finding]:
    """The version in use against the package's and its age, and whether it knows when the clocks change."""
    zone = ZoneInfo(program.desk.terms.zone)
    data, package = zone_data.in_use(zone.key), zone_data.package()
    for at in wrong_changeovers(zone):
        yield Finding("zones", f"{data} does not change the clocks at {at:%Y-%m-%d %H:%M} UTC", _NEWER)
    if data.version is not None and is_old(data.version, program.now().astimezone(UTC).date()):
        yield Finding("zones", f"{data} is older than eighteen months", _NEWER)
    elif "PYTHONTZPATH" in os.environ and (data.version or "") < (package.version or ""):
        yield Finding("zones", f"PYTHONTZPATH leads to {data}; the package has {package.version}", "unset PYTHONTZPATH")
    else:
        yield Finding("zones", f"{zone.key} of {data}; the package has {package.version}")
