"""I16 while it runs: no line of the log, debug lines among them, holds a whole number in whatever spelling, a token, a
PIN, or the words or the name of a caller.

Lines are read as they are made, before anything is masked; with their tracebacks, as the daemon prints them.
"""

from __future__ import annotations

import logging
import re
import traceback
from base64 import b64encode
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from functools import partial
from itertools import pairwise
from typing import Any
from urllib.parse import quote, quote_plus

import structlog

from config.settings import SIMULATED_ACCOUNT
from tests.simulation.house import OUR_NUMBER, TOKEN
from tests.simulation.roster import PHONES
from tests.simulation.traffic import ABROAD, AT_HOME, NAMES, PINS, TEXTS, WORDS

_ANY_NUMBER = re.compile(r"\+[1-9]\d{7,14}(?!\d)")
_SPOKEN = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_KNOWN = re.compile("|".join(sorted({number[-10:] for number in (*AT_HOME, *ABROAD, *PHONES, OUR_NUMBER)})))
_PIN = re.compile(rf"(?<![0-9a-f])(?:{'|'.join(PINS.values())})(?![0-9a-f])")
_BASIC = b64encode(f"{SIMULATED_ACCOUNT}:{TOKEN}".encode()).decode()
_TOKENS = (TOKEN, quote(TOKEN), quote_plus(TOKEN), _BASIC)
_FREE = (WORDS, *(text for text in TEXTS if text.count(" ") > 1))
_WORDS = {" ".join((*pair, last)) for words in _FREE for (pair, (_, last)) in pairwise(pairwise(words.split()))}
_HELD = tuple(
    held.lower() for held in (*_TOKENS, *sorted(_WORDS), *(part for name in NAMES for part in name.split()[1:]))
)
_LOUDER = {"apscheduler", "alembic", "twilio", "werkzeug", "urllib3", "waitress.queue"}
"""Libraries of which the daemon writes warnings only: see config/logging.py."""


def tells(said: str) -> bool:
    """Whether a line holds what it must not."""
    lower = said.lower()
    digits = re.sub("|".join(_SPOKEN), lambda word: str(_SPOKEN.index(word[0])), lower)
    return bool(
        _ANY_NUMBER.search(said)
        or _KNOWN.search(re.sub(r"[^0-9a-z]", "", digits))
        or _PIN.search(lower)
        or any(held in lower for held in _HELD)
    )


@contextmanager
def listen() -> Iterator[list[str]]:
    """Read what would be logged, and write nothing. Yields the names of the lines that tell too much."""
    before, root, told = structlog.get_config(), logging.getLogger(), list[str]()
    levels = {name: logging.getLogger(name).level for name in _LOUDER}
    root_was, ear = (root.level, root.handlers[:]), _Ear(told)
    structlog.configure(
        processors=[partial(_read, told)],
        wrapper_class=structlog.make_filtering_bound_logger(logging.NOTSET),
        cache_logger_on_first_use=False,
    )
    root.setLevel(logging.INFO)
    root.handlers[:] = [ear]
    for name in _LOUDER:
        logging.getLogger(name).setLevel(logging.WARNING)
    try:
        yield told
    finally:
        structlog.configure(**before)
        root.setLevel(root_was[0])
        root.handlers[:] = root_was[1]
        for name, level in levels.items():
            logging.getLogger(name).setLevel(level)


class _Ear(logging.Handler):
    """Hears what libraries log."""

    def __init__(self, told: list[str]) -> None:
        super().__init__()
        self._told = told

    def emit(self, record: logging.LogRecord) -> None:
        raised = "".join(traceback.format_exception(record.exc_info[1])) if record.exc_info else ""
        if tells(f"{record.getMessage()} {raised}"):
            self._told.append(f"{record.name}: {record.msg}")


def _read(told: list[str], logger: Any, method: str, line: MutableMapping[str, Any]) -> Any:
    name = str(line["event"])
    if tells(str(structlog.processors.format_exc_info(logger, method, line))):
        told.append(name)
    raise structlog.DropEvent
