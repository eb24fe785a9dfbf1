"""A paper as values: what stands on it and in which order, before anybody sets it in type.

Text is plain: whoever sets it takes nothing in it for markup. In a cell or a fact, what follows a line break is set
smaller, as an aside.
"""

from __future__ import annotations

from dataclasses import dataclass

from triage.policy.chart import Chart


@dataclass(frozen=True, slots=True)
class Heading:
    text: str


@dataclass(frozen=True, slots=True)
class Words:
    """A paragraph. `is_quoted` where somebody else said it."""

    text: str
    is_quoted: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """Names with what there is to say of each. `title` stands above them where there is one."""

    rows: tuple[tuple[str, str], ...]
    title: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """Rows beneath heads; `shares` are how much of the width each column gets, adding up to one."""

    heads: tuple[str, ...]
    shares: tuple[float, ...]
    rows: tuple[tuple[str, ...], ...]


Part = Heading | Words | Facts | Table | Chart


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """`running` stands at the head of every page, `foot` at its end."""

    title: str
    verdict: str
    running: str
    foot: str
    parts: tuple[Part, ...]
