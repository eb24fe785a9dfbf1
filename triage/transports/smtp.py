"""E-mail by SMTP: the only home of smtplib."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from email.utils import formatdate
from typing import Any
from urllib.parse import unquote, urlsplit

from triage.errors import TransportError
from triage.policy.monthly_report import Letter

_TIMEOUT_SECONDS = 30
_LONGEST_SECONDS = 180.0
"""For everything: a greeting may have lines without end."""

_PORTS = {"smtp": 587, "smtps": 465}
_OWN_MACHINE = frozenset({"127.0.0.1", "::1", "localhost"})


class _Server(smtplib.SMTP):
    def _get_socket(self, *where: Any) -> Any:
        from triage.transports.in_time import watch_socket  # noqa: PLC0415 - it is large, and few processes send

        connected = super()._get_socket(*where)  # type: ignore[misc] # it is where the library lets others connect
        watch_socket(connected)
        return connected


class _EncryptedServer(smtplib.SMTP_SSL):
    def _get_socket(self, *where: Any) -> Any:
        from triage.transports.in_time import watch_socket  # noqa: PLC0415 - it is large, and few processes send

        connected = super()._get_socket(*where)  # type: ignore[misc]
        watch_socket(connected)
        return connected


class Smtp:
    """One mail server: `smtp://user:password@host:587`, which turns to TLS, or `smtps://`, which is TLS at once.

    Nothing goes unencrypted to another machine; with a server on this one `smtp://` stays plain.
    """

    def __init__(self, url: str, sender: str) -> None:
        parts = urlsplit(url)
        self._is_tls = parts.scheme == "smtps"
        self._host = parts.hostname or ""
        self._port = parts.port or _PORTS[parts.scheme]
        self._user = unquote(parts.username or "")
        self._password = unquote(parts.password or "")
        self._sender = sender

    @property
    def where(self) -> str:
        """The server, without credentials."""
        return f"{self._host}:{self._port}"

    def send(self, letter: Letter) -> None:
        """Hand a letter over to the server. Raises TransportError; a letter may have gone out all the same."""
        with self._connected() as server:
            server.send_message(self._written(letter))

    def check(self) -> None:
        """Connect and sign in. Raises TransportError."""
        with self._connected():
            pass

    @contextmanager
    def _connected(self) -> Iterator[smtplib.SMTP]:
        from triage.transports.in_time import within  # noqa: PLC0415 - it is large, and few processes send

        try:
            with within(_LONGEST_SECONDS), self._connect() as server:
                if self._user:
                    server.login(self._user, self._password)
                yield server
        except smtplib.SMTPRecipientsRefused as error:
            code = max(code for code, _ in error.recipients.values())
            raise TransportError(f"the mail server refused the recipient ({code})", permanent=code >= 500) from None
        except smtplib.SMTPAuthenticationError as error:
            told = f"the mail server refused our credentials ({error.smtp_code})"
            raise TransportError(told, permanent=False) from None
        except smtplib.SMTPResponseException as error:
            raise TransportError(f"the mail server answered {error.smtp_code}", permanent=False) from None
        except smtplib.SMTPNotSupportedError as error:
            raise TransportError(f"the mail server is of no use: {str(error).rstrip('.')}", permanent=False) from None
        except ssl.SSLCertVerificationError as error:
            told = f"the certificate of the mail server does not hold: {error.verify_message.rstrip('.')}"
            raise TransportError(told, permanent=False) from None
        except (OSError, smtplib.SMTPException) as error:
            raise TransportError(f"the mail server cannot be used ({type(error).__name__})", permanent=False) from None

    def _connect(self) -> smtplib.SMTP:
        if self._is_tls:
            context = ssl.create_default_context()
            return _EncryptedServer(self._host, self._port, timeout=_TIMEOUT_SECONDS, context=context)
        server = _Server(self._host, self._port, timeout=_TIMEOUT_SECONDS)
        try:
            server.ehlo()
            if self._host not in _OWN_MACHINE:
                server.starttls(context=ssl.create_default_context())
                from triage.transports.in_time import watch_socket  # noqa: PLC0415 - it is large, and few processes send

                watch_socket(server.sock)
        except BaseException:
            server.close()
            raise
        return server

    def _written(self, letter: Letter) -> EmailMessage:
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = self._sender, letter.to, letter.subject
        message["Message-ID"] = letter.message_id
        message["Date"] = formatdate(usegmt=True)
        message["Auto-Submitted"] = "auto-generated"  # no automatic answers, RFC 3834
        message.set_content(letter.body)
        for name, media_type, content in letter.attachments:
            main, _, sub = media_type.partition("/")
            message.add_attachment(content, maintype=main, subtype=sub, filename=name)
        return message
