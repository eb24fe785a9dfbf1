"""What stories get."""

from tests.support.shared_freeze import clock, frozen

__all__ = ["clock", "frozen"]
