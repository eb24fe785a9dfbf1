"""`afterhours report mail`: the monthly report by hand."""

from __future__ import annotations

from tests.cli.conftest import Run, document
from tests.support.mail_server import mail_server


def test_whom_a_letter_failed_for_is_told_and_the_command_fails(run: Run) -> None:
    with mail_server() as server:
        server.refused.add("old@example.com")
        settings = {"smtp_url": server.url, "mail_from": "afterhours@example.com"}
        command = ("report", "mail", "--month", "2026-10", "--to")

        sent = run(*command, "new@example.com", **settings)
        failed = run(*command, "old@example.com", **settings)
        listed = run(*command, "old@example.com", "--json", **settings)

    assert (sent.exit_code, sent.stdout) == (0, "sent 1 letter\n")
    refusal = "the mail server refused the recipient (550)"
    assert (failed.exit_code, failed.stdout) == (1, f"sent 0 letters\nnot sent to old@example.com: {refusal}\n")
    assert document(listed) == {
        "month": "2026-10",
        "sent": 0,
        "failed": [{"to": "old@example.com", "reason": refusal}],
    }
