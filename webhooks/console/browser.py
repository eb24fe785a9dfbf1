"""Where a request comes from, as its owner would say it: "Firefox on Android"."""

from __future__ import annotations

from flask import request

from triage.services.sign_in import Browser

_BROWSERS = (  # most name others too, so the order counts
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Macintosh", "Mac"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


def browser() -> Browser:
    return Browser(address=address(), name=name_of(request.headers.get("User-Agent", "")))


def address() -> str:
    """Of the network, as far as the proxies that are trusted tell."""
    return request.remote_addr or "unknown"


def name_of(agent: str) -> str:
    """A browser by its User-Agent, which anybody can forge: for people to recognise their own, nothing else."""
    shows = next((name for mark, name in _BROWSERS if mark in agent), "A browser")
    runs_on = next((name for mark, name in _SYSTEMS if mark in agent), None)
    return f"{shows} on {runs_on}" if runs_on else shows
