"""The folder of backups: each is a file and its manifest, there whole or not at all. Recordings lie in it once."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from triage.errors import BackupFailed, Refused
from triage.policy.backups import KeptRecording, Manifest, read_manifest
from triage.policy.disks import in_bytes
from triage.store.recording_folder import LEAST_FREE_BYTES, Contents, RecordingFolder, Sink, no_room, stay_as

_CHUNK = 1024 * 1024
_PARTIAL = ".partial"
_COPIES = ("*.db", "*.dump")


class BackupFolder:
    """Raises BackupFailed where the disk does not do as it should."""

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        self.recordings = RecordingFolder(self.path / "recordings")

    @contextmanager
    def alone(self) -> Iterator[None]:
        """One backup at a time. What one that died has left is cleared away."""
        with _our_errors(self.path):
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock = os.open(self.path / ".lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise Refused(f"another backup into {self.path} is under way: wait until it is done") from None
            with _our_errors(self.path):
                self._clear()
            yield
        finally:
            os.close(lock)

    def need_room(self, size: int) -> None:
        """For a copy of so many bytes, and some more: the live database may lie on the same disk."""
        with _our_errors(self.path):
            if shutil.disk_usage(self.path).free < size + LEAST_FREE_BYTES:
                raise BackupFailed(f"{self.path}: beside the copy of {in_bytes(size)}, {no_room()}")

    @contextmanager
    def unfinished(self, name: str) -> Iterator[Path]:
        """Where a copy is written before it is known to be good. Whatever is left of it at the end goes."""
        path = self.path / f".{name}{_PARTIAL}"
        try:
            yield path
        finally:
            for left in self.path.glob(f"{path.name}*"):  # with what SQLite lays beside a file
                left.unlink(missing_ok=True)

    def keep(self, unfinished: Path, manifest: Manifest) -> Path:
        """A copy that is good gets its name, then its manifest, both durably."""
        final, beside = self.path / manifest.file, (self.path / manifest.file).with_suffix(".json")
        with _our_errors(self.path):
            if beside.exists():
                raise Refused(f"{beside} is there already: wait a second, then try again")
            written = self.path / f".{beside.name}{_PARTIAL}"
            try:
                _write(written, manifest.model_dump_json(indent=2).encode())
                _sync(unfinished)
                unfinished.replace(final)
                written.replace(beside)
                _sync(self.path)
            finally:
                written.unlink(missing_ok=True)
        return final

    def stems(self) -> list[str]:
        """Every backup by its name without ending, oldest first."""
        return sorted(path.stem for path in self.path.glob("afterhours-*.json"))

    def newest(self) -> Manifest | None:
        """The manifest of the newest backup; None where there is none that can be read."""
        stems = self.stems()
        try:
            return manifest_beside(self.path / f"{stems[-1]}.json") if stems else None
        except Refused:
            return None

    def remove(self, stems: Sequence[str]) -> None:
        """Take backups away, and the recordings that no other one speaks of."""
        if not stems:
            return
        with _our_errors(self.path):
            for stem in stems:
                (self.path / f"{stem}.json").unlink(missing_ok=True)
            self._clear()
            named: set[str] = set()
            for stem in self.stems():
                try:
                    named.update(one.name for one in manifest_beside(self.path / f"{stem}.json").recordings)
                except Refused:  # it may speak of any of them
                    return
            for path in self.recordings.path.glob("*.wav"):
                if path.name not in named:
                    path.unlink(missing_ok=True)

    def _clear(self) -> None:
        """Whatever has no manifest is no backup: it was not finished, or was being taken away."""
        for path in self.path.glob(f".afterhours-*{_PARTIAL}*"):
            path.unlink(missing_ok=True)
        for pattern in _COPIES:
            for path in self.path.glob(f"afterhours-{pattern}"):
                if not path.with_suffix(".json").exists():
                    path.unlink(missing_ok=True)


def manifest_beside(path: Path) -> Manifest:
    """The manifest of a copy. Raises Refused where it is missing or none of ours."""
    beside = path.with_suffix(".json")
    try:
        if not _is_plain(beside):
            raise Refused(f"the manifest {beside} cannot be read: it is no file")
        return read_manifest(beside.read_text(encoding="utf-8"), beside.name)
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no text"
        raise Refused(f"the manifest {beside} cannot be read: {reason}") from None


def contents_of(path: Path) -> Contents:
    """What a file holds now. Raises BackupFailed where it cannot be read."""
    with _our_errors(path):
        if not _is_plain(path):
            raise BackupFailed(f"{path} is no file")
    with _our_errors(path), path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256")
        return Contents(digest.hexdigest(), file.tell())


def copy_recording(
    source: RecordingFolder, target: RecordingFolder, wanted: KeptRecording, *, aside: str | None = None
) -> bool:
    """Copy a recording, durably. False where the source does not hold it as it should be: then nothing is kept.

    Another one that the target has under that name stays beside it with the ending `aside`, where one is given.
    """

    def fill(sink: Sink) -> bool:
        try:
            path = source.file(wanted.name)
            if not _is_plain(path) or path.stat().st_size != wanted.size:
                return False
            with path.open("rb") as file:
                while sink.size <= wanted.size and (chunk := file.read(_CHUNK)):
                    sink.write(chunk)
        except FileNotFoundError:
            return False
        if sink.contents() != Contents(wanted.sha256, wanted.size):
            return False
        if aside is not None:
            target.keep_aside(wanted.name, aside)
        return True

    return target.keep(wanted.name, fill) is not None


@contextmanager
def copied(copy: Path, target: Path, wanted: Contents) -> Iterator[Path]:
    """A copy beside where a database belongs, to be worked on. What is left of it at the end goes.

    Raises BackupFailed where it is not what is wanted: it may have been changed since it was looked at.
    """
    with _our_errors(target):
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    unfinished = target.with_name(f".{target.name}{_PARTIAL}")
    _clear_away(unfinished)
    try:
        with _our_errors(target), copy.open("rb") as source:
            with os.fdopen(os.open(unfinished, _NEW, 0o600), "wb") as file:
                sink = Sink(file)
                while sink.size <= wanted.size and (chunk := source.read(_CHUNK)):
                    sink.write(chunk)
            if sink.contents() != wanted:
                raise BackupFailed(f"{copy} was changed while it was read: take another")
        yield unfinished
    finally:
        _clear_away(unfinished)


def put_in_place(unfinished: Path, target: Path, aside: str) -> Path | None:
    """A database that is done takes its place. One that is there is kept beside it as `aside`, and returned.

    What SQLite lays beside a file goes with it: the journal of another database would damage this one. Where nothing
    does, there is one or the other at every instant.
    """
    with _our_errors(target):
        _sync(unfinished)
        moved = target.with_name(aside) if target.exists() else None
        stay_as(target, target.with_name(aside))
        for suffix in ("-wal", "-shm"):
            old = target.with_name(f"{target.name}{suffix}")
            if old.exists():
                moved = target.with_name(aside)
                old.rename(target.with_name(f"{aside}{suffix}"))
        unfinished.replace(target)
        _sync(target.parent)
        return moved


def _clear_away(unfinished: Path) -> None:
    """With what SQLite lays beside a file."""
    for suffix in ("", "-wal", "-shm", "-journal"):
        unfinished.with_name(f"{unfinished.name}{suffix}").unlink(missing_ok=True)


def _is_plain(path: Path) -> bool:
    """Whether it is a file that ends: no device, and no pipe. Raises FileNotFoundError."""
    return stat.S_ISREG(path.stat().st_mode)


_NEW = os.O_WRONLY | os.O_CREAT | os.O_TRUNC


def _write(path: Path, content: bytes) -> None:
    with os.fdopen(os.open(path, _NEW, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync(path: Path) -> None:
    """Of a file what is in it, of a folder its names."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _our_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise BackupFailed(f"{path}: {error.strerror or type(error).__name__}") from error
