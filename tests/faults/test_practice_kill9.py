"""kill -9 of the real program on a bad link: the exchange goes on, and the desk catches up."""

import json
import random
from decimal import Decimal as D

import pytest
from helpers.processes import Console, Market, journal_rows

BTC = "BTCUSDT-PERP.BINANCE"
FAULTS = "lose:p=0.2,drop:p=0.05,delay:p=0.1:by=1s,duplicate:p=0.2,reorder:p=0.2,error:p=0.1"
GOOD = "delay:p=0"


def exchange_fills(folder):
    lines = (folder / "exchange.jsonl").read_text().splitlines()
    facts = [json.loads(line) for line in lines]
    taken = [fact["terms"]["id"] for fact in facts if fact["outcome"] == "taken"]
    return taken, [fact["fill"] for fact in facts if fact["outcome"] == "filled"]


def market_order(dice, name):
    side = dice.choice(["buy", "sell"])
    return f"{side} 0.0{dice.randint(11, 40)} {BTC} market id {name}"


@pytest.mark.fault("T01")
@pytest.mark.slow
def test_a_desk_killed_on_a_bad_link_executes_each_order_once_and_finds_all_fills(tmp_path, figure):
    dice, folder = random.Random(4), tmp_path / "desk"
    with Market(tmp_path) as market:
        for number in range(12):
            with Console(
                folder,
                "--market",
                str(market.ready),
                "--venue-faults",
                FAULTS,
                "--seed",
                str(number),
            ) as console:
                console.ask(f"deposit 20000 USDT id d{number}")
                console.ask(f"wait {BTC} 30")
                console.ask("sync")  # what the desk before left unanswered
                lines = [market_order(dice, f"m{number}-{n}") for n in range(6)]
                console.answer(console.send(*lines[:4]))
                if number % 2:
                    console.ask("sync")
                console.answer(console.send(*lines[4:]))
                console.kill()
        with Console(folder, "--market", str(market.ready), "--venue-faults", GOOD) as console:
            assert console.ask("sync")["data"]["settled"] is True
            status = console.ask("status")["data"]
            console.end()
    taken, fills = exchange_fills(folder)
    assert len(taken) == len({*taken}) > 12
    rows = journal_rows(folder)
    intents = {new["terms"]["id"] for row in rows for new in row["data"].get("orders", ())}
    assert {*taken} <= intents
    mine = [row["data"]["outcome"]["fill"]["id"] for row in rows if row["type"] == "fill"]
    assert sorted(mine) == sorted(fill["id"] for fill in fills)
    held = sum(D(fill["quantity"]) * (1 if fill["side"] == "BUY" else -1) for fill in fills)
    (account,) = [a for a in status["accounts"] if a["id"] == "perp-1"]
    shown = sum(D(position["quantity"]) for position in account["positions"])
    assert (shown, status["state"], account["orders"]) == (held, "ACTIVE", [])
    figure(f"12 kills, {len(taken)} orders at the exchange, {len(fills)} fills, position {held}")
