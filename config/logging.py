"""Logs as events: a constant name, ids in fields, JSON unless a person watches. No phone numbers, no words."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any, Literal

import structlog

_PHONE = re.compile(  # without a plus not the digits of a SID
    r"(?<![0-9A-Za-z])(?:\+\d{5,13}(?=\d{2}(?!\d))|\d{7,13}(?=\d{2}(?![0-9a-fA-F])))(\d{2})"
)
_SECRET_KEYS = frozenset({"body", "text", "transcript", "token", "password", "secret", "authorization"})
_NOT_PHONES = frozenset({"timestamp", "claim", "hash", "request_id"})


def set_up_logging(log_format: Literal["console", "json"] | None) -> None:
    """Send structlog's and everybody else's logs to standard error in one form."""
    is_console = log_format == "console" or (log_format is None and sys.stderr.isatty())
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info if not is_console else _as_it_is,
        mask,
    ]
    # Plain tracebacks: others print the values of local variables, tokens and people's words among them.
    console = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    last = console if is_console else structlog.processors.JSONRenderer()
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = _Handler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, last],
            foreign_pre_chain=shared,
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    for noisy in ("apscheduler", "alembic", "twilio", "werkzeug", "urllib3"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # it warns of every request that waits for a thread


class _Handler(logging.StreamHandler[Any]):
    """A log that cannot be written, on a full disk say, stops nobody; Python would print the line there as it is."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - Python's name
        """Leave the line out."""


def mask(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Take out what must not stand in a log: phone numbers down to two digits, and what people said."""
    for key, value in event.items():
        if key in _SECRET_KEYS:
            event[key] = "***"
        elif isinstance(value, str) and key not in _NOT_PHONES:
            event[key] = _PHONE.sub(r"***\1", value)
        elif isinstance(value, list):
            event[key] = [_PHONE.sub(r"***\1", item) if isinstance(item, str) else item for item in value]
    return event


def _as_it_is(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    return event
