"""How a figure came about: its formula, and the numbers that went in."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from desk.margin.inputs import AccountFigures, PositionFigures
from desk.model.orders import MarginMode
from desk.risk.evaluation import Evaluation
from desk.risk.explain_loan import explain_loan
from desk.risk.report_rows import text

Explanation = tuple[str, str, dict[str, str | None]]
"""Figure, formula, inputs."""


def explain(evaluation: Evaluation) -> dict[str, Any]:
    """Return the explanations of all main figures: `account.figure` → formula and inputs.

    Inputs of perpetual accounts are in the settle asset, as they were computed.
    """
    result: dict[str, Any] = {}
    portfolio, profile = evaluation.situation.portfolio, evaluation.situation.profile
    for name, figures in evaluation.perpetual.items():
        for figure, formula, inputs in _account(evaluation, figures):
            result[f"{name}.{figure}"] = {"formula": formula, "inputs": inputs}
    for name, loan in evaluation.loans.items():
        for figure, formula, inputs in explain_loan(loan, portfolio, profile):
            result[f"{name}.{figure}"] = {"formula": formula, "inputs": inputs}
    return result


def _account(evaluation: Evaluation, figures: AccountFigures) -> Iterator[Explanation]:
    cross = [p for p in figures.positions if p.margin_mode is MarginMode.CROSS]
    yield (
        "collateral_value",
        "sum of balance × price × (1 − haircut) + unrealized P&L of cross positions",
        {
            **{row.asset: text(row.value) for row in figures.collateral},
            **{f"{p.instrument} unrealized_pnl": text(p.unrealized_pnl) for p in cross},
            f"price of {figures.settle}": text(evaluation.rate(figures.id)),
        },
    )
    yield (
        "initial_margin",
        "sum over cross positions of notional × max(1 / leverage, the tier's initial rate)",
        {p.instrument: text(p.initial_margin) for p in cross},
    )
    yield (
        "maintenance_margin",
        "sum over cross positions of max over tiers of notional × rate − amount, at the mark",
        {p.instrument: text(p.maintenance_margin) for p in cross},
    )
    collateral = {"collateral_value": text(figures.collateral_value)}
    reserved = {
        "initial_margin": text(figures.initial_margin),
        "order_margin": text(figures.order_margin),
    }
    maintenance = {"maintenance_margin": text(figures.maintenance_margin)}
    yield (
        "available_margin",
        "collateral_value − initial_margin − order_margin",
        {**collateral, **reserved},
    )
    yield (
        "margin_utilization",
        "(initial_margin + order_margin) / collateral_value",
        {**reserved, **collateral},
    )
    yield (
        "margin_ratio",
        "maintenance_margin / collateral_value",
        {**maintenance, **collateral},
    )
    yield (
        "common_move_to_close_out",
        "joint move of BTC and ETH prices where collateral_value = maintenance_margin",
        {**maintenance, **collateral},
    )
    for position in figures.positions:
        yield _liquidation(evaluation, figures, position)


def _liquidation(
    evaluation: Evaluation, figures: AccountFigures, position: PositionFigures
) -> Explanation:
    instrument = evaluation.situation.instruments[position.instrument]
    inputs = {
        "quantity": text(position.quantity),
        "contract_size": text(instrument.contract_size),
        "entry_price": text(position.entry_price),
    }
    if position.margin_mode is MarginMode.ISOLATED:
        inputs["isolated_wallet"] = text(position.isolated_wallet)
        formula = "isolated wallet + unrealized P&L = maintenance margin at the price"
    else:
        inputs["mark_price"] = text(position.mark)
        inputs["collateral_value"] = text(figures.collateral_value)
        inputs["maintenance_margin"] = text(figures.maintenance_margin)
        inputs[f"{instrument.base} collateral"] = text(_held(figures, instrument.base))
        formula = (
            "collateral value = maintenance margin at the price; all other marks "
            "fixed, collateral in the base asset moves with it"
        )
    return f"{position.instrument}.liquidation_price", formula, inputs


def _held(figures: AccountFigures, asset: str) -> Decimal | None:
    values = [row.value for row in figures.collateral if row.asset == asset]
    return values[0] if values else Decimal(0)
