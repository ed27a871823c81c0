"""What a venue refuses an order for when it arrives, by the venue's own code and words.

The desk has judged the order before; this is what may have become of it on its way. Sources: for
Binance USDⓈ-M the table at developers.binance.com/docs/derivatives/usds-margined-futures/error-code
and the filters of GET /fapi/v1/exchangeInfo (BTCUSDT and ETHUSDT: PERCENT_PRICE 0.95 to 1.05); for
Binance spot what nautilus_trader documents of LIMIT_MAKER orders. Venues that are not named here
refuse in the desk's words.
"""

from __future__ import annotations

from decimal import Decimal

from desk.execution.draft import POSITION_GONE, Draft, limit_text
from desk.execution.liquidity import best
from desk.execution.paper_order import PaperOrder
from desk.execution.port import BookLevels
from desk.model.instrument import Instrument, Kind
from desk.model.numbers import ONE, plain
from desk.model.orders import OrderType, Side

USDM = "binance-usdm"
PERCENT_PRICE = Decimal("0.05")
"""How far from the mark a price may lie: a buy above it, a sell below it."""

NO_MARGIN, WOULD_TRIGGER, NOT_REDUCING = -2019, -2021, -2022
TOO_HIGH, TOO_LOW, NO_COUNTERPART, TOO_SMALL = -4016, -4024, -4131, -4164
ALL_OR_NOTHING, WOULD_TAKE = -5021, -5022

WORDS: dict[str, dict[int, str]] = {
    USDM: {
        NO_MARGIN: "Margin is insufficient.",
        WOULD_TRIGGER: "Order would immediately trigger.",
        NOT_REDUCING: "ReduceOnly Order is rejected.",
        TOO_HIGH: "Price is higher than mark price multiplier cap.",
        TOO_LOW: "Price is lower than mark price multiplier floor.",
        NO_COUNTERPART: (
            "The counterparty's best price does not meet the PERCENT_PRICE filter limit"
        ),
        TOO_SMALL: "Order's notional must be no smaller than {} (unless you choose reduce only)",
        ALL_OR_NOTHING: (
            "Due to the order could not be filled immediately, the FOK order has been rejected."
        ),
        WOULD_TAKE: (
            "Due to the order could not be executed as maker, the Post Only order will be rejected."
        ),
    },
    "binance-spot": {WOULD_TAKE: "Order would immediately match and take."},
}
SPOT_CODES = {WOULD_TAKE: -2010}
"""Where spot has another code for the same."""

NO_CASH = "the account cannot pay for it any more"


def worded(instrument: Instrument, code: int, ours: str) -> str:
    """Return the venue's code and words with ours behind them; ours alone where it has none."""
    words = WORDS.get(instrument.connection, {}).get(code)
    if words is None:
        return ours
    number = code if instrument.connection == USDM else SPOT_CODES[code]
    return f"{instrument.venue} {number}: {words.format(plain(instrument.min_notional))} ({ours})"


def refuses(instrument: Instrument, code: int) -> bool:
    """Whether a venue is known to refuse for this, rather than to end what it has taken."""
    return code in WORDS.get(instrument.connection, {})


def refusal(order: PaperOrder, book: BookLevels, draft: Draft) -> str:
    """Return why the venue refuses an order that arrives, or nothing."""
    if order.instrument.kind is Kind.SPOT and order.terms.type.has_trigger:
        return NO_CASH if draft.lacks_margin(order) else ""
    if order.instrument.connection != USDM or draft.has(order):
        return ""
    if order.terms.reduce_only:
        gone = draft.fillable(order) == 0
        return worded(order.instrument, NOT_REDUCING, POSITION_GONE) if gone else ""
    mark = draft.fresh_mark(order)
    found = "" if mark is None else _by_mark(order, book, mark)
    if not found and draft.lacks_margin(order):
        ours = "the account's margin does not cover it any more"
        found = worded(order.instrument, NO_MARGIN, ours)
    return found


def waiting_refusal(order: PaperOrder, draft: Draft) -> str:
    """Return why the venue refuses an order with a trigger that arrives, or nothing.

    A protective leg is not refused for a mark that has passed its trigger: it acts at once, for
    the position must not be left without it.
    """
    instrument, terms, mark = order.instrument, order.terms, draft.fresh_mark(order)
    if instrument.connection != USDM or draft.has(order):
        return ""
    if draft.fillable(order) == 0:
        return worded(instrument, NOT_REDUCING, POSITION_GONE)
    if terms.parent is None and mark is not None and terms.is_triggered_by(mark):
        ours = f"the mark is {plain(mark)} already"
        return worded(instrument, WOULD_TRIGGER, ours)
    return ""


def _by_mark(order: PaperOrder, book: BookLevels, mark: Decimal) -> str:
    """Return what the filters that go by the mark say."""
    instrument, terms = order.instrument, order.terms
    buys, takes = order.side is Side.BUY, terms.type is OrderType.MARKET
    edge = mark * (ONE + PERCENT_PRICE * order.side.sign)
    price = instrument.price(order.limit)
    if takes:
        counterpart = best(book, order.side.opposite)
        price = mark if counterpart is None else instrument.price(counterpart)
    if price > edge if buys else price < edge:
        code = NO_COUNTERPART if takes else TOO_HIGH if buys else TOO_LOW
        return worded(instrument, code, f"{plain(price)}, with the mark at {plain(mark)}")
    worth = instrument.notional(terms.quantity, mark if takes else price)
    if worth < instrument.min_notional:
        return worded(instrument, TOO_SMALL, f"it is worth {plain(worth)} {instrument.settle}")
    return ""


def post_only_text(order: PaperOrder) -> str:
    """Say that an order which may not take would take."""
    ours = f"post-only: it would take liquidity at {limit_text(order)}"
    return worded(order.instrument, WOULD_TAKE, ours)
