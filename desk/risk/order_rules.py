"""The rules of working orders, held against a document."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal

from desk.margin.account import market_of
from desk.margin.inputs import AccountInput, OrderInput
from desk.margin.requirement import expected_price
from desk.model.numbers import ZERO
from desk.model.orders import Side
from desk.risk.evaluation import Evaluation
from desk.risk.prices import usd_price
from desk.risk.profile import Rule
from desk.risk.rule_line import BREACH, Finding, at_most, fine, limit_of, worst

NO_ORDER = "There is no working order."


def _orders(evaluation: Evaluation) -> Iterator[tuple[AccountInput, OrderInput]]:
    for account in evaluation.situation.accounts.values():
        for order in account.orders:
            yield account, order


def _opening(evaluation: Evaluation) -> Iterator[tuple[AccountInput, OrderInput]]:
    """Orders that are not held to the position: no size is too large to get out with."""
    return ((account, order) for account, order in _orders(evaluation) if not order.reduce_only)


def _price(account: AccountInput, order: OrderInput) -> Decimal | None:
    market = market_of(account, [order])
    return expected_price(order, market.mark, market.collar_rate)


def limits_present(evaluation: Evaluation, rule: Rule) -> Finding:
    """No limit, no trade: the profile carries a number for every limit it enforces."""
    del rule
    profile = evaluation.situation.profile
    for name in ("ord.price_collar", "ord.max_value", "perp.max_leverage"):
        if not profile.number(name):
            return Finding(status=BREACH, message=f"{name} has no number: everything is refused.")
    return fine("Every limit has a number.")


def price_collar(evaluation: Evaluation, rule: Rule) -> Finding:
    """A limit price lies near its mark."""
    limit = limit_of(rule)

    def judged() -> Iterator[Finding]:
        for account, order in _orders(evaluation):
            if order.price is None:
                continue
            mark = market_of(account, [order]).mark
            away = None if mark is None else abs(order.price - mark) / mark
            yield at_most(away, limit, f"{_name(order)}: the distance from the mark")

    return worst(judged(), NO_ORDER)


def max_value(evaluation: Evaluation, rule: Rule) -> Finding:
    """One order is worth only so much, in USD."""
    limit = evaluation.situation.profile.usd(rule.rule)
    portfolio = evaluation.situation.portfolio

    def judged() -> Iterator[Finding]:
        for account, order in _opening(evaluation):
            price, rate = _price(account, order), usd_price(portfolio, order.instrument.settle)
            worth = None
            if price is not None and rate is not None:
                worth = order.instrument.notional(order.quantity, price) * rate
            yield at_most(worth, limit, f"{_name(order)}: its value in USD")

    return worst(judged(), "No working order adds risk.")


def max_coin(coin: str) -> Callable[[Evaluation, Rule], Finding]:
    """Return the check of the largest order in a coin."""

    def check(evaluation: Evaluation, rule: Rule) -> Finding:
        limit = limit_of(rule)

        def judged() -> Iterator[Finding]:
            for account, order in _opening(evaluation):
                if order.instrument.base == coin:
                    price = _price(account, order)
                    size = None
                    if price is not None:
                        size = abs(order.instrument.base_quantity(order.quantity, price))
                    yield at_most(size, limit, f"{_name(order)}: its size in {coin}")

        return worst(judged(), f"No working order in {coin} adds risk.")

    return check


def intraday_position(evaluation: Evaluation, rule: Rule) -> Finding:
    """Positions with working orders, as if filled, stay within the position limit."""
    del rule
    portfolio = evaluation.situation.portfolio
    limit = evaluation.situation.profile.usd("perp.position_limit", "instrument")

    def judged() -> Iterator[Finding]:
        for account in evaluation.situation.accounts.values():
            for name in dict.fromkeys(order.instrument.id for order in account.orders):
                orders = [order for order in account.orders if order.instrument.id == name]
                worth = _filled_notional(account, orders)
                rate = usd_price(portfolio, orders[0].instrument.settle)
                usd = None if worth is None or rate is None else worth * rate
                yield at_most(usd, limit, f"{name} in {account.id} with its orders filled")

    return worst(judged(), NO_ORDER)


def _filled_notional(account: AccountInput, orders: list[OrderInput]) -> Decimal | None:
    market = market_of(account, orders)
    if market.mark is None:
        return None
    sizes = [abs(market.position)]
    for side in Side:
        adding = (o.quantity for o in orders if o.side is side and not o.reduce_only)
        sizes.append(abs(market.position + side.sign * sum(adding, ZERO)))
    return market.instrument.notional(max(sizes), market.mark)


def self_match(evaluation: Evaluation, rule: Rule) -> Finding:
    """No two own orders would trade with each other."""
    del rule
    for account in evaluation.situation.accounts.values():
        buys = [o for o in account.orders if o.side is Side.BUY]
        sells = [o for o in account.orders if o.side is Side.SELL]
        for buy in buys:
            for sell in sells:
                if buy.instrument.id == sell.instrument.id and _crosses(buy, sell):
                    message = f"A buy and a sell of {account.id} in {buy.instrument.id} cross."
                    return Finding(status=BREACH, message=message)
    return fine("No two own orders cross.")


def _crosses(buy: OrderInput, sell: OrderInput) -> bool:
    return buy.price is None or sell.price is None or buy.price >= sell.price


def _name(order: OrderInput) -> str:
    return f"{order.side.value} {order.quantity:f} {order.instrument.id}"


ORDER_CHECKS: Mapping[str, Callable[[Evaluation, Rule], Finding]] = {
    "ord.no_limit_no_trade": limits_present,
    "ord.price_collar": price_collar,
    "ord.max_value": max_value,
    "ord.max_value.max_btc": max_coin("BTC"),
    "ord.max_value.max_eth": max_coin("ETH"),
    "ord.intraday_position": intraday_position,
    "ord.self_match": self_match,
}
