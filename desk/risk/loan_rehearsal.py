"""The rehearsed close-out of a margin loan: pledged coins sold for dollars, the loan repaid.

Only where the desk itself may sell (`execution` is `paper`); with a broker's own loan it plans
nothing. A document holds no spot book, so coins are taken to sell a little below their price.
"""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

from desk.margin.financing import LoanFigures
from desk.margin.levels import CLOSE_OUT
from desk.model.numbers import ONE, ZERO
from desk.risk.evaluation import Evaluation
from desk.risk.fill_price import ASSUMED_SLIPPAGE
from desk.risk.instrument_row import ASSUMED_FEE_RATE
from desk.risk.loan_limits import loan_terms
from desk.risk.loan_row import Loan
from desk.risk.loan_sale import Secured, Sellable, sale_plan
from desk.risk.prices import price_in

LOTS = {"BTC": Decimal("0.00001"), "ETH": Decimal("0.0001")}
"""Of BTCUSDT and ETHUSDT on Binance's spot market, where pledged coins are sold."""

DOLLAR = "USDT"


class LoanStep(NamedTuple):
    """One sale of pledged coins."""

    account: str
    instrument: str
    quantity: Decimal
    expected_price: Decimal | None
    """In USDT; None where it is not known what that is worth."""
    cost: Decimal
    """Fee and slippage, in the document's currency."""
    utilization_after: Decimal | None

    @property
    def fee(self) -> Decimal | None:
        """In USDT."""
        if self.expected_price is None:
            return None
        return self.quantity * self.expected_price * ASSUMED_FEE_RATE


def loan_steps(evaluation: Evaluation) -> list[LoanStep]:
    """Return the sales of every loan of the document that is at close-out."""
    return [step for loan in evaluation.loans.values() for step in _steps(evaluation, loan)]


def _steps(evaluation: Evaluation, loan: Loan) -> list[LoanStep]:
    figures: LoanFigures = loan.figures
    if figures.level != CLOSE_OUT or figures.loan is None or loan.account.execution != "paper":
        return []
    if not figures.known:
        return []
    situation = evaluation.situation
    secured = Secured(pledges=loan.pledges, loan=figures.loan, terms=loan_terms(situation.profile))
    coins = {one.pledge: one for one in _coins(loan)}
    plan = sale_plan(secured, list(coins.values()))
    return [
        LoanStep(
            account=loan.account.id,
            instrument=sale.instrument,
            quantity=sale.quantity,
            expected_price=_dollars(evaluation, sale.instrument),
            cost=sale.quantity * (coins[sale.pledge].price - coins[sale.pledge].net),
            utilization_after=sale.utilization_after,
        )
        for sale in plan
    ]


def _coins(loan: Loan) -> list[Sellable]:
    kept = (ONE - ASSUMED_SLIPPAGE) * (ONE - ASSUMED_FEE_RATE)
    found: list[Sellable] = []
    for place, (row, pledge) in enumerate(zip(loan.account.collateral, loan.pledges, strict=True)):
        quantity, value = row.quantity or ZERO, pledge.market_value
        if row.asset not in LOTS or not quantity or value is None:
            continue
        found.append(
            Sellable(
                pledge=place,
                instrument=f"{row.asset}{DOLLAR}.BINANCE",
                quantity=quantity,
                at_trigger=quantity,
                price=value / quantity,
                net=value / quantity * kept,
                lot_size=LOTS[row.asset],
            )
        )
    return found


def _dollars(evaluation: Evaluation, instrument: str) -> Decimal | None:
    coin = instrument.removesuffix(f"{DOLLAR}.BINANCE")
    price = price_in(evaluation.situation.portfolio, coin, DOLLAR)
    return None if price is None else price * (ONE - ASSUMED_SLIPPAGE)
