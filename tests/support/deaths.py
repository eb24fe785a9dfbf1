"""A story is told once, and dies at many moments: there the process is copied, and the copy dies and goes on.

Half as dear as to tell it from its beginning for each death. What the story keeps on disk is set aside meanwhile: the
copy has the very same at the same places, and what it does there is thrown away with it.
"""

from __future__ import annotations

import gc
import os
import pickle
import shutil
import signal
import sys
import traceback
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import Any, NoReturn

_ASIDE = ".aside"


class Deaths:
    """`kept_in` are the files and folders of the story; `ends` is how it went on after the death at each moment."""

    def __init__(self, moments: Collection[int] = (), kept_in: Sequence[Path] = ()) -> None:
        self._moments = moments
        self._kept_in = kept_in
        self._tells: int | None = None
        self.ends: dict[int, Any] = {}

    def dies(self, moment: int) -> bool:
        """True in the copy, which has to die; False where nobody dies at this moment, or the copy has come to its end.

        Raises AssertionError where the copy did not end well.
        """
        if moment not in self._moments or self._tells is not None:
            return False
        hears, tells = os.pipe()
        sys.stdout.flush()
        for path in self._kept_in:
            _set_aside(path)
        gc.freeze()
        copy = os.fork()
        if not copy:
            gc.disable()  # it would write to every page that both have
            os.close(hears)
            self._tells = tells
            _write_to_the_copies(self._kept_in)
            return True
        os.close(tells)
        try:
            with os.fdopen(hears, "rb") as pipe:
                told = pipe.read()
        except BaseException:
            os.kill(copy, signal.SIGKILL)
            raise
        finally:
            os.waitpid(copy, 0)
            for path in self._kept_in:
                _put_back(path)
        is_well, end = pickle.loads(told) if told else (False, "it ended without a word")  # noqa: S301 - our own
        assert is_well, f"after the death at moment {moment}: {end}"
        self.ends[moment] = end
        return False

    def told(self, story: Callable[[], Any]) -> Any:
        """What a story comes to. A copy does not return from here: it tells its end to whom it is a copy of."""
        try:
            end = story()
        except BaseException:
            if self._tells is not None:
                self._end(is_well=False, end=traceback.format_exc())
            raise
        if self._tells is not None:
            self._end(is_well=True, end=end)
        return end

    def _end(self, *, is_well: bool, end: Any) -> NoReturn:
        assert self._tells is not None
        with os.fdopen(self._tells, "wb") as pipe:
            pickle.dump((is_well, end), pipe)
        os._exit(0)  # nothing that the tests clean up is this copy's


def _set_aside(path: Path) -> None:
    """Whoever has it open goes on with it, also where it lies now."""
    aside = path.with_name(path.name + _ASIDE)
    if path.is_dir():
        path.rename(aside)
        shutil.copytree(aside, path)
    elif path.exists():
        path.rename(aside)
        shutil.copyfile(aside, path)


def _put_back(path: Path) -> None:
    aside = path.with_name(path.name + _ASIDE)
    shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    if aside.exists():
        aside.rename(path)


def _write_to_the_copies(kept_in: Sequence[Path]) -> None:
    """A file of these folders that is just being written is the copy's own from here on."""
    asides = {path.with_name(path.name + _ASIDE): path for path in kept_in if path.is_dir()}
    for link in Path("/proc/self/fd").iterdir():
        opened = link.readlink() if link.is_symlink() else Path()
        for aside, path in asides.items():
            if opened.is_relative_to(aside) and opened != aside:
                descriptor = os.open(path / opened.relative_to(aside), os.O_RDWR)
                os.lseek(descriptor, os.lseek(int(link.name), 0, os.SEEK_CUR), os.SEEK_SET)
                os.dup2(descriptor, int(link.name))
                os.close(descriptor)
