"""What the phone system must know of our number: where its webhooks go, and what would divert them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urldefrag

from triage.policy.twilio_words import PERSIST

FALLBACK = "VoiceFallbackUrl"
CAPABILITIES = "Capabilities"
"""What the number can do, as words: it comes with the number, and nobody sets it."""

_NEEDED = ("voice", "sms")
_DIVERTS = {
    "VoiceApplicationSid": "Twilio ignores VoiceUrl and StatusCallback while it is set",
    "SmsApplicationSid": "Twilio ignores SmsUrl while it is set",
    "TrunkSid": "calls go to the SIP trunk, not to VoiceUrl",
}
_SHOWN = ("SmsFallbackUrl",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One setting as it is and as it should be. `wanted` is None where any value will do, or ours is not known.

    `mend` says what is to be done; empty where it is right. `is_settable`: we may set it to `wanted`.
    """

    name: str
    found: str
    wanted: str | None
    mend: str = ""
    is_settable: bool = False

    @property
    def is_right(self) -> bool:
        return not self.mend


def wanted_settings(public_url: str, fallback: str | None) -> dict[str, str]:
    """Twilio's names and our values. `fallback` is the address of a document that needs nobody of ours."""
    wanted = {
        "VoiceUrl": f"{public_url}/twilio/voice",
        "VoiceMethod": "POST",
        "StatusCallback": f"{public_url}/twilio/call-status{PERSIST}",
        "StatusCallbackMethod": "POST",
        "SmsUrl": f"{public_url}/twilio/sms{PERSIST}",
        "SmsMethod": "POST",
    }
    return wanted | ({FALLBACK: fallback} if fallback else {})


NAMES = (*wanted_settings("", "given"), *_SHOWN, *_DIVERTS)


def compare(found: Mapping[str, str], public_url: str, fallback: str | None) -> list[Setting]:
    """Every setting, with its mend where it is not as it should be. How often Twilio tries again is the owner's."""
    settings = [
        _compared(name, found.get(name, ""), value) for name, value in wanted_settings(public_url, fallback).items()
    ]
    if not fallback:
        settings.insert(2, _fallback_as_it_is(found.get(FALLBACK, ""), public_url))
    settings += [Setting(name=name, found=found.get(name, ""), wanted=None) for name in _SHOWN]
    settings.append(_compared_abilities(found.get(CAPABILITIES, "")))
    settings += [
        Setting(name=name, found=sid, wanted="", mend=f"{why}: take the number out of it")
        for name, why in _DIVERTS.items()
        if (sid := found.get(name, ""))
    ]
    return settings


def _compared(name: str, found: str, wanted: str) -> Setting:
    is_right = urldefrag(found).url == urldefrag(wanted).url
    mend = "" if is_right else "set it, or run `afterhours twilio setup --apply`"
    return Setting(name=name, found=found, wanted=wanted, mend=mend, is_settable=not is_right)


def _compared_abilities(found: str) -> Setting:
    is_enough = {*_NEEDED} <= {*found.split()}
    mend = "" if is_enough else "take a number at Twilio that can do voice and sms, and set AFTERHOURS_TWILIO_FROM"
    return Setting(name=CAPABILITIES, found=found, wanted=" ".join(_NEEDED), mend=mend)


def _fallback_as_it_is(found: str, public_url: str) -> Setting:
    mend = ""
    if not found:
        mend = "put `afterhours twilio fallback` into a TwiML Bin and give its address by --fallback"
    elif found.startswith(f"{public_url}/"):
        mend = "an address of ours is down when we are: give that of a TwiML Bin by --fallback"
    return Setting(name=FALLBACK, found=found, wanted=None, mend=mend)
