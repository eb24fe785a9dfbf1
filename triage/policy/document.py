"""Reading a TOML file into a frozen value, each fault with its line and its mend."""

from __future__ import annotations

import difflib
import hashlib
import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time
from functools import cached_property
from typing import Any, Self, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from triage.errors import ConfigurationError
from triage.policy.fields import Value

Document = TypeVar("Document", bound=BaseModel)
Path = tuple[str | int, ...]

_TABLE = re.compile(r"\s*(\[\[?)\s*([^\[\]]+?)\s*\]\]?\s*(#.*)?$")
_KEY = re.compile(r"""\s*((?:[\w-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[\w-]+|"[^"]*"|'[^']*'))*)\s*=""")


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong in a file."""

    line: int | None
    key: str
    reason: str

    def __str__(self) -> str:
        where = f"line {self.line}: " if self.line else ""
        return f"{where}{self.key}: {self.reason}" if self.key else f"{where}{self.reason}"


class UnreadableDocument(ConfigurationError):
    """A policy or roster file is not what it should be; `faults` says where and how to mend it."""

    def __init__(self, name: str, faults: tuple[Fault, ...]) -> None:
        super().__init__("\n".join(f"{name}: {fault}" for fault in faults))
        self.faults = faults


def read_document(text: str, kind: type[Document], *, name: str, beneath: Mapping[str, Any] | None = None) -> Document:
    """`text` as a `kind`; keys that it leaves out come from `beneath`.

    Raises UnreadableDocument with every fault found.
    """
    given = parse_toml(text, name=name)
    content = overlay(beneath, given) if beneath else given
    try:
        return kind.model_validate_json(json.dumps(content, default=_iso), context={"is_file": True})
    except ValidationError as error:
        lines = _lines_of_keys(text)
        faults = tuple(_fault(detail, kind, lines) for detail in _causes(error.errors()))
        raise UnreadableDocument(name, faults) from None


def stored_document(text: str, kind: type[Document], *, beneath: Mapping[str, Any] | None = None) -> Document:
    """A document from its canonical text, which another release may have written.

    A key that it lacks, because that release did not have it, comes from `beneath`; one that nothing reads any more
    is passed over. Whatever it does say stands, and has to be sound. Its name is that of its text, not of the result.
    """
    content = overlay(beneath or {}, json.loads(text))
    return kind.model_validate_json(json.dumps(content, default=_iso), extra="ignore", context={"is_stored": True})


def faults_in_words(error: ValidationError) -> str:
    """What does not fit in a document that no file holds, each fault with the name of its field."""
    faults = []
    for detail in _causes(error.errors()):
        field = next((part for part in reversed(detail["loc"]) if isinstance(part, str)), "")
        reason = detail["msg"].removeprefix("Value error, ")
        faults.append(f"{field}: {reason}" if field else reason)
    return ". ".join(faults)


def parse_toml(text: str, *, name: str) -> dict[str, Any]:
    """The plain content of a TOML text. Raises UnreadableDocument where it is not TOML."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        at = re.search(r"at line (\d+)", str(error))
        raise UnreadableDocument(name, (Fault(int(at[1]) if at else None, "", str(error)),)) from None


def overlay(beneath: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """`above` over `beneath`, table by table; a list replaces the list beneath it whole."""
    merged = dict(beneath)
    for key, value in above.items():
        under = merged.get(key)
        merged[key] = overlay(under, value) if isinstance(under, Mapping) and isinstance(value, Mapping) else value
    return merged


class Versioned(Value):
    """A document that the store keeps under the name of its content."""

    @property
    def canonical(self) -> str:
        """The one way to write it down: the same content gives the same text."""
        return json.dumps(self.model_dump(mode="json", by_alias=True), sort_keys=True, separators=(",", ":"))

    @cached_property  # each new case asks for it, and writing a contract down takes longer than the case does
    def version(self) -> str:
        """A short name for the content; comments and order do not change it."""
        return version_of(self.canonical)

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """A copy, with other content where `update` names some; its version is its own."""
        copied = super().model_copy(update=update, deep=deep)
        for name in copied.__dict__.keys() - type(copied).model_fields.keys():  # what was computed of the other content
            del copied.__dict__[name]
        return copied


def version_of(text: str) -> str:
    """The name of a document by its canonical text."""
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _causes(details: list[ErrorDetails]) -> list[ErrorDetails]:
    """The faults without those that only follow: a list is too short where its items did not pass."""
    places = [detail["loc"] for detail in details]
    return [
        detail
        for detail in details
        if detail["type"] != "too_short"
        or not any(len(place) > len(detail["loc"]) and place[: len(detail["loc"])] == detail["loc"] for place in places)
    ]


def _iso(value: date | time) -> str:
    """Dates travel as text, so that a file and a stored document go through the same strict reader."""
    return value.isoformat()


def _fault(detail: ErrorDetails, kind: type[BaseModel], lines: Mapping[Path, int]) -> Fault:
    path = tuple(detail["loc"])
    known = next((path[:n] for n in range(len(path), 0, -1) if path[:n] in lines), ())
    key = ".".join(str(part) for part in path)
    if detail["type"] == "extra_forbidden":
        return Fault(lines.get(known), key, f"unknown key; {_what_it_may_be(path, kind)}")
    reason = detail["msg"].removeprefix("Value error, ")
    reason = {"missing": "missing; add it", "too_short": "empty; name one at least"}.get(detail["type"], reason)
    return Fault(lines.get(known), key, reason[0].lower() + reason[1:] if key else reason)


def _what_it_may_be(path: Path, kind: type[BaseModel]) -> str:
    """The nearest known key, or all of them, for a key that is not known."""
    names = _names_at(path[:-1], kind)
    near = difflib.get_close_matches(str(path[-1]), names, n=1)
    return f"did you mean {near[0]}?" if near else f"known here: {', '.join(names) or 'none'}; delete it"


def _names_at(path: Path, kind: type[BaseModel]) -> list[str]:
    for part in path:
        if isinstance(part, str) and part in kind.model_fields:
            inner = _model_in(kind.model_fields[part].annotation)
            if inner is None:
                return []
            kind = inner
    return [field.alias or name for name, field in kind.model_fields.items()]


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """The model that a field holds, be it alone, optional or in a list or mapping."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    inner = (_model_in(argument) for argument in getattr(annotation, "__args__", ()))
    return next((model for model in inner if model), None)


def _lines_of_keys(text: str) -> dict[Path, int]:
    """The line of each table and key, since the standard library's reader does not tell."""
    lines: dict[Path, int] = {}
    table: Path = ()
    counts: dict[Path, int] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if header := _TABLE.match(line):
            table = _split(header[2])
            if header[1] == "[[":
                counts[table] = counts.get(table, -1) + 1
            table = _with_indices(table, counts)
            _note(lines, table, number)
        elif key := _KEY.match(line):
            _note(lines, table + _split(key[1]), number)
    return lines


def _note(lines: dict[Path, int], path: Path, number: int) -> None:
    """The line of a key, and of the tables that it is the first to name: `[window.evening]` makes `window` too."""
    for end in range(1, len(path) + 1):
        lines.setdefault(path[:end], number)


def _split(dotted: str) -> Path:
    return tuple(part.strip().strip("\"'") for part in dotted.split("."))


def _with_indices(table: Path, counts: Mapping[Path, int]) -> Path:
    placed: Path = ()
    for end in range(1, len(table) + 1):
        placed += (table[end - 1],)
        if table[:end] in counts:
            placed += (counts[table[:end]],)
    return placed
