"""T01: kill -9 while commands flow: nothing acknowledged is lost, nothing is doubled."""

import json
import os
import random
import select
import signal
import time
from datetime import datetime

import pytest
from helpers.processes import Console, Market, desk, journal_rows

from desk.engine.state import DeskState
from desk.io.resources import resource
from desk.model.catalogue import load_catalogue
from desk.model.journal import Entry, Row

BTC = "BTCUSDT-PERP.BINANCE"
OUTCOMES = {"accepted", "fill", "cancelled", "rejected", "level", "latch", "funding"}
OUTCOMES |= {"close_out", "liquidation", "loss", "release"}


def commands(number, random):
    """A few commands of one round, each with an id of its own."""
    lines = []
    for n in range(12):
        name = f"r{number}-{n}"
        lines.append(
            random.choice(
                [
                    f"deposit {random.randint(1, 500)} USDT id {name}",
                    f"transfer 1 USDT perp-1 spot-1 id {name}",
                    f"buy 0.0{random.randint(11, 99)} {BTC} market confirm id {name}",
                    f"buy 0.002 {BTC} limit 59900.{n} confirm id {name}",
                    f"cancel all id {name}",
                ]
            )
        )
    return lines


def storm(folder, market, rounds, seed):
    """Kill the desk at random moments; return what it had acknowledged, by id."""
    dice = random.Random(seed)
    acknowledged = {}
    with Console(folder, "--market", str(market.ready)) as console:
        assert console.ask("deposit 100000 USDT id first")["type"] == "ack"
        console.end()
    for number in range(rounds):
        with Console(folder, "--market", str(market.ready)) as console:
            if number % 3 == 0:
                console.ask(f"wait {BTC} 30")
            lines = commands(number, dice)
            console.send(*lines)
            for _ in range(dice.randint(1, 10)):
                if console.next() is None:
                    break
            console.kill()
        for said in console.lines:
            if said["type"] == "ack":
                acknowledged[said["id"]] = said["seq"]
    return acknowledged


def check(folder, acknowledged):
    rows = journal_rows(folder)
    assert [row["seq"] for row in rows] == list(range(1, len(rows) + 1))
    given = [row for row in rows if row["type"] not in OUTCOMES and row["type"] != "denial"]
    by_id = {}
    for row in given:
        assert row["id"] not in by_id, f"{row['id']} is in the journal twice"
        by_id[row["id"]] = row["seq"]
    missing = {i: seq for i, seq in acknowledged.items() if by_id.get(i) != seq}
    assert not missing, f"acknowledged and lost: {missing}"
    fills = [row["data"]["outcome"]["fill"]["id"] for row in rows if row["type"] == "fill"]
    assert len(fills) == len(set(fills))
    verified = desk("journal", "verify", "--account", folder)
    assert verified.returncode == 0, verified.stdout
    assert json.loads(verified.stdout)["ok"] is True
    return rows


def replayed_hash(rows, seq):
    """The state hash after a number of rows, folded in this process."""
    state = DeskState(load_catalogue(resource("instruments.toml")))
    for row in rows[:seq]:
        time_ms = round(datetime.fromisoformat(row["time"]).timestamp() * 1000)
        entry = Entry(
            type=row["type"],
            data=row["data"],
            id=row["id"],
            account=row["account"],
            time_ms=time_ms,
        )
        state.apply(Row(seq=row["seq"], entry=entry, hash=row["hash"]))
    return state.hash()


def run_storm(tmp_path, rounds, figure):
    folder = tmp_path / "desk"
    with Market(tmp_path) as market:
        acknowledged = storm(folder, market, rounds, seed=rounds)
        check(folder, acknowledged)
        with Console(folder, "--market", str(market.ready)) as console:
            status = console.ask("status")["data"]
            console.kill()
    rows = check(folder, acknowledged)
    assert status["state_hash"] == replayed_hash(rows, status["journal_seq"])
    figure(f"kills {rounds}, rows {len(rows)}, acknowledged {len(acknowledged)}, lost 0, doubled 0")


@pytest.mark.fault("T01")
def test_kill9_storm_sample(tmp_path, figure):
    run_storm(tmp_path, 6, figure)


@pytest.mark.fault("T01")
@pytest.mark.slow
def test_kill9_storm(tmp_path, figure):
    run_storm(tmp_path, 100, figure)


def test_a_killed_desk_leaves_no_market_behind(tmp_path):
    folder = tmp_path / "desk"
    with Console(folder) as console:
        console.ask(f"wait {BTC} 30")
        (market,) = children(console.process.pid)
        console.kill()
    assert gone(market)


def test_a_killed_market_is_started_again_and_goes_on_from_its_state(tmp_path):
    with Console(tmp_path / "desk") as console:
        console.ask("deposit 100000 USDT")
        console.ask(f"wait {BTC} 30")
        console.ask(f"buy 1 {BTC} market")
        console.ask("sync")
        before = mark(console)
        (market,) = children(console.process.pid)
        os.kill(market, signal.SIGKILL)
        assert gone(market)
        assert eventually(lambda: set(children(console.process.pid)) - {market})
        assert console.ask(f"wait {BTC} 30")["type"] == "status"
        assert abs(mark(console) - before) < before * 0.01
        console.end()


def mark(console):
    (position,) = console.ask("positions")["data"]["positions"]
    return float(position["mark_price"])


def eventually(what, patience_s=30.0):
    """Wait until something is true and return it."""
    deadline = time.monotonic() + patience_s
    while not (found := what()):
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)
    return found


def children(pid):
    with open(f"/proc/{pid}/task/{pid}/children") as listing:
        return [int(word) for word in listing.read().split()]


def gone(pid, patience_s=5.0):
    """Whether a process ends within a while: its end is awaited, not slept for."""
    try:
        watched = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        ready, _, _ = select.select([watched], [], [], patience_s)
    finally:
        os.close(watched)
    return bool(ready)
