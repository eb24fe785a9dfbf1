"""A file beside the database that is there to be taken away: the room that is left when the disk has none."""

from __future__ import annotations

import os
from pathlib import Path


class Ballast:
    """Of a SQLite database. Nothing here raises: whoever watches the disk looks again in seconds."""

    def __init__(self, database: Path) -> None:
        self.path = database.with_name(f"{database.name}.ballast")

    def size(self) -> int:
        """Bytes that are laid by now."""
        try:
            return self.path.stat().st_size
        except OSError:
            return 0

    def lay(self, size: int) -> bool:
        """Take up so many bytes of the disk, in earnest; whether they are."""
        try:
            descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            try:
                os.posix_fallocate(descriptor, 0, size)
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
        except OSError:
            self.release()
            return False
        return True

    def release(self) -> bool:
        """Give the room back; whether there was any."""
        try:
            self.path.unlink()
        except OSError:
            return False
        return True
