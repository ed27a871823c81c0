"""Where the shared data lies: beside the checkout, and absent for most people."""

from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[2].parent / "shared"


def shared(path: str) -> Path:
    """Return a file of the shared data, or skip the test that wants it."""
    found = SHARED / path
    if not found.exists():
        pytest.skip(f"shared data is not beside the checkout: {path}")
    return found
