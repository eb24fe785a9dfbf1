"""A row that is written at once is the session's own, and a server keeps the statements that it was prepared for."""

from __future__ import annotations

from sqlalchemy import text

from triage.store import calls
from triage.store.engine import Store
from triage.store.heard import Heard, heard
from triage.store.models import Call, Heartbeat

CALL, RECORDING, LENA = "CA1", "RE1", "+16145550142"
PREPARED_AFTER = 5
"""Uses of a statement, after which the driver has it prepared."""


def test_a_row_that_is_added_is_known_and_changes_of_it_are_written(store: Store) -> None:
    with store.write() as tx:
        call = calls.write_down(tx.session, CALL, language="en", from_number=LENA)
        assert tx.session.get(Call, CALL) is call
        assert not tx.session.dirty | tx.session.new
        call.status = "completed"

    with store.read() as session:
        kept = session.get_one(Call, CALL)
        assert (kept.from_number, kept.status, kept.callback_number) == (LENA, "completed", None)


def test_a_call_that_is_not_written_yet_is_heard_of(store: Store) -> None:
    with store.write() as tx:
        calls.of_sid(tx.session, CALL, language="en")

        assert heard(tx.session, RECORDING, CALL, LENA) == Heard(None, has_call=True, is_waiting=False)


def test_what_postgresql_has_prepared_outlives_a_read(postgres_store: Store) -> None:
    for _ in range(PREPARED_AFTER + 1):
        with postgres_store.read() as session:
            session.get(Heartbeat, "sweep")

    with postgres_store.connection() as connection:
        assert connection.scalar(
            text("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%heartbeats%'")
        )
