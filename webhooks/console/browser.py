"""Where a request comes from, as its owner would say it: "Firefox on Android"."""

from __future__ import annotations

import re

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
_WITH_PORT = re.compile(r"\[(?P<v6>[0-9a-fA-F:.]+)\](?::\d+)?|(?P<v4>\d+(?:\.\d+){3}):\d+")
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
    """Of the network, as far as the proxies that are trusted tell; some name the port too, which is cut off."""
    told = request.remote_addr or "unknown"
    found = _WITH_PORT.fullmatch(told)
    return (found["v6"] or found["v4"]) if found else told


def name_of(agent: str) -> str:
    """A browser by its User-Agent, which anybody can forge: for people to recognise their own, nothing else."""
    shows = next((name for mark, name in _BROWSERS if mark in agent), "A browser")
    runs_on = next((name for mark, name in _SYSTEMS if mark in agent), None)
    return f"{shows} on {runs_on}" if runs_on else shows
