"""systemd starts the web server anew only where a restart helps."""

from __future__ import annotations

import pytest

from tests.support.wire import Wire
from webhooks.watchdog import Watchdog


@pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")  # of sdnotify, where no systemd listens
def test_its_watchdog_starves_while_a_write_of_its_hangs(sqlite_wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = sqlite_wire.program.desk
    watchdog = Watchdog(desk)
    before = watchdog.look()
    monkeypatch.setattr("triage.store.under_way.monotonic", lambda: 0.0)
    with desk.store.write():
        monkeypatch.setattr("triage.store.under_way.monotonic", lambda: 61.0)
        during = watchdog.look()

    assert (before, during, watchdog.look()) == (True, False, True)
