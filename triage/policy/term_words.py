"""What people call the windows, rates, products and flags of the contract."""

from __future__ import annotations

from triage.policy.fields import WindowName
from triage.policy.pins import DOUBTFUL_PIN
from triage.policy.put_back import MISDATED
from triage.policy.terms import ProductLine

WINDOW_WORDS: dict[WindowName, str] = {
    "support_hours": "support hours",
    "evening": "evening",
    "overnight": "overnight",
    "other": "weekend/closure",
}
RATE_WORDS: dict[str, str] = {
    "after_hours": "after-hours rate",
    "standard": "standard rate",
    "prepaid": "prepaid rate",
    "credit_overage": "rate over the credits",
    "remote_day": "remote day rate",
    "on_site_day": "on-site day rate",
    "expenses": "expenses passed on",
    "not_billed": "not billed",
}
PRODUCT_WORDS: dict[ProductLine, str] = {
    "emg": "eMG",
    "ucp": "UCP",
    "application": "Application",
    "server": "Server",
    "discontinued": "Discontinued product",
    "unknown": "",  # nothing was keyed
}
FLAG_WORDS = {
    "emergency": "EMERGENCY",
    "not_attested": "Not attested",
    "not_supported": "Not supported",
    "deferred": "Deferred",
    "hang_up": "Hang-up",
    "no_recording": "No words recorded",
    "little_said": "Near silence",
    "blocked": "Blocked number",
    "nobody_to_call": "Nobody to call",
    DOUBTFUL_PIN: "Doubtful PIN",
    MISDATED: "Dated by a wrong clock",
}
LANGUAGE_WORDS = {"es": "Spanish"}
"""Languages of callers that an alert names: whoever calls back has to speak them."""
