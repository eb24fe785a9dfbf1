"""Letters over a real mail server."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest
import trustme

from tests.support.mail_server import mail_server
from triage.errors import TransportError
from triage.policy.monthly_report import Letter
from triage.transports.smtp import Smtp

LETTER = Letter(
    to="dana@example.com",
    subject="Promises kept in November 2026: 94.0%",
    body="Grüße\n",
    message_id="<a@example.com>",
    attachments=(("a.pdf", "application/pdf", b"%PDF"),),
)


KNOWN = ("user", "word")
ELSEWHERE = "127.0.0.2"
"""Loopback, but not the name of this machine: nothing goes there unencrypted."""


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> trustme.CA:
    """Who signs certificates that this machine trusts."""
    found = trustme.CA()
    found.cert_pem.write_to_path(tmp_path / "ca.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    return found


def shows(authority: trustme.CA, name: str) -> ssl.SSLContext:
    """What a server of that name shows."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert(name).configure_cert(context)
    return context


def send(url: str) -> None:
    Smtp(url, "afterhours@example.com").send(LETTER)


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
@pytest.mark.parametrize("at_once", [False, True])
def test_a_letter_to_another_machine_goes_out_and_signs_in_over_tls(*, at_once: bool, authority: trustme.CA) -> None:
    with mail_server(KNOWN, host=ELSEWHERE, tls=shows(authority, ELSEWHERE), is_tls_at_once=at_once) as server:
        address = server.url.replace("//", "//user:word@")
        Smtp(address, "afterhours@example.com").check()
        send(address)

    assert [letter["Subject"] for letter in server.letters] == [LETTER.subject]


@pytest.mark.parametrize("at_once", [False, True])
def test_nothing_goes_to_a_server_whose_certificate_is_anothers_or_nobodys(
    *, at_once: bool, authority: trustme.CA
) -> None:
    for context in (shows(authority, "mail.example.com"), shows(trustme.CA(), ELSEWHERE)):
        refusal = pytest.raises(TransportError, match="the certificate of the mail server does not hold: ")
        with mail_server(host=ELSEWHERE, tls=context, is_tls_at_once=at_once) as server, refusal as refused:
            send(server.url)
        assert (server.letters, refused.value.permanent) == ([], False)


def test_nothing_goes_to_another_machine_that_does_not_turn_to_tls() -> None:
    with mail_server(host=ELSEWHERE) as server, pytest.raises(TransportError, match="STARTTLS extension not supported"):
        send(server.url)

    assert server.letters == []


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
def test_a_letter_arrives_as_it_was_written_for_whom_the_server_knows() -> None:
    with mail_server(knows=("us@er", "p:ss/word")) as server:
        address = server.url.replace("//", "//us%40er:p%3Ass%2Fword@")
        Smtp(address, "afterhours@example.com").check()
        Smtp(address, "afterhours@example.com").send(LETTER)
        with pytest.raises(TransportError, match="refused our credentials") as refused:
            Smtp(server.url.replace("//", "//us%40er:wrong@"), "afterhours@example.com").send(LETTER)

    (arrived,) = server.letters
    assert server.recipients == [["dana@example.com"]]
    assert (arrived["From"], arrived["Subject"]) == ("afterhours@example.com", LETTER.subject)
    assert (arrived["Message-ID"], arrived["Auto-Submitted"]) == ("<a@example.com>", "auto-generated")
    body, attached = arrived.iter_parts()
    assert body.get_content().strip() == "Grüße"
    assert (attached.get_filename(), attached.get_content()) == ("a.pdf", b"%PDF")
    assert not refused.value.permanent


def test_a_recipient_who_is_refused_stays_so_and_all_else_may_pass() -> None:
    with mail_server() as server:
        server.refused.add("dana@example.com")
        with pytest.raises(TransportError, match=r"refused the recipient \(550\)") as refused:
            Smtp(server.url, "afterhours@example.com").send(LETTER)
        server.refused.clear()
        server.answers.append("451 later")
        with pytest.raises(TransportError, match="answered 451") as later:
            Smtp(server.url, "afterhours@example.com").send(LETTER)
    with pytest.raises(TransportError, match="cannot be used") as gone:
        Smtp(server.url, "afterhours@example.com").check()

    assert [error.value.permanent for error in (refused, later, gone)] == [True, False, False]
    assert "dana" not in str(refused.value)
