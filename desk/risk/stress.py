"""`desk risk stress`: the whole portfolio under joint moves of BTC and ETH, basis and depeg.

A cell is the desk as one: equity of all accounts in the document's currency, the worst margin
ratio of all cross pools and isolated positions, the worst level of all accounts, loans among
them. A ratio with nothing left to divide by is null, and its level CLOSE_OUT; a figure that
needs something unknown is null.

Cells come from the float kernel; one on a threshold is worked out exactly, so that no level is
decided by a rounding.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import numpy as np

from desk.margin.levels import ORDER, worst
from desk.margin.pool import total
from desk.model.numbers import plain
from desk.risk.evaluation import Evaluation, equity, evaluate, worst_ratio
from desk.risk.frontier import frontier
from desk.risk.portfolio import FinancingAccount
from desk.risk.report_rows import level_text, text
from desk.risk.shock import Shock, shocked
from desk.risk.situation import Situation
from desk.risk.stress_book import DeskStress, StressBook, scenarios_of

BTC, ETH = "BTC", "ETH"

AXIS = tuple(Decimal(step) / 20 for step in range(-10, 11))
"""−50 % to +50 %: the falls that a lender asks for (10, 20, 30, 50 %) are on it."""

BASES = tuple(
    Decimal(b) for b in ("-0.1", "-0.05", "-0.02", "-0.01", "0.01", "0.02", "0.05", "0.1")
)
"""Of perpetuals against their index."""

STABLECOINS = ("USDT", "USDC", "FDUSD", "USDE", "DAI", "PYUSD")
DEPEGS = tuple(Decimal(d) for d in ("-0.01", "-0.02", "-0.05", "-0.1", "-0.2"))

Cell = dict[str, str | None]


def stress_report(situation: Situation) -> dict[str, Any]:
    """Return the stress document of a portfolio."""
    book = StressBook(evaluate(situation))
    grid = [Shock(moves={BTC: b, ETH: e}) for b in AXIS for e in AXIS]
    cells = _cells(situation, book, grid)
    width = len(AXIS)
    return {
        "axes": {BTC: [plain(move) for move in AXIS], ETH: [plain(move) for move in AXIS]},
        "cells": [cells[row * width : (row + 1) * width] for row in range(width)],
        "frontier": frontier(book),
        "basis": [
            {"basis": plain(basis), **cell}
            for basis, cell in zip(
                BASES, _cells(situation, book, [Shock(basis=b) for b in BASES]), strict=True
            )
        ],
        "depeg": _depegs(situation, book),
    }


def _depegs(situation: Situation, book: StressBook) -> list[dict[str, Any]]:
    """Return a row for each stablecoin that the portfolio stands on, and each fall of it."""
    pairs = [(coin, fall) for coin in _stablecoins(situation) for fall in DEPEGS]
    cells = _cells(situation, book, [Shock(moves={coin: fall}) for coin, fall in pairs])
    return [
        {"asset": coin, "shock": plain(fall), **cell}
        for (coin, fall), cell in zip(pairs, cells, strict=True)
    ]


def _stablecoins(situation: Situation) -> list[str]:
    used = {i.settle for i in situation.instruments.values()}
    used |= {account.settle for account in situation.accounts.values()}
    for account in situation.portfolio.accounts:
        if isinstance(account, FinancingAccount):
            used |= {loan.asset for loan in account.loans}
            used |= {row.asset for row in account.collateral if row.asset is not None}
        else:
            used |= {row.asset for row in account.balances}
    return [coin for coin in STABLECOINS if coin in used]


def _cells(situation: Situation, book: StressBook, shocks: Sequence[Shock]) -> list[Cell]:
    if not shocks:
        return []
    found = book.measure(scenarios_of(shocks))
    return [
        exact_cell(evaluate(shocked(situation, shock)))
        if found.near[index]
        else _cell(found, index)
        for index, shock in enumerate(shocks)
    ]


def _cell(found: DeskStress, index: int) -> Cell:
    return {
        "equity": _written(found.equity[index]),
        "margin_ratio": _written(found.ratio[index]),
        "level": level_text(ORDER[int(found.level[index])]),
    }


def _written(value: np.float64) -> str | None:
    """Write a float to 14 significant digits; what is no number is null."""
    return plain(Decimal(f"{value:.14g}")) if np.isfinite(value) else None


def exact_cell(evaluation: Evaluation) -> Cell:
    """Return the cell of a portfolio as it stands, from the exact figures."""
    accounts = evaluation.situation.portfolio.accounts
    figures = evaluation.perpetual.values()
    levels = [
        one.level for one in (*figures, *(loan.figures for loan in evaluation.loans.values()))
    ]
    return {
        "equity": text(total(equity(evaluation, account.id) for account in accounts)),
        "margin_ratio": text(worst_ratio(evaluation.perpetual.values())),
        "level": level_text(worst(levels)),
    }
