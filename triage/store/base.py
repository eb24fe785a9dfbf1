"""What all tables share: names of constraints, aware instants, exact money."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from sqlalchemy import JSON, BigInteger, DateTime, Dialect, MetaData, String, TypeDecorator
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement


class UtcDateTime(TypeDecorator[datetime]):
    """Aware instants in, aware UTC out; anything else is refused.

    SQLite keeps them as text of fixed width, which sorts as time does; PostgreSQL as timestamptz.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant without a zone cannot be stored")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        return None if value is None else value.astimezone(UTC)

    def bind_processor(self, dialect: Dialect) -> Callable[[datetime | None], Any] | None:
        return _write_text if dialect.name == "sqlite" else super().bind_processor(dialect)

    def result_processor(self, dialect: Dialect, coltype: Any) -> Callable[[Any], datetime | None] | None:
        return _read_text if dialect.name == "sqlite" else super().result_processor(dialect, coltype)


def _write_text(at: datetime | None) -> str | None:
    """In one call, as below."""
    if at is None:
        return None
    if at.tzinfo is None:
        raise ValueError("an instant without a zone cannot be stored")
    return _as_text(at.astimezone(UTC))


@lru_cache(maxsize=64)  # rows that are written together say the same instant again and again
def _as_text(at: datetime) -> str:
    """Of UTC only: in another zone the two hours that a changeover repeats are equal."""
    return at.isoformat(" ", "microseconds")[:-6]


def _read_text(text: str | None) -> datetime | None:
    """In one call, where the layers beneath take four."""
    if text is None:
        return None
    try:
        return datetime.fromisoformat(f"{text}+00:00")
    except ValueError:  # it names a zone: not written by us, and an instant all the same
        return datetime.fromisoformat(text).astimezone(UTC)


class microseconds(FunctionElement[int]):  # noqa: N801 - a function of SQL
    """A column of instants as whole microseconds since 1970, see policy/instants.py. For who reads them by the
    hundred thousand: the database reckons that in no more time than it hands out the instant itself."""

    type = BigInteger()
    inherit_cache = True


@compiles(microseconds, "sqlite")
def _in_text(element: microseconds, compiler: SQLCompiler, **how: Any) -> str:
    column = compiler.process(element.clauses, **how)
    return f"(unixepoch({column}) * 1000000 + substr({column}, 21))"


@compiles(microseconds, "postgresql")
def _in_timestamp(element: microseconds, compiler: SQLCompiler, **how: Any) -> str:
    return f"CAST(EXTRACT(EPOCH FROM {compiler.process(element.clauses, **how)}) * 1000000 AS BIGINT)"


class Dollars(TypeDecorator[Decimal]):
    """Exact decimal, kept as text: SQLite has no decimal of its own."""

    impl = String(20)
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, _dialect: Dialect) -> str | None:
        return None if value is None else f"{value:.2f}"

    def process_result_value(self, value: str | None, _dialect: Dialect) -> Decimal | None:
        return None if value is None else Decimal(value)


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy reads it from the class
        datetime: UtcDateTime,
        Decimal: Dollars,
        list[str]: JSON,
        dict[str, Any]: JSON,
    }
