"""A real mail server in the tests' process: what it took, and what it answers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from ssl import SSLContext
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

from tests.support.live import free_port

TAKEN = "250 OK"


class MailServer:
    """Takes every letter, unless `answers` says otherwise, one for each attempt; `knows` are user and password."""

    def __init__(self) -> None:
        self.letters: list[EmailMessage] = []
        self.recipients: list[list[str]] = []
        self.answers: list[str] = []
        self.refused: set[str] = set()
        self.url = ""

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any
    ) -> str:
        if address in self.refused:
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)
        return TAKEN

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        answer = self.answers.pop(0) if self.answers else TAKEN
        if answer == TAKEN:
            self.letters.append(message_from_bytes(envelope.content, policy=policy.default))
            self.recipients.append(list(envelope.rcpt_tos))
        return answer


@contextmanager
def mail_server(
    knows: tuple[str, str] | None = None,
    *,
    host: str = "127.0.0.1",
    tls: SSLContext | None = None,
    is_tls_at_once: bool = False,
) -> Iterator[MailServer]:
    """A server on loopback until the end of the block.

    With `tls` it takes nothing before STARTTLS, or is TLS at once. Other hosts than 127.0.0.1, such as 127.0.0.2,
    count as other machines.
    """
    server = MailServer()

    def is_known(_server: Any, _session: Any, _envelope: Any, _mechanism: str, given: LoginPassword) -> AuthResult:
        return AuthResult(success=knows == (given.login.decode(), given.password.decode()), handled=False)

    how: dict[str, Any] = {}
    if tls:
        how = {"ssl_context": tls} if is_tls_at_once else {"tls_context": tls, "require_starttls": True}
    if knows:
        how |= {"authenticator": is_known, "auth_required": True, "auth_require_tls": "tls_context" in how}
    port = free_port()
    controller = Controller(server, hostname=host, port=port, **how)
    controller.start()
    server.url = f"{'smtps' if is_tls_at_once else 'smtp'}://{host}:{port}"
    try:
        yield server
    finally:
        controller.stop()
