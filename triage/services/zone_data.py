"""Which time-zone data this process uses: that of the system, or of the package `tzdata` where it is newer."""

from __future__ import annotations

import os
import zoneinfo
from dataclasses import dataclass
from pathlib import Path

import tzdata

_VERSION_FILE = "tzdata.zi"
_BEGINS = "# version "


@dataclass(frozen=True, slots=True)
class ZoneData:
    """`version` is IANA's, like 2026f; None where the files do not tell. `place` is where they are."""

    version: str | None
    place: str

    def __str__(self) -> str:
        return f"{self.version or 'of unknown version'}, {self.place}"


def package() -> ZoneData:
    return ZoneData(tzdata.IANA_VERSION, "the package tzdata")


def in_use(zone: str) -> ZoneData:
    """What a zone is read from, as zoneinfo looks for it: the system's folders first, then the package."""
    folder = next((Path(path) for path in zoneinfo.TZPATH if (Path(path) / zone).is_file()), None)
    return package() if folder is None else ZoneData(_version_in(folder), str(folder))


def use_newest(zone: str) -> None:
    """Read the package from now on where it is newer than the system, unless PYTHONTZPATH says where to read.

    To be called before the first zone is read: what was read stays as it is.
    """
    if "PYTHONTZPATH" not in os.environ and (in_use(zone).version or "") < tzdata.IANA_VERSION:
        zoneinfo.reset_tzpath(())


def _version_in(folder: Path) -> str | None:
    try:
        with (folder / _VERSION_FILE).open() as file:
            line = file.readline(100).strip()
    except (OSError, UnicodeDecodeError):
        return None
    return line.removeprefix(_BEGINS) if line.startswith(_BEGINS) else None
