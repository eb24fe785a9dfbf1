"""The audio on disk: each file is there whole or not at all, and only its owner may read it."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from triage.errors import FolderUnusable

LEAST_FREE_BYTES = 256 * 1024 * 1024
"""Recordings leave this much of the disk alone: the database may lie on it too."""

_CHUNK = 1024 * 1024


def no_room() -> str:
    """What people are told where that rule refuses, and not the disk itself."""
    return f"{LEAST_FREE_BYTES // 1024**2} MiB of the disk have to stay free; make room there"


@dataclass(frozen=True, slots=True)
class Contents:
    """What a file holds: its SHA-256, in hexadecimal, and its size in bytes."""

    sha256: str
    size: int


class Sink:
    """Takes bytes on their way into a file and counts and hashes them."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._hash = hashlib.sha256()
        self._size = 0

    def write(self, chunk: bytes) -> None:
        self._file.write(chunk)
        self._hash.update(chunk)
        self._size += len(chunk)

    @property
    def size(self) -> int:
        return self._size

    def contents(self) -> Contents:
        return Contents(self._hash.hexdigest(), self._size)


class RecordingFolder:
    """One folder, flat; names are given by us. Raises FolderUnusable where the disk does not do as it should."""

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()

    def keep(self, name: str, fill: Callable[[Sink], bool]) -> Contents | None:
        """Write a file by `fill`, durably, in place of one of that name.

        Where `fill` returns False or raises, nothing is kept; None in the first case.
        """
        final = self.file(name)
        with _our_errors(self.path):
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            for left in self.path.glob(f".{name}.*"):  # by a process that died
                left.unlink(missing_ok=True)
            if self.free_bytes() < LEAST_FREE_BYTES:
                raise FolderUnusable(f"{self.path}: {no_room()}")
            descriptor, unfinished = tempfile.mkstemp(prefix=f".{name}.", dir=self.path)  # with mode 0600
            try:
                with os.fdopen(descriptor, "wb") as file:
                    sink = Sink(file)
                    if not fill(sink):
                        return None
                    file.flush()
                    os.fsync(file.fileno())
                Path(unfinished).replace(final)
                self._make_durable()
            finally:
                Path(unfinished).unlink(missing_ok=True)
            return sink.contents()

    def keep_aside(self, name: str, ending: str) -> None:
        """Keep what is there under the name with this ending too; nothing where there is no such file."""
        with _our_errors(self.path):
            stay_as(self.file(name), self.path / f"{name}.{ending}")

    def contents(self, name: str) -> Contents | None:
        """What the disk holds under a name now; None where there is no such file."""
        with _our_errors(self.path):
            try:
                with self.file(name).open("rb") as file:
                    digest = hashlib.sha256()
                    while chunk := file.read(_CHUNK):
                        digest.update(chunk)
                    return Contents(digest.hexdigest(), file.tell())
            except FileNotFoundError:
                return None

    def read(self, name: str) -> bytes:
        """The whole of a file: a message is a few megabytes at the most."""
        with _our_errors(self.path):
            return self.file(name).read_bytes()

    def remove(self, name: str) -> None:
        """Take a file away for good; nothing where it is gone already."""
        with _our_errors(self.path):
            self.file(name).unlink(missing_ok=True)
            if self.path.exists():
                self._make_durable()

    def file(self, name: str) -> Path:
        """Where a file of this name lies, whether it is there or not."""
        if not re.fullmatch(r"[0-9a-z-]+\.wav", name):
            raise FolderUnusable(f"{name!r} is not the name of a recording")
        return self.path / name

    def try_out(self) -> None:
        """Write a file and take it away. A folder that is not there yet is tried where it will be, and not made."""
        there = next(folder for folder in (self.path, *self.path.absolute().parents) if folder.exists())
        with _our_errors(self.path), tempfile.TemporaryFile(dir=there) as file:
            file.write(b"afterhours")
            file.flush()
            os.fsync(file.fileno())

    def free_bytes(self) -> int:
        return shutil.disk_usage(self.path).free

    def _make_durable(self) -> None:
        """A name is on the disk only once its folder is."""
        descriptor = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def stay_as(path: Path, other: Path) -> None:
    """Give what is there another name, before it is replaced; nothing where it is not there.

    Where the disk can, it has both names until then: whoever dies in between leaves it where it was.
    """
    try:
        other.hardlink_to(path)
    except FileNotFoundError:
        return
    except FileExistsError:
        raise
    except OSError:
        path.rename(other)


@contextmanager
def _our_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise FolderUnusable(f"{path}: {error.strerror or type(error).__name__}") from error
