"""Disks that are full or cannot be written, in earnest. Mounting one is root's; as anybody else such tests skip."""

from __future__ import annotations

import os
import resource
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

_BLOCK = 64 * 1024


class SmallDisk:
    """A file system of its own, in memory, which others can fill up."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._filling = path / "what-others-wrote"

    def fill(self) -> None:
        """Somebody else takes the last byte."""
        with self._filling.open("ab", buffering=0) as file, suppress(OSError):
            while True:
                file.write(b"\0" * _BLOCK)
        with self._filling.open("ab", buffering=0) as file, suppress(OSError):
            while True:
                file.write(b"\0" * 512)

    def free(self) -> None:
        """Somebody makes room."""
        self._filling.unlink()

    @contextmanager
    def read_only(self) -> Iterator[None]:
        """Nothing below can be opened for writing, as after a disk's error; what is open can be written on."""
        _run("mount", "--bind", str(self.path), str(self.path))
        _run("mount", "-o", "remount,bind,ro", str(self.path))
        try:
            yield
        finally:
            _run("umount", "--lazy", str(self.path))  # a file below is open still


@contextmanager
def small_disk(path: Path, megabytes: int) -> Iterator[SmallDisk]:
    path.mkdir()
    try:
        _run("mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "afterhours-test", str(path))
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("no file system can be mounted here: that is root's")
    try:
        yield SmallDisk(path)
    finally:
        _run("umount", "--lazy", str(path))


@contextmanager
def failing_writes() -> Iterator[None]:
    """Every write into a file of this process fails (EFBIG), which SQLite takes for a fault of the disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True, env={**os.environ, "LC_ALL": "C"})
