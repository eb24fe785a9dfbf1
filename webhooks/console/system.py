"""Whether the machine does its work: what is wrong comes first, with how to mend it."""

from __future__ import annotations

from flask import render_template

from triage.policy.access import Permission
from triage.services.disks import measure
from triage.services.system_state import system_state
from webhooks.console import console
from webhooks.console.access import needs
from webhooks.program import desk, program


@console.get("/system")
@needs(Permission.READ_SYSTEM)
def show_system() -> str:
    """Signs of life, the queue, what went out in the last day, versions."""
    running, now = program(), program().now()
    reads_lists = running.settings.twilio_from is not None
    state = system_state(
        desk(),
        now,
        watched=running.clock.watched(),
        began=running.began,
        reads_lists=reads_lists,
        mails_alarms=running.alarm_mail is not None,
        beats=running.heartbeat is not None,
        backup_at=running.settings.backup_at if running.backups else None,
        rooms=measure(running.places),
    )
    return render_template("system.html", now=now, state=state)
