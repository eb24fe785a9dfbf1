"""Python's collector of garbage while a process starts."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without_collecting() -> Iterator[None]:
    """For the imports of a process: they make 140,000 objects that stay as long as it does.

    To look through those again and again takes a seventh of the imports; and what is there at the end is never looked
    through later, when a caller would wait for it.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
