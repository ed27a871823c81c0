"""Third-party clients against the simulator: run by `desk test --interop`, told as a table."""

import json
from contextlib import contextmanager

import pytest
from helpers.processes import Market
from interop_venues import STREAMS

from desk.sim.dialects import DIALECTS

pytest.register_assert_rewrite("sightings")

CELL = "interop"
SEED = "7"


@contextmanager
def serving(folder, *arguments):
    """The ready line of a market that speaks every dialect, and outlives all its clients."""
    every = ("--dialect", ",".join(DIALECTS), "--seed", SEED)
    with Market(folder, *every, *arguments) as running:
        yield json.loads(running.ready.read_text())
        assert running.process.poll() is None


@pytest.fixture(scope="session")
def market(tmp_path_factory):
    """A market that runs with the clock."""
    with serving(tmp_path_factory.mktemp("market")) as ready:
        yield ready


@pytest.fixture
def fast_market(tmp_path):
    """A market in which much happens: what is rare comes within seconds."""
    with serving(tmp_path, "--speed", "200") as ready:
        yield ready


@pytest.fixture
def cell(record_property):
    """Call it with client, venue and stream: the test's outcome is that cell of the table."""
    return lambda client, venue, stream: record_property(CELL, [client, venue, stream])


def pytest_terminal_summary(terminalreporter):
    """Print venue × stream as Markdown: ok only where every test of the cell has passed."""
    rows = {}
    for outcome in ("passed", "failed", "error", "skipped"):
        for report in terminalreporter.stats.get(outcome, []):
            for name, value in getattr(report, "user_properties", []):
                if name == CELL:
                    client, venue, stream = value
                    cells = rows.setdefault((venue, client), {})
                    cells[stream] = "ok" if outcome == "passed" else outcome
    if not rows:
        return
    columns = (*STREAMS, "gap found", "pings", "70 s")
    streams = [name for name in columns if any(name in cells for cells in rows.values())]
    terminalreporter.section("third-party clients")
    terminalreporter.write_line(f"| venue | client | {' | '.join(streams)} |")
    terminalreporter.write_line("|---" * (len(streams) + 2) + "|")
    for (venue, client), cells in sorted(rows.items()):
        told = [cells.get(stream, "–") for stream in streams]
        terminalreporter.write_line(f"| {venue} | {client} | {' | '.join(told)} |")
