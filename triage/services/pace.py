"""Very much to write, in parts so short that whoever else writes, a voicemail above all, waits a moment only."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from time import monotonic, sleep
from typing import TypeVar

Each = TypeVar("Each")

MOST = 250
_FEWEST = 100
"""What each transaction costs by itself: fewer at once take up to three times the processor for each."""
_PART_TAKES_SECONDS = 0.1
_GIVES_WAY_SECONDS = 0.02
"""Time for several voicemails: one of 3 ms, just longer than SQLite's writers sleep between two looks, let in one."""


class Pace:
    """Goes by how long the last part took, on this machine and at this moment."""

    def __init__(self) -> None:
        self._size = _FEWEST

    def parts(self, every: Sequence[Each]) -> Iterator[Sequence[Each]]:
        """The next part is asked for once the one before it is written; before it comes, others may write."""
        first = 0
        while first < len(every):
            part, began = every[first : first + self._size], monotonic()
            yield part
            first += len(part)
            self._size = next_size(len(part), monotonic() - began)
            if first < len(every):
                sleep(_GIVES_WAY_SECONDS)


def next_size(size: int, took_seconds: float) -> int:
    """How many take as long as a part may, where so many took so long."""
    fits = int(size * _PART_TAKES_SECONDS / took_seconds) if took_seconds else MOST
    return max(_FEWEST, min(MOST, fits))
