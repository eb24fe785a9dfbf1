"""How the product writes values for programs: instants, money, JSON."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any


def iso(at: datetime) -> str:
    """An instant as the product's JSON writes it: UTC, with Z."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def plain(value: Any) -> str:
    """What JSON has no form for."""
    if isinstance(value, datetime):
        return iso(value)
    if isinstance(value, Decimal):
        return f"{value:.2f}"
    return str(value)


def as_json(document: Any) -> str:
    """ASCII only: what callers wrote may hold characters that move a terminal's cursor."""
    return json.dumps(document, default=plain, indent=2)
