"""What the share of the fuzzer gets."""

from tests.support.logs import own_logging
from tests.support.quick_hashes import quick_hashes

__all__ = ["own_logging", "quick_hashes"]
