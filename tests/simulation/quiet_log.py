"""I16 while it runs: no line of the log holds a whole number, a token, or words of a caller."""

from __future__ import annotations

import re
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from typing import Any

import structlog

from tests.simulation.house import TOKEN, Broken
from tests.simulation.traffic import WORDS

_NUMBER = re.compile(r"\+1\d{10}")


@contextmanager
def listen() -> Iterator[None]:
    """Read what would be logged, and write nothing."""
    before = structlog.get_config()
    structlog.configure(processors=[_read], cache_logger_on_first_use=False)
    try:
        yield
    finally:
        structlog.configure(**before)


def _read(_logger: Any, _method: str, line: MutableMapping[str, Any]) -> Any:
    said = f"{line} {line.get('exc_info')!r}"
    if _NUMBER.search(said) or TOKEN in said or WORDS in said:
        raise Broken(f"I16: a log line holds what it must not: {line['event']}")
    raise structlog.DropEvent
