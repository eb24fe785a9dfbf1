"""What stories of crashes get."""

from tests.support.quick_hashes import quick_hashes
from tests.support.shared_freeze import clock, frozen

__all__ = ["clock", "frozen", "quick_hashes"]
