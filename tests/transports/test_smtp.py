"""Letters over a real mail server."""

from __future__ import annotations

import pytest

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
