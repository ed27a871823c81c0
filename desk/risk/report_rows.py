"""Account rows of the risk report `desk.risk/1`.

Position figures are in the settle asset, account figures in the report's currency; money and
prices are text, what is unknown is null. The same row of a perpetual account stands in the answer
of `desk risk check`, before and after.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from desk.margin.financing import LoanFigures
from desk.margin.inputs import AccountFigures, PositionFigures
from desk.margin.levels import UNKNOWN
from desk.margin.rounding import written
from desk.model.numbers import plain
from desk.risk.evaluation import Evaluation, Span, spot_equity
from desk.risk.loan_row import Loan
from desk.risk.portfolio import SpotAccount

Row = dict[str, Any]

NO_SPAN = Span(low=None, high=None, causes=())


def text(value: Decimal | None) -> str | None:
    """Write a number plainly, to 20 significant digits; null for what is unknown."""
    return None if value is None else plain(written(value))


def level_text(level: str) -> str | None:
    """Write a level; an unknown one is null."""
    return None if level == UNKNOWN else level


def perpetual_row(figures: AccountFigures, rate: Decimal | None, spans: Mapping[str, Span]) -> Row:
    """Return the row of a perpetual account.

    `rate` converts its settle asset into the report's currency.
    """

    def money(value: Decimal | None) -> str | None:
        return None if value is None or rate is None else text(value * rate)

    return {
        "id": figures.id,
        "kind": "perpetual",
        "level": level_text(figures.level),
        "equity": money(figures.equity),
        "collateral_value": money(figures.collateral_value),
        "initial_margin": money(figures.initial_margin),
        "maintenance_margin": money(figures.maintenance_margin),
        "order_margin": money(figures.order_margin),
        "available_margin": money(figures.available_margin),
        "margin_utilization": text(figures.margin_utilization),
        "margin_ratio": text(figures.margin_ratio),
        "common_move_to_close_out": text(figures.common_move_down),
        "common_move_to_close_out_up": text(figures.common_move_up),
        "positions": [
            position_row(position, spans.get(position.instrument, NO_SPAN))
            for position in figures.positions
        ],
    }


def position_row(position: PositionFigures, span: Span) -> Row:
    """Return the row of one position, in its settle asset."""
    return {
        "instrument": position.instrument,
        "quantity": text(position.quantity),
        "entry_price": text(position.entry_price),
        "mark_price": text(position.mark),
        "notional": text(position.notional),
        "unrealized_pnl": text(position.unrealized_pnl),
        "initial_margin": text(position.initial_margin),
        "maintenance_margin": text(position.maintenance_margin),
        "margin_mode": position.margin_mode.value,
        "isolated_wallet": text(position.isolated_wallet),
        "margin_ratio": text(position.margin_ratio),
        "level": level_text(position.level),
        "liquidation_price": text(position.liquidation_price),
        "liquidation_price_upper": text(position.liquidation_price_upper),
        "liquidation_distance": text(position.liquidation_distance),
        # A document holds one mark, no history to take a volatility from.
        "liquidation_distance_sigma": None,
        "bankruptcy_price": text(position.bankruptcy_price),
        "uncertainty": {
            "low": text(span.low),
            "high": text(span.high),
            "causes": list(span.causes),
        },
    }


def loan_row(loan: Loan) -> Row:
    """Return the row of a financing account, in the report's currency."""
    figures = loan.figures
    return {
        "id": loan.account.id,
        "kind": "financing",
        "level": level_text(figures.level),
        "market_value": text(figures.market_value),
        "margin_value": text(figures.margin_value),
        "capital_value": text(figures.capital_value),
        "loan": text(figures.loan),
        "loan_to_value": text(figures.loan_to_value),
        "utilization": text(figures.utilization),
        "excess": text(figures.excess),
        "collateral": _collateral(loan, figures),
        "price_fall_to_margin_call": text(figures.fall_to_call),
        "price_fall_to_close_out": text(figures.fall_to_close_out),
        "price_fall_to_shortfall": text(figures.fall_to_shortfall),
    }


def _collateral(loan: Loan, figures: LoanFigures) -> list[Row]:
    rows = zip(loan.account.collateral, loan.pledges, figures.margin_values, strict=True)
    return [
        {
            "asset": row.asset,
            "description": row.description,
            "market_value": text(pledge.market_value),
            "haircut": text(pledge.haircut),
            "margin_value": text(value),
            "eligible": pledge.eligible,
        }
        for row, pledge, value in rows
    ]


def spot_row(evaluation: Evaluation, account: SpotAccount) -> Row:
    """Return the row of a spot account."""
    return {
        "id": account.id,
        "kind": "spot",
        "level": "NORMAL",
        "equity": text(spot_equity(evaluation, account)),
        "balances": [
            {"asset": row.asset, "quantity": text(row.quantity)} for row in account.balances
        ],
    }
