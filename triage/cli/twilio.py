"""`afterhours twilio`: our number at Twilio, and the document that answers calls while we cannot."""

from __future__ import annotations

import sys
from dataclasses import asdict
from typing import Any

import click

from triage.cli.printing import print_json, print_table, reported, wants_json
from triage.cli.program import program_for_command, settings_for_command
from triage.errors import NotFound, Refused
from triage.policy.number_settings import Setting


@click.group()
def twilio() -> None:
    """Our number at Twilio."""


@twilio.command("setup")
@click.option("--fallback", metavar="URL", help="Address of the TwiML Bin that answers while we cannot.")
@click.option("--apply", "is_to_apply", is_flag=True, help="Set at Twilio what is wrong.")
@wants_json
@reported
def twilio_setup(*, fallback: str | None, is_to_apply: bool, as_json: bool) -> None:
    """The number's addresses as they are and as they should be; exit 1 where they differ."""
    from triage.bootstrap import build_phone_system  # noqa: PLC0415 - Twilio's client is large
    from triage.services.number_setup import mend_settings, number_settings  # noqa: PLC0415

    if fallback is not None and not fallback.startswith("https://"):
        raise Refused("--fallback: write the address of the TwiML Bin, https://handler.twilio.com/twiml/EH...")
    program = program_for_command()
    if not program.settings.has_account:
        raise NotFound("there is no account: set AFTERHOURS_TWILIO_ACCOUNT_SID and AFTERHOURS_TWILIO_AUTH_TOKEN")
    number, ours = build_phone_system(program.settings).number, program.settings.public_url
    settings = number_settings(number, ours, fallback)
    changed: list[str] = []
    if is_to_apply:
        changed = mend_settings(program.desk, number, settings, program.now())
        settings = number_settings(number, ours, fallback) if changed else settings
    if as_json:
        print_json({"number": program.settings.twilio_from, "set": changed, "settings": [*map(_record, settings)]})
    else:
        print_table([_row(setting) for setting in settings])
        for setting in settings:
            if not setting.is_right:
                click.echo(f"{setting.name}: {setting.mend}")
        if changed:
            click.echo(f"Set: {', '.join(changed)}")
    sys.exit(0 if all(setting.is_right for setting in settings) else 1)


@twilio.command("fallback")
@wants_json
@reported
def twilio_fallback(*, as_json: bool) -> None:
    """TwiML for a TwiML Bin, which records calls by itself while we are down."""
    from triage.bootstrap import roster_that_counts  # noqa: PLC0415
    from triage.owner_files import load_terms  # noqa: PLC0415
    from triage.transports.twilio_fallback import fallback_document  # noqa: PLC0415 - Twilio's client is large

    settings = settings_for_command()
    roster, which = roster_that_counts(settings)
    text = fallback_document(load_terms(settings, roster), settings.public_url)
    if as_json:
        print_json({"twiml": text, "characters": len(text), "roster": which})
    else:
        click.echo(text)
        click.echo(f"afterhours: closed days of the roster: {which}", err=True)


def _record(setting: Setting) -> dict[str, Any]:
    return {"ok": setting.is_right, **asdict(setting)}


def _row(setting: Setting) -> dict[str, Any]:
    wanted = "yours to choose" if setting.wanted is None else setting.wanted or "-"
    mark = "ok" if setting.is_right else "WRONG"
    return {"": mark, "setting": setting.name, "is": setting.found or "-", "should be": wanted}
