"""A database to back up and to restore, with the commands on it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from click.testing import Result
from freezegun.api import FrozenDateTimeFactory

from triage.store.engine import Store

STEM = "afterhours-20261121T023501Z"


class Night:
    """Those two cases, and the commands on their database. The scheduler was stopped five minutes ago."""

    def __init__(self, run: Callable[..., Result], clock: FrozenDateTimeFactory, folder: Path) -> None:
        self.database, self.folder, self.clock, self._run = folder / "live.db", folder, clock, run
        clock.move_to("2026-11-21T02:35:01")

    def run(self, *arguments: str, **settings: str) -> Result:
        where = {"database_url": f"sqlite:///{self.database}", "recordings_dir": f"{self.folder}/audio"}
        return self._run(*arguments, **{"backup_dir": f"{self.folder}/backups", **where, **settings})

    def write(self) -> None:
        """Somebody works on."""
        store = Store(f"sqlite:///{self.database}")
        with store.write() as tx:
            tx.record("noted", at=self.now, actor="system", case_id=1, text="more")
        store.close()

    @property
    def now(self) -> datetime:
        return self.clock().replace(tzinfo=UTC)
