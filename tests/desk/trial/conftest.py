"""A simulated desk dies on purpose and says so in its log: nothing there is unexpected."""

import pytest


@pytest.fixture(autouse=True)
def log_of_deaths(caplog):
    """Let the log of a trial be the trial's own."""
    return caplog
