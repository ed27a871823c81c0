"""T23: many desks that start on one folder at once: one writes, the others say who and leave."""

import json
import re
import select
import time
from contextlib import ExitStack, contextmanager

import pytest
from helpers.nursery import Nursery
from helpers.processes import PATIENCE_S, Console, Market, desk, started

LEAVES_S = 1.0
"""Target for those that are refused; a machine that does other work may take five times as long."""


def ended(consoles, count):
    """Wait until so many have ended; each with its end in seconds after its start."""
    open_ = {console.process.pid: console for console in consoles}
    seconds, deadline = {}, time.monotonic() + 10 * PATIENCE_S
    while len(seconds) < count:
        assert time.monotonic() < deadline, f"{len(seconds)} of {count} ended"
        for pid, console in list(open_.items()):
            if console.process.poll() is not None:
                seconds[pid] = time.monotonic() - console.began
                del open_[pid]
        select.select([], [], [], 0.002)
    return seconds, list(open_.values())


class Timed(Console):
    """A console that knows when it was started."""

    def __init__(self, *arguments, **options):
        self.began = time.monotonic()
        super().__init__(*arguments, **options)


@contextmanager
def starts(folder, market, count, start):
    """So many started at once: when each that is refused had ended, and the one that writes."""
    arguments = (folder, "--market", str(market.ready))
    with ExitStack() as stack:
        consoles = [Timed(*arguments, start=start) for _ in range(count)]
        for console in consoles:
            stack.enter_context(console)
        seconds, (writer,) = ended(consoles, count - 1)
        assert writer.ask("deposit 5 USDT")["type"] == "ack"
        for console in consoles:
            if console is not writer:
                said = console.process.stderr.read()
                assert re.findall(r"is held by process (\d+)\n", said) == [str(writer.process.pid)]
        yield seconds.values(), writer


COUNTS = [pytest.param(8, marks=pytest.mark.thorough), pytest.param(100, marks=pytest.mark.slow)]


@pytest.mark.fault("T23")
@pytest.mark.parametrize("count", COUNTS)
def test_of_many_desks_at_once_one_writes_and_the_others_name_it(tmp_path, count, figure):
    """Whole commands on one folder: one writer; killed, it leaves no lock for anybody to undo."""
    folder = tmp_path / "desk"
    with Market(tmp_path) as market:
        with starts(folder, market, count, started) as (_, writer):
            writer.process.kill()
            writer.process.wait(PATIENCE_S)
        with Console(folder, "--market", str(market.ready)) as after:
            assert after.ask("deposit 6 USDT")["type"] == "ack"
            code, _ = after.end()
    assert code == 0
    verified = desk("journal", "verify", "--account", folder)
    assert json.loads(verified.stdout)["ok"] is True
    figure(f"{count} commands at once: 1 writes, {count - 1} refused and name it; killed, no lock")


@pytest.mark.fault("T23")
@pytest.mark.parametrize("count", COUNTS)
def test_whoever_is_refused_leaves_at_once(tmp_path, count, figure):
    """From when their code is read, those that may not write are gone within a second."""
    with (
        Market(tmp_path) as market,
        Nursery() as nursery,
        starts(tmp_path / "desk", market, count, nursery.start) as (seconds, _),
    ):
        slowest = max(seconds)
    figure(f"{count} starts at once: the refused are gone {slowest:.2f} s after, at most")
    assert slowest <= 5 * LEAVES_S
