"""What tests of the console get."""

from tests.support.logs import logs, own_logging
from tests.support.quick_hashes import quick_hashes
from tests.support.shared_freeze import clock, frozen
from tests.support.wire import sqlite_wire, wire

__all__ = ["clock", "frozen", "logs", "own_logging", "quick_hashes", "sqlite_wire", "wire"]
