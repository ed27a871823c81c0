"""`desk bench stress`: a grid of 21 × 21 joint moves for 1,000 positions, in milliseconds.

And the map of one account that a window asks for every second, from its positions to the answer.

Beside it in the same run the plain way: the same figures by loops over Python floats. Both are
given the same accounts, and the row says how far their answers are apart.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from itertools import product
from typing import Any, TypeVar

import msgspec
import numpy as np

from desk.bench.row import Given, Row
from desk.cli.shipped import shipped
from desk.margin.inputs import AccountInput, PositionInput
from desk.margin.stress import PerpetualStress, Scenarios
from desk.risk.stress_map import stress_map
from desk.risk.stress_subject import perpetual_subject

ACCOUNTS, POSITIONS = 10, 1_000
SIDE = 21
RULES_OF = date(2026, 9, 29)
"""The day whose margin rules are taken."""
MARKS = {"BTC": Decimal(61_000), "ETH": Decimal(2_600)}
TARGET_MS = 3.0
MAP_POSITIONS, MAP_TARGET_MS = 6, 3.0
"""A normal book; more would be felt by who waits for the desk."""

Found = TypeVar("Found")


def measure(given: Given) -> list[Row]:
    """Measure the kernel and the loop, the best of some runs each."""
    accounts = _accounts()
    moves = [step / 20 - 0.5 for step in range(SIDE)]
    pairs = np.array(list(product(moves, moves)))
    scenarios = Scenarios({"BTC": pairs[:, 0], "ETH": pairs[:, 1]})
    book = PerpetualStress(accounts, {a.id: Decimal(1) for a in accounts}, "USDT")
    kernel_ms, found = _best(max(5, given.repeats), lambda: book.measure(scenarios).ratios)
    rows = [_plain(account) for account in accounts]
    loop_ms, plain = _best(given.repeats, lambda: _ratios(rows, moves))
    apart = float(np.max(np.abs(found / np.array(plain) - 1)))
    return [
        {
            "name": f"stress {SIDE} x {SIDE}, {POSITIONS:,} positions in {ACCOUNTS} accounts",
            "value": round(kernel_ms, 3),
            "unit": "ms",
            "reference": round(loop_ms, 3),
            "ratio": round(kernel_ms / loop_ms, 5),
            "target": f"<= {TARGET_MS:g}",
            "ok": kernel_ms <= TARGET_MS and apart < 1e-9,
            "note": f"reference: a loop over plain floats; ratios differ by at most {apart:.0e}",
        },
        _map_row(accounts[0], max(20, given.repeats)),
    ]


def _map_row(account: AccountInput, repeats: int) -> dict[str, Any]:
    """Measure the map of one account of a few positions."""
    given = msgspec.structs.replace(account, positions=account.positions[:MAP_POSITIONS])
    took_ms, _ = _best(repeats, lambda: stress_map(perpetual_subject(given, Decimal(0))))
    return {
        "name": f"stress map of one account, {MAP_POSITIONS} positions",
        "value": round(took_ms, 3),
        "unit": "ms",
        "reference": None,
        "ratio": None,
        "target": f"<= {MAP_TARGET_MS:g}",
        "ok": took_ms <= MAP_TARGET_MS,
        "note": "cells, both lines, basis and depeg",
    }


def _best(repeats: int, work: Callable[[], Found]) -> tuple[float, Found]:
    best, found = float("inf"), work()
    for _ in range(repeats):
        start = time.perf_counter()
        found = work()
        best = min(best, (time.perf_counter() - start) * 1_000)
    return best, found


def _accounts() -> list[AccountInput]:
    """Longs and shorts over two instruments, sizes through all tiers; no chance in it."""
    known = shipped()
    terms = known.terms(RULES_OF)
    each = POSITIONS // ACCOUNTS
    accounts: list[AccountInput] = []
    for number in range(ACCOUNTS):
        positions: list[PositionInput] = []
        for index in range(each):
            base = ("BTC", "ETH")[index % 2]
            found = known.catalogue.get(f"{base}USDT-PERP.BINANCE")
            assert found is not None, "the shipped catalogue has it"
            mark, sign = MARKS[base], (1, -1)[index // 2 % 2]
            coins = Decimal(1 + (7 * index + number) % each) * (61_000 // mark)
            positions.append(
                PositionInput(
                    instrument=msgspec.structs.replace(found, id=f"{found.id}/{index}"),
                    terms=terms[found.id],
                    quantity=sign * coins,
                    entry_price=mark * (95 + index % 11) / 100,
                    mark=mark,
                    leverage=Decimal(5),
                )
            )
        accounts.append(
            AccountInput(
                id=f"perp-{number}",
                settle="USDT",
                balances={"USDT": Decimal(500_000_000)},
                haircuts={},
                prices={},
                positions=tuple(positions),
            )
        )
    return accounts


class _Row(msgspec.Struct):
    """A position in plain floats."""

    is_btc: bool
    quantity: float
    entry: float
    mark: float
    tiers: list[tuple[float, float]]


def _plain(account: AccountInput) -> tuple[float, list[_Row]]:
    rows = [
        _Row(
            is_btc=p.instrument.base == "BTC",
            quantity=float(p.quantity),
            entry=float(p.entry_price),
            mark=float(p.mark or 0),
            tiers=[(float(t.maintenance_rate), float(t.maintenance_amount)) for t in p.terms.tiers],
        )
        for p in account.positions
    ]
    return float(account.balances[account.settle]), rows


def _ratios(
    accounts: Sequence[tuple[float, list[_Row]]], moves: Sequence[float]
) -> list[list[float]]:
    """Return the margin ratio of each account under each pair of moves, by loops alone."""
    return [
        [_ratio(balance, rows, btc, eth) for btc in moves for eth in moves]
        for balance, rows in accounts
    ]


def _ratio(balance: float, rows: Sequence[_Row], btc: float, eth: float) -> float:
    value, maintenance = balance, 0.0
    for row in rows:
        mark = row.mark * (1 + (btc if row.is_btc else eth))
        value += row.quantity * (mark - row.entry)
        notional = abs(row.quantity) * mark
        maintenance += max(notional * rate - amount for rate, amount in row.tiers)
    return maintenance / value
