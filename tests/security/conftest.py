"""What tests of security get."""

from tests.support.logs import logs, own_logging
from tests.support.quick_hashes import quick_hashes
from tests.support.wire import sqlite_wire, wire

__all__ = ["logs", "own_logging", "quick_hashes", "sqlite_wire", "wire"]
