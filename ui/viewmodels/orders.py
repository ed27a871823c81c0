"""Orders, fills and the day's events as rows."""

from __future__ import annotations

from decimal import Decimal

from desk.engine.snapshot import DeskFrame, FillView, OrderView
from ui.viewmodels.cells import Cell, Column, Row, Side
from ui.viewmodels.text import clock, number, price, quantity, short_symbol
from ui.viewmodels.tone import Tone

ORDER_COLUMNS = (
    Column("instrument", "Instrument", "BTCUSDT P", Side.LEFT),
    Column("quantity", "Quantity", "▲ 88.888"),
    Column("price", "Price", "88,888.8"),
    Column("type", "Type", "LMT PO"),
    Column("cancel", "", "", width=12),
)

FILL_COLUMNS = (
    Column("time", "HKT", "88:88:88", Side.LEFT),
    Column("instrument", "Instrument", "BTCUSDT P", Side.LEFT),
    Column("quantity", "Quantity", "▲ 888.888"),
    Column("price", "Price", "88,888.8"),
    Column("fee", "Fee", "888.88", keep=1),
)

WORKING = frozenset({"PENDING", "WAITING", "WORKING", "PARTIALLY_FILLED"})
_STATES = {"PENDING": "SENT", "CANCELLED": "CXL", "REJECTED": "REJ", "FILLED": "FILLED"}
_TYPES = {
    "LIMIT": "LMT",
    "MARKET": "MKT",
    "STOP": "STP",
    "STOP_LIMIT": "STL",
    "TAKE_PROFIT": "TP",
}
_ROLES = {"stop_loss": "SL", "take_profit": "TP"}
_DEFAULT_STEP = Decimal("0.001")


def working_count(frame: DeskFrame) -> int:
    """How many orders can still fill."""
    return sum(order.status in WORKING for order in frame.orders)


def order_rows(frame: DeskFrame) -> tuple[Row, ...]:
    """Working orders first, then under a heading those that ended lately."""
    steps = {m.instrument: (m.tick_size, m.lot_size) for m in frame.markets}
    working = [order for order in frame.orders if order.status in WORKING]
    ended = [order for order in frame.orders if order.status not in WORKING]
    rows = [_order_row(order, steps) for order in working]
    if ended:
        rows.append(Row("ended", (Cell(f"{len(ended)}", Tone.MUTED),), heading="Ended"))
        rows += [_order_row(order, steps) for order in ended]
    return tuple(rows)


def _order_row(order: OrderView, steps: dict[str, tuple[Decimal, Decimal]]) -> Row:
    tick, lot = steps.get(order.instrument, (_DEFAULT_STEP, _DEFAULT_STEP))
    is_working = order.status in WORKING
    is_buy = order.side == "BUY"
    direction = Tone.BID if is_buy else Tone.ASK
    shown = quantity(order.quantity, lot)
    if order.filled and is_working:
        shown = f"{quantity(order.filled, lot)}/{shown}"
    flags = [_ROLES.get(order.role) or _TYPES.get(order.type, order.type)]
    flags += ["PO"] * order.post_only + ["RO"] * order.reduce_only
    flags += [order.tif] * (order.tif != "GTC" and order.type == "LIMIT")
    state = _STATES.get(order.status, order.status if not is_working else "")
    name, kind = short_symbol(order.instrument)
    return Row(
        order.id,
        (
            Cell(name, Tone.TEXT if is_working else Tone.MUTED, unit=kind),
            Cell(
                f"{'▲' if is_buy else '▼'} {shown}", direction if is_working else Tone.MUTED, True
            ),
            Cell(
                _price_text(order, tick),
                Tone.TEXT if is_working and not order.waiting else Tone.MUTED,
            ),
            Cell(state or " ".join(flags), Tone.TEXT2 if is_working else Tone.MUTED),
            Cell("x" if is_working else ""),
        ),
    )


def _price_text(order: OrderView, tick: Decimal) -> str:
    """Write the limit; of one that waits, the mark that it waits for."""
    if order.trigger is not None and (order.waiting or order.price is None):
        return price(order.trigger, tick)
    return "market" if order.price is None else price(order.price, tick)


def fill_rows(frame: DeskFrame) -> tuple[Row, ...]:
    """Newest first."""
    steps = {m.instrument: (m.tick_size, m.lot_size) for m in frame.markets}
    return tuple(_fill_row(fill, steps) for fill in frame.fills)


def _fill_row(fill: FillView, steps: dict[str, tuple[Decimal, Decimal]]) -> Row:
    tick, lot = steps.get(fill.instrument, (_DEFAULT_STEP, _DEFAULT_STEP))
    is_buy = fill.side == "BUY"
    name, kind = short_symbol(fill.instrument)
    return Row(
        fill.id,
        (
            Cell(clock(fill.time_ms, 8), Tone.MUTED),
            Cell(name, Tone.TEXT, unit=kind),
            Cell(
                f"{'▲' if is_buy else '▼'} {quantity(fill.quantity, lot)}",
                Tone.BID if is_buy else Tone.ASK,
                strong=True,
            ),
            Cell(price(fill.price, tick), Tone.TEXT),
            Cell(number(fill.fee, 2), Tone.TEXT2),
        ),
    )
