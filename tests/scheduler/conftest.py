"""What tests of the scheduler get."""

from tests.support.logs import logs, own_logging
from tests.support.wire import sqlite_wire, wire

__all__ = ["logs", "own_logging", "sqlite_wire", "wire"]
