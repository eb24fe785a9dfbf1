"""The owner's files, policy and roster, as the settings name them."""

from __future__ import annotations

from pathlib import Path

from config.settings import DEMO_ROSTER, SHIPPED_POLICY, SIMULATED_ACCOUNT, Settings
from triage.errors import ConfigurationError
from triage.policy.roster import Roster, read_roster
from triage.policy.terms import Terms, read_terms


def load_terms(settings: Settings, roster: Roster | None = None) -> Terms:
    """The contract in force: the owner's file over the shipped one, closures of the roster added (T3)."""
    text = _read(settings.policy_file, "AFTERHOURS_POLICY_FILE")
    terms = read_terms(text, name=settings.policy_file.name, shipped=shipped_policy())
    return terms.with_closures(roster.closures) if roster and roster.closures else terms


def shipped_policy() -> str:
    return SHIPPED_POLICY.read_text(encoding="utf-8")


def load_roster_file(settings: Settings) -> Roster | None:
    """The roster file; the demo's where the phone system is simulated and none is named."""
    path = settings.roster_file
    if path is None and settings.twilio_account_sid == SIMULATED_ACCOUNT:
        path = DEMO_ROSTER
    return read_roster(_read(path, "AFTERHOURS_ROSTER_FILE"), name=path.name) if path else None


def _read(path: Path, setting: str) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{setting}: {path} cannot be read: {error}") from None
