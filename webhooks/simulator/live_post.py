"""Webhooks over the network, for the simulator as a process."""

from __future__ import annotations

from threading import local

import requests

from webhooks.simulator.posting import Answer

CONNECT_SECONDS, READ_SECONDS = 5, 10  # together Twilio's 15


class LivePost:
    """A `post` for PhoneSystem over HTTP; a connection of its own for each thread, and never through a proxy."""

    def __init__(self, read_seconds: float = READ_SECONDS) -> None:
        self._mine = local()
        self._timeouts = (CONNECT_SECONDS, read_seconds)

    def close(self) -> None:
        """Close this thread's connections."""
        self._session().close()

    def __call__(self, url: str, form: dict[str, str] | None, headers: dict[str, str]) -> Answer:
        method = "GET" if form is None else "POST"
        try:
            answer = self._session().request(
                method, url, data=form, headers=headers, timeout=self._timeouts, allow_redirects=False
            )
        except requests.ReadTimeout as error:
            raise TimeoutError(url) from error
        except requests.RequestException as error:
            raise ConnectionError(url) from error
        return Answer(answer.status_code, answer.text, answer.headers.get("Content-Type", ""), answer.content)

    def _session(self) -> requests.Session:
        if not hasattr(self._mine, "session"):
            self._mine.session = requests.Session()
            self._mine.session.trust_env = False
        session: requests.Session = self._mine.session
        return session
