"""Times as text, as venues against the dollar write them."""

from __future__ import annotations

import time

BEGINNING = "1970-01-01T00:00:00Z"


def rfc3339(at_ms: int, decimals: int = 6) -> str:
    """Write wall time with so many decimals of a second, 3 to 9."""
    seconds, rest = divmod(at_ms, 1000)
    fraction = f"{rest:03d}".ljust(decimals, "0")
    return f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(seconds))}.{fraction}Z"
