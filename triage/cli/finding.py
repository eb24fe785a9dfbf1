"""One line of the doctor."""

from __future__ import annotations

import textwrap
from dataclasses import asdict, dataclass

_MARGIN = " " * 20


@dataclass(frozen=True, slots=True)
class Finding:
    """`mend` is empty where all is well."""

    check: str
    text: str
    mend: str = ""

    @property
    def is_wrong(self) -> bool:
        return bool(self.mend)

    def as_dict(self) -> dict[str, object]:
        return {"ok": not self.is_wrong, **asdict(self)}

    def __str__(self) -> str:
        return self._head + self.text + (f" -> {self.mend}" if self.mend else "")

    def within(self, columns: int) -> str:
        """For a terminal so wide: what is wrong, and on a line of its own how to mend it."""
        wrap = textwrap.TextWrapper(columns, subsequent_indent=_MARGIN, break_on_hyphens=False)
        parts = wrap.wrap(self._head + self.text)
        wrap.initial_indent, wrap.subsequent_indent = f"{_MARGIN}-> ", f"{_MARGIN}   "
        return "\n".join(parts + (wrap.wrap(self.mend) if self.mend else []))

    @property
    def _head(self) -> str:
        return f"{'WRONG' if self.is_wrong else 'ok':<6}{self.check:<14}"
