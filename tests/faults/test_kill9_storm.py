"""T01: kill -9 while commands flow: nothing acknowledged is lost, nothing is doubled."""

import json
import os
import random
import select
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import pytest
from helpers.nursery import Nursery
from helpers.processes import Console, Market, desk, journal_rows, started

from desk.engine.state import DeskState
from desk.io.resources import resource
from desk.model.catalogue import load_catalogue
from desk.model.journal import Entry, Row

BTC = "BTCUSDT-PERP.BINANCE"
OUTCOMES = {"accepted", "fill", "cancelled", "rejected", "level", "latch", "funding", "alert"}
OUTCOMES |= {"close_out", "liquidation", "loss", "release"}
AT_ONCE = 8
"""Desks that are killed side by side, each in a folder of its own."""
FLOW_S = 0.8
"""How long what one life is sent keeps it busy, about."""
EARLY = 0.1
"""How many are killed while they start, replay or wait for the market."""


class History:
    """What the world outside knows of one folder: all that was sent, and all that was told."""

    def __init__(self):
        self.lives = []
        """The ids that each life was sent, in their order."""
        self.answered = {}
        """Id → (row of its answer, whether it was taken)."""
        self.filled = {}
        self.states = {}
        """Row → the hash of the state after it."""

    def note(self, lines):
        for said in lines:
            kind, seq = said["type"], said["seq"]
            if kind in {"ack", "denial"}:
                assert said["id"] not in self.answered
                self.answered[said["id"]] = seq, kind == "ack"
            elif kind == "fill":
                assert self.filled.setdefault(said["fill"]["id"], seq) == seq
            elif said.get("about") == "status":
                self.states[said["data"]["journal_seq"]] = said["data"]["state_hash"]


def commands(name, dice):
    """What keeps a desk busy: orders that fill, orders that rest, cancels, money; ids in order."""
    ids, lines = [], []
    for n in range(40):
        ids.append(f"{name}-{n}")
        side, size = dice.choice(["buy", "sell"]), f"0.0{dice.randint(111, 999)}"[:5]
        lines.append(
            dice.choice(
                [
                    f"{side} {size} {BTC} market confirm",
                    f"{side} {size} {BTC} market confirm",
                    f"buy {size} {BTC} limit 59900.{n % 10} confirm",
                    f"deposit {dice.randint(1, 500)} USDT",
                    "transfer 1 USDT perp-1 spot-1",
                    "cancel all",
                ]
            )
            + f" id {ids[-1]}"
        )
    return ids, lines


def one_life(console, name, dice, history):
    """Let a desk work and kill it at a moment that nothing tells it."""
    ids, lines = commands(name, dice)
    history.lives.append(ids)
    if dice.random() < EARLY:
        console.send("status", *lines)
        time.sleep(dice.uniform(0, 0.4))
    else:
        ready = console.send("status", f"wait {BTC} 30")
        console.send(*lines)
        console.answer(ready)
        time.sleep(dice.uniform(0, FLOW_S))
    console.kill()
    history.note(console.lines)


def storm(folder, market, kills, seed, start):
    """Kill the desk of a folder again and again; return what was sent and told."""
    dice, history = random.Random(seed), History()
    arguments = (folder, "--market", str(market.ready))
    with Console(*arguments, start=start) as console:
        assert console.ask("deposit 1000000 USDT id first")["type"] == "ack"
        console.end()
    history.lives.append(["first"])
    history.note(console.lines)
    for number in range(kills):
        with Console(*arguments, start=start) as console:
            one_life(console, f"r{number}", dice, history)
    with Console(*arguments, start=start) as console:
        console.ask("status")
        console.kill()
    history.note(console.lines)
    return history


