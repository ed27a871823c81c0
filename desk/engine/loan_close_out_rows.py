"""What the close-out of a margin loan writes and says: its beginning, a sale, what it repays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from desk.engine.change import Change, CloseOut, NewOrder
from desk.engine.close_out_rows import WARNING, add_row, free_order_id, saying
from desk.engine.conversion import worth
from desk.engine.desk import Desk
from desk.engine.financing import repayment
from desk.engine.loans import Loan, Owed
from desk.engine.ordering import collar_price
from desk.engine.plan import Plan
from desk.ledger.book import MARKET, Posting, transfer
from desk.margin.rounding import written
from desk.model.numbers import POSTING_INCREMENT, plain, round_down, round_up
from desk.model.orders import OrderTerms, OrderType, Side, TimeInForce
from desk.risk.loan_sale import Sale


def used_text(loan: Loan) -> str:
    """Write a utilization; without margin value there is none."""
    used = loan.figures.utilization
    return "no margin value left" if used is None else f"utilization {used * 100:.2f}%"


def begin_plan(desk: Desk, loan: Loan, coins: Mapping[str, Decimal]) -> Plan:
    """Begin a close-out, and cancel own bids that would buy what it sells."""
    account = loan.account.id
    one = CloseOut(
        account=account,
        number=1 + max((known.number for known in desk.state.close_outs.values()), default=0),
        triggered_ms=desk.wall_ms,
        at_trigger=dict(coins),
        reason=f"Close-out of {account} begins: {used_text(loan)}.",
    )
    cancels = tuple(
        order.id
        for order in desk.state.live_orders()
        if order.terms.instrument in coins and order.terms.side is Side.BUY
    )
    figures = loan.figures
    what: dict[str, object] = {
        "phase": "triggered",
        "loan": _text(figures.loan),
        "margin_value": _text(figures.margin_value),
        "currency": loan.account.currency,
        "profile_hash": desk.rules.hash,
    }
    plan = saying("CLOSE_OUT", one.reason)
    add_row(desk, plan, Change(what=what, close_out=one, cancels=cancels), account)
    return plan


def sale_row(desk: Desk, one: CloseOut, sale: Sale) -> Plan:
    """Send the next sale: a market order within the collar."""
    number = len(one.orders) + 1
    terms = OrderTerms(
        id=free_order_id(desk, one, number),
        account=one.account,
        instrument=sale.instrument,
        side=Side.SELL,
        quantity=sale.quantity,
        type=OrderType.MARKET,
        tif=TimeInForce.IOC,
    )
    what: dict[str, object] = {
        "phase": "step",
        "step": number,
        "utilization_after": _text(sale.utilization_after),
    }
    message = (
        f"Close-out of {one.account}, step {number}: SELL {plain(sale.quantity)} {sale.instrument}."
    )
    order = NewOrder(terms=terms, collar_price=collar_price(desk, terms))
    plan = saying("CLOSE_OUT_STEP", message, WARNING)
    add_row(desk, plan, Change(what=what, orders=(order,), step_of=one.unit), one.account)
    return plan


def proceeds_plan(desk: Desk, loan: Loan, assets: Sequence[str]) -> Plan | None:
    """Repay the loan with what sales have brought; None for nothing, or without a rate."""
    for asset in assets:
        held = desk.state.ledger.balance(loan.account.id, asset)
        for debt in loan.owed if held > 0 else ():
            rate = worth(desk, asset, debt.asset)
            if rate is not None and (paid := _paid(held, rate, debt)):
                return _repaid(desk, loan, asset, paid, rate, debt)
    return None


def _paid(held: Decimal, rate: Decimal, debt: Owed) -> tuple[Decimal, Decimal] | None:
    """Return what is given and what it pays of a debt, neither more than there is."""
    repaid = min(debt.total, round_down(held * rate, POSTING_INCREMENT))
    given = min(held, round_up(repaid / rate, POSTING_INCREMENT))
    return (given, repaid) if repaid > 0 else None


def _repaid(
    desk: Desk, loan: Loan, asset: str, paid: tuple[Decimal, Decimal], rate: Decimal, debt: Owed
) -> Plan:
    given, repaid = paid
    account = loan.account.id
    postings, what = repayment(account, account, debt, repaid)
    exchange: tuple[Posting, ...] = ()
    if asset != debt.asset:
        exchange = (
            *transfer(account, MARKET, asset, given),
            *transfer(MARKET, account, debt.asset, repaid),
        )
    message = f"Close-out of {account}: {given:,.2f} {asset} repay {repaid:,.2f} {debt.asset}."
    plan = saying("CLOSE_OUT_REPAID", message, WARNING)
    what |= {"proceeds": plain(given), "of": asset, "rate": plain(written(rate))}
    change = Change(what=what, postings=(*exchange, *postings))
    add_row(desk, plan, change, account, "repay")
    return plan


def _text(figure: Decimal | None) -> str | None:
    return None if figure is None else plain(written(figure))
