"""What else an account at Twilio is like: its standing, registrations and permissions."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Standing:
    """May be changed, as in Twilio's console. `campaigns` is None where our number is in no messaging service; one that
    `defers` leaves texts to the number's own webhook."""

    status: str = "active"
    kind: str = "Full"
    balance: str = "50.00"
    verified: list[str] = field(default_factory=list)
    campaigns: list[str] | None = field(default_factory=lambda: ["VERIFIED"])
    defers: bool = True
    toll_free: str | None = None
    no_calls_to: set[str] = field(default_factory=set)
    no_texts_to: set[str] = field(default_factory=set)
