"""The heartbeat to an address outside, as Healthchecks and what is compatible with it take it."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from urllib.parse import urlsplit

from triage.errors import TransportError
from triage.transports.answer_date import date_of

_TIMEOUTS = (5.0, 10.0)
"""Seconds to connect, and until the next bytes of an answer."""

_LONGEST_SECONDS = 20.0
"""For everything; a server that sends a byte now and then would stop all heartbeats else."""


class HttpHeartbeat:
    """One address; what follows its host is a secret, and stands in no log and no error.

    Nothing personal is sent. A redirect is not followed: the secret is for this host alone.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self.where = urlsplit(url).hostname or ""

    def passed(self) -> datetime | None:
        """Say that all is well. Returns the time that the answer names. Raises TransportError."""
        return self._send("GET", self._url)

    def failed(self, findings: int) -> datetime | None:
        """Say that so many things are wrong. As `passed`."""
        return self._send("POST", f"{self._url}/fail", str(findings))

    def check(self) -> None:
        """Reach the host, without telling it anything. Raises TransportError."""
        parts = urlsplit(self._url)
        self._ask("HEAD", f"{parts.scheme}://{parts.netloc}/")

    def _send(self, method: str, url: str, body: str | None = None) -> datetime | None:
        status, date = self._ask(method, url, body)
        if status // 100 != HTTPStatus.OK // 100:
            raise TransportError(f"it answered {status}", permanent=False)
        return date_of(date)

    def _ask(self, method: str, url: str, body: str | None = None) -> tuple[int, str | None]:
        import requests  # noqa: PLC0415 - large, and only the scheduler sends

        from triage.transports.in_time import watch, within  # noqa: PLC0415 - as above

        try:
            with within(_LONGEST_SECONDS), requests.Session() as session:
                watch(session)
                with session.request(
                    method, url, data=body, headers={"User-Agent": "afterhours"}, timeout=_TIMEOUTS,
                    allow_redirects=False, stream=True,  # the body is not read, however long
                ) as answer:  # fmt: skip
                    return answer.status_code, answer.headers.get("Date")
        except requests.exceptions.SSLError:
            raise TransportError("its certificate does not hold", permanent=False) from None
        except requests.Timeout:
            raise TransportError("it did not answer in time", permanent=False) from None
        except requests.RequestException as error:
            raise TransportError(f"it cannot be reached ({type(error).__name__})", permanent=False) from None
