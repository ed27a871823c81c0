"""Orders, fills and the day's events as rows."""

from __future__ import annotations

from decimal import Decimal

from desk.engine.snapshot import DeskFrame, FillView, OrderView, ProgramView
from desk.model.numbers import plain
from ui.viewmodels.cells import Cell, Column, Row, Side
from ui.viewmodels.names import word
from ui.viewmodels.text import clock, number, price, quantity, short_symbol
from ui.viewmodels.tone import Tone
from ui.viewmodels.translation import said, tr

ORDER_COLUMNS = (
    Column("instrument", "Instrument", "BTCUSDT P", Side.LEFT),
    Column("quantity", "Quantity", "▲ 88.888", keep=8),
    Column("price", "Price", "88,888.8", keep=8),
    Column("type", "Type", "LMT PO", Side.LEFT),
    Column("more", "Queue · until", "", Side.LEFT, keep=0),
    Column("cancel", "", "", width=12, acts=True),
)

FILL_COLUMNS = (
    Column("time", "{zone}", "88:88:88", Side.LEFT),
    Column("instrument", "Instrument", "BTCUSDT P", Side.LEFT),
    Column("quantity", "Quantity", "▲ 888.888"),
    Column("price", "Price", "88,888.8"),
    Column("fee", "Fee", "888.88", keep=1),
)

WORKING = frozenset({"PENDING", "UNKNOWN", "WAITING", "WORKING", "PARTIALLY_FILLED"})
_STATES = {"PENDING": "SENT", "CANCELLED": "CXL", "REJECTED": "REJ", "FILLED": "FILLED"}
_TYPES = {
    "LIMIT": "LMT",
    "MARKET": "MKT",
    "STOP": "STP",
    "STOP_LIMIT": "STL",
    "TAKE_PROFIT": "TP",
    "TRAILING_STOP": "TRL",
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
    rows += program_rows(frame)
    if ended:
        rows.append(Row("ended", (Cell(f"{len(ended)}", Tone.MUTED),), heading=tr("Ended")))
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
    flags += ["OCO"] * (order.oco is not None)
    state = _state(order)
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
            Cell(
                word(state) or " ".join(map(word, flags)),
                _state_tone(order),
                chip="danger" if order.status == "UNKNOWN" else "",
            ),
            Cell(_more(order, lot), Tone.MUTED),
            Cell("x" if is_working and not order.cancelling else ""),
        ),
    )


def _state(order: OrderView) -> str:
    """What must be known before anything else; empty: it works as it was meant to."""
    if order.status not in WORKING:
        return _STATES.get(order.status, order.status)
    if order.status == "UNKNOWN":
        return "UNKNOWN"
    if order.cancelling:
        return "CXL …"
    if order.amending:
        return "AMD …"
    return _STATES.get(order.status, "")


def _state_tone(order: OrderView) -> Tone:
    if order.status == "UNKNOWN":
        return Tone.DANGER
    return Tone.TEXT2 if order.status in WORKING else Tone.MUTED


def _more(order: OrderView, lot: Decimal) -> str:
    """Place in the queue, expiry, trail, link and program, as far as the order has them."""
    words: list[str] = []
    if order.queue_ahead is not None:
        words.append(tr("≈ {quantity} ahead", quantity=quantity(order.queue_ahead, lot)))
    if order.expires_ms is not None:
        words.append(tr("until {time}", time=clock(order.expires_ms)))
    if order.trail_rate is not None:
        words.append(tr("trails {trail}", trail=f"{plain(order.trail_rate * 100)}%"))
    elif order.trail is not None:
        words.append(tr("trails {trail}", trail=f"{order.trail:,f}"))
    if order.unanswered_since_ms is not None:
        words.append(tr("no answer since {time}", time=clock(order.unanswered_since_ms)))
    words += [tr("OCO {oco}", oco=order.oco)] * bool(order.oco)
    words += [tr("of {program}", program=order.program)] * bool(order.program)
    return " · ".join(words)


def program_rows(frame: DeskFrame) -> list[Row]:
    """Ladders and TWAPs under a heading, with what they have done; one that runs can be stopped."""
    if not frame.programs:
        return []
    running = sum(program.state == "RUNNING" for program in frame.programs)
    heading = Row(
        "programs",
        (Cell(tr("{running} running", running=running), Tone.MUTED),),
        heading=tr("Programs"),
    )
    return [heading, *(_program_row(program) for program in frame.programs)]


def _program_row(program: ProgramView) -> Row:
    runs, is_buy = program.state == "RUNNING", program.side == "BUY"
    name, kind = short_symbol(program.instrument)
    tone = (Tone.BID if is_buy else Tone.ASK) if runs else Tone.MUTED
    share = f"{plain(program.filled)}/{plain(program.quantity)}"
    average = "" if program.average_price is None else f"{round(program.average_price, 2):,f}"
    until = [
        *([] if program.next_ms is None else [tr("next {time}", time=clock(program.next_ms))]),
        *([] if program.ends_ms is None else [tr("ends {time}", time=clock(program.ends_ms))]),
    ]
    return Row(
        program.id,
        (
            Cell(name, Tone.TEXT if runs else Tone.MUTED, unit=kind),
            Cell(f"{'▲' if is_buy else '▼'} {share}", tone, strong=True),
            Cell(average, Tone.TEXT2),
            Cell(_kind(program), _tone(program)),
            Cell(" · ".join([*until, *[said(program.note)] * bool(program.note)]), Tone.MUTED),
            Cell("x" if runs else ""),
        ),
    )


def _kind(program: ProgramView) -> str:
    """`TWAP`, and how it stands once it does not run."""
    kind = word(program.kind.upper())
    return kind if program.state == "RUNNING" else f"{kind} {word(program.state)}"


def _tone(program: ProgramView) -> Tone:
    tones = {"RUNNING": Tone.TEXT2, "ENDED": Tone.WARNING}
    return tones.get(program.state, Tone.MUTED)


def _price_text(order: OrderView, tick: Decimal) -> str:
    """Write the limit; of one that waits, the mark that it waits for."""
    if order.trigger is not None and (order.waiting or order.price is None):
        return price(order.trigger, tick)
    return tr("market") if order.price is None else price(order.price, tick)


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
            Cell(clock(fill.time_ms), Tone.MUTED),
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
