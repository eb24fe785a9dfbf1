"""New rows, written at once by Core, that the session has as its objects all the same.

A flush looks at everything else that may be to be written: for one row it takes several times as long.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, TypeVar, cast

from sqlalchemy import Insert, Table, insert
from sqlalchemy.orm import Session, make_transient_to_detached
from sqlalchemy.orm.attributes import instance_dict

from triage.store.base import Base

Row = TypeVar("Row", bound=Base)


def add(session: Session, model: type[Row], **columns: Any) -> Row:
    """Write a row, to which what it refers to was written before. Its key is the database's where none is named.

    What else is not named is NULL, whatever its default; JSON has to be named.
    """
    values = dict.fromkeys(_others(model)) | columns
    values |= session.connection().execute(_statement(model), values).mappings().one()
    row = model()
    instance_dict(row).update(values)  # as if it had been read: nothing of it is to be written again
    make_transient_to_detached(row)
    session.add(row)
    return row


@lru_cache
def _statement(model: type[Base]) -> Insert:
    table = cast("Table", model.__table__)
    return insert(table).returning(*table.primary_key)


@lru_cache
def _others(model: type[Base]) -> tuple[str, ...]:
    """The columns that are not its key."""
    return tuple(column.name for column in model.__table__.columns if not column.primary_key)