def check(folder, history):
    """Compare a journal with what the world outside knows; return its rows."""
    rows = journal_rows(folder)
    assert [row["seq"] for row in rows] == list(range(1, len(rows) + 1))
    given = {}
    for row in rows:
        if row["id"] is not None and row["type"] not in OUTCOMES:
            assert row["id"] not in given, f"{row['id']} is in the journal twice"
            given[row["id"]] = row["seq"], row["type"] != "denial"
    wrong = {i: told for i, told in history.answered.items() if given.get(i) != told}
    assert not wrong, f"answered and lost, or otherwise: {wrong}"
    # Commands are carried out in their order: a journal may lack the last of a life, never one
    # before them.
    assert list(given) == [one for ids in history.lives for one in ids if one in given]
    for ids in history.lives:
        assert [one in given for one in ids] == sorted((one in given for one in ids), reverse=True)
    fills = {}
    for row in rows:
        if row["type"] == "fill":
            fill = row["data"]["outcome"]["fill"]["id"]
            assert fill not in fills, f"fill {fill} is in the journal twice"
            fills[fill] = row["seq"]
    # Rows that were made durable together are told with the number of their last.
    lost = {one: told for one, told in history.filled.items() if fills.get(one, told + 1) > told}
    assert not lost, f"told as filled and lost: {lost}"
    verified = desk("journal", "verify", "--account", folder)
    assert verified.returncode == 0, verified.stdout
    assert json.loads(verified.stdout)["ok"] is True
    assert history.states == replayed_hashes(rows, history.states)
    return rows


def replayed_hashes(rows, wanted):
    """The hash of the state after each wanted row, folded in this process."""
    state, hashes = DeskState(load_catalogue(resource("instruments.toml"))), {}
    for row in rows:
        time_ms = round(datetime.fromisoformat(row["time"]).timestamp() * 1000)
        entry = Entry(
            type=row["type"],
            data=row["data"],
            id=row["id"],
            account=row["account"],
            time_ms=time_ms,
        )
        state.apply(Row(seq=row["seq"], entry=entry, hash=row["hash"]))
        if row["seq"] in wanted:
            hashes[row["seq"]] = state.hash()
    return hashes


def run_storm(tmp_path, kills, figure, start):
    """Kill so many desks, some at once, and compare each folder with its history."""
    folders = [tmp_path / f"desk-{n}" for n in range(min(AT_ONCE, kills))]
    with Market(tmp_path) as market, ThreadPoolExecutor(len(folders)) as threads:
        derivatives = json.loads(market.ready.read_text())["binance"]["usdm"]
        market.ready.write_text(json.dumps({"binance": {"usdm": derivatives}}))
        shares = [kills // len(folders) + (n < kills % len(folders)) for n in range(len(folders))]
        storms = [
            threads.submit(storm, folder, market, share, n, start)
            for n, (folder, share) in enumerate(zip(folders, shares, strict=True))
        ]
        histories = [one.result() for one in storms]
    rows = [check(folder, one) for folder, one in zip(folders, histories, strict=True)]
    sent = sum(len(ids) for one in histories for ids in one.lives)
    answered = sum(len(one.answered) for one in histories)
    fills = sum(len(one.filled) for one in histories)
    states = sum(len(one.states) for one in histories)
    figure(
        f"{kills} kills: {sent} commands sent, {answered} answers and {fills} fills told, "
        f"{sum(map(len, rows))} rows: 0 lost, 0 doubled, {states} states = replay"
    )
    return answered, fills


@pytest.mark.fault("T01")
@pytest.mark.parametrize("kills", [6, pytest.param(1_000, marks=pytest.mark.slow)])
def test_kill9_storm(tmp_path, figure, kills):
    """Whenever a desk is killed: no answer or fill is lost, nothing is doubled, state = replay."""
    with Nursery() as nursery:
        answered, fills = run_storm(tmp_path, kills, figure, nursery.start)
    assert (answered > kills * 3, fills > kills) == (True, True), "too little flowed"


@pytest.mark.fault("T01")
@pytest.mark.slow
def test_kill9_storm_of_whole_commands(tmp_path, figure):
    """The same of programs that were started by their command, code and all."""
    run_storm(tmp_path, 40, figure, started)


@pytest.mark.thorough
def test_a_killed_desk_leaves_no_market_behind(tmp_path):
    folder = tmp_path / "desk"
    with Console(folder) as console:
        console.ask(f"wait {BTC} 30")
        (market,) = children(console.process.pid)
        console.kill()
    assert gone(market)


@pytest.mark.thorough
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
