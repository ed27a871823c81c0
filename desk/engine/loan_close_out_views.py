"""The close-out of a margin loan as the screen shows it: what would be sold, or is being sold.

Price and fee of a step are in what the coin is sold for, as those of a fill; what it leaves is a
utilization.
"""

from __future__ import annotations

from decimal import Decimal

import msgspec

from desk.engine.change import CloseOut
from desk.engine.conversion import worth
from desk.engine.desk import Desk
from desk.engine.loan_sales import secured_of, sellable_coins
from desk.engine.loan_watch import PAPER
from desk.engine.loans import Loan
from desk.engine.risk_snapshot import CloseOutStepView, CloseOutView
from desk.engine.watched_loans import all_financing_accounts, loan_now
from desk.execution.order import Order
from desk.margin.rounding import written
from desk.model.numbers import ONE, ZERO
from desk.model.orders import Side
from desk.risk.loan_sale import Sale, Secured, Sellable, after_sale, is_cured, sale_plan

SHOWN_MS = 60_000
"""How long a close-out that is over stays in sight."""


def loan_close_out_views(desk: Desk) -> list[CloseOutView]:
    """Return one view for each financing account that owes something, or was just closed out."""
    loans = (loan_now(desk, account) for account in all_financing_accounts(desk))
    return [_view(desk, loan) for loan in loans if loan.owed or _last(desk, loan) is not None]


def _last(desk: Desk, loan: Loan) -> CloseOut | None:
    """Return the close-out that runs or is just over."""
    one = desk.state.close_outs.get((loan.account.id, None))
    if one is None or one.ended_ms is None:
        return one
    return one if desk.wall_ms - one.ended_ms < SHOWN_MS else None


def _view(desk: Desk, loan: Loan) -> CloseOutView:
    name, one = loan.account.id, _last(desk, loan)
    running = one is not None and one.ended_ms is None
    waits = desk.waits.get((name, None))
    reason, planned = _planned(desk, loan, one if running else None)
    if running:
        phase = "running"
    elif waits is not None:
        phase = "confirming"
    else:
        phase = "standing" if one is None else "done"
    sent = [] if one is None else [desk.state.orders[order_id] for order_id in one.orders]
    return CloseOutView(
        account=name,
        phase=phase,
        reason=waits or (reason if one is None else one.reason),
        triggered_ms=None if one is None else one.triggered_ms,
        steps=[
            *(_sent(order) for order in sent if order.is_live or order.fills),
            *([] if phase == "done" else planned),
        ],
        preference=list(desk.state.close_out_orders.get(name, ())),
    )


def _planned(desk: Desk, loan: Loan, one: CloseOut | None) -> tuple[str, list[CloseOutStepView]]:
    """Return when it would be due, and its steps there; or those that are left of one that runs."""
    secured = secured_of(desk, loan)
    if secured is None:
        return "Nothing can be planned: what the collateral is worth is unknown.", []
    coins = sellable_coins(desk, loan, None if one is None else one.at_trigger)
    secured, coins = _without_working(desk, secured, coins)
    if one is not None or not is_cured(secured.figures):
        return _said(loan, "At the prices of now."), _steps(desk, loan, secured, coins)
    fall = loan.figures.fall_to_close_out
    if fall is None:
        return f"No fall of virtual assets brings {loan.account.id} to close-out.", []
    there, moved = _fallen(secured, ONE - fall), _moved(coins, ONE - fall)
    said = f"At a fall of {fall:.2%} of virtual assets, where {loan.account.id} would be due."
    return _said(loan, said), _steps(desk, loan, there, moved)


def _without_working(
    desk: Desk, secured: Secured, coins: list[Sellable]
) -> tuple[Secured, list[Sellable]]:
    """Return loan and coins as if the sale that is out were done: it is shown by itself."""
    left: list[Sellable] = []
    for coin in coins:
        out = sum(
            (
                order.remaining
                for order in desk.state.live_orders()
                if order.id in desk.state.close_out_steps
                and order.terms.instrument == coin.instrument
            ),
            ZERO,
        )
        secured = after_sale(secured, coin, out)
        left.append(msgspec.structs.replace(coin, quantity=coin.quantity - out))
    return secured, left


def _said(loan: Loan, sentence: str) -> str:
    if loan.account.execution == PAPER and not loan.account.watched:
        return sentence
    return f"{sentence} The desk sells nothing there: the lender does."


def _fallen(secured: Secured, left: Decimal) -> Secured:
    return msgspec.structs.replace(
        secured,
        pledges=tuple(
            msgspec.structs.replace(pledge, market_value=pledge.market_value * left)
            if pledge.is_virtual and pledge.market_value is not None
            else pledge
            for pledge in secured.pledges
        ),
    )


def _moved(coins: list[Sellable], left: Decimal) -> list[Sellable]:
    return [
        msgspec.structs.replace(coin, price=coin.price * left, net=coin.net * left)
        for coin in coins
    ]


def _steps(
    desk: Desk, loan: Loan, secured: Secured, coins: list[Sellable]
) -> list[CloseOutStepView]:
    preference = desk.state.close_out_orders.get(loan.account.id, ())
    by_place = {coin.pledge: coin for coin in coins}
    return [
        _step(desk, loan, sale, by_place[sale.pledge])
        for sale in sale_plan(secured, coins, preference)
    ]


def _step(desk: Desk, loan: Loan, sale: Sale, coin: Sellable) -> CloseOutStepView:
    instrument = desk.catalogue.get(sale.instrument)
    assert instrument is not None, f"a sale in {sale.instrument}, which is unknown"
    rate = worth(desk, instrument.quote, loan.account.currency)
    price = coin.net / (ONE - instrument.taker_fee_rate) / rate if rate else None
    after = sale.utilization_after
    return CloseOutStepView(
        instrument=sale.instrument,
        side=Side.SELL.value,
        quantity=sale.quantity,
        expected_price=None if price is None else written(price),
        fee=None if price is None else written(sale.quantity * price * instrument.taker_fee_rate),
        margin_ratio_after=None if after is None else written(after),
    )


def _sent(order: Order) -> CloseOutStepView:
    """Return a sale that was sent, with price and fee in what it was sold for."""
    paid = sum((fill.quantity * fill.price for fill in order.fills), ZERO)
    return CloseOutStepView(
        instrument=order.terms.instrument,
        side=order.terms.side.value,
        quantity=order.terms.quantity if order.is_live else order.filled,
        expected_price=written(paid / order.filled) if order.filled else None,
        fee=sum((fill.fee for fill in order.fills), ZERO) if order.fills else None,
        margin_ratio_after=None,
        status="working" if order.is_live else "done",
    )
