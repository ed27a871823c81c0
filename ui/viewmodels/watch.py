"""Market watch: every instrument in its base coin's group, and the depth of the chosen one."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from itertools import groupby

from desk.engine.snapshot import BookView, DeskFrame, MarketView
from ui.viewmodels.cells import Cell, Column, Row, Side
from ui.viewmodels.text import (
    UNKNOWN,
    age,
    change,
    compact,
    countdown_short,
    price,
    quantity,
    rate,
    symbol,
)
from ui.viewmodels.tone import Tone, of_profit

COLUMNS = (
    Column("instrument", "Instrument", "BTCUSDT-PERP spot", Side.LEFT),
    Column("bid", "Bid", "888,888.88"),
    Column("ask", "Ask", "888,888.88"),
    Column("last", "Last", "888,888.88", keep=1),
    Column("mark", "Mark", "888,888.88"),
    Column("index", "Index", "888,888.88", keep=3),
    Column("basis", "Basis", "+8.888%", keep=7, tip="(perpetual − spot) / spot of the venue"),
    Column("funding", "Funding", "+0.8888%", keep=8, tip="rate of the running interval"),
    Column("next", "Next", "88:88", keep=4, tip="hours and minutes to the next funding"),
    Column("change", "24 h", "+88.88%", keep=5),
    Column("interest", "OI", "888.8M", keep=0, tip="open interest in the venue's unit"),
    Column("spread", "Spread", "8,888.88", keep=2),
    Column("age", "Age", "UNSYNCED", tip="age of the mark in ms"),
)

_NOTHING: Mapping[str, Row] = {}


def watch_rows(frame: DeskFrame, unseen: Mapping[str, Row] = _NOTHING) -> tuple[Row, ...]:
    """Rows by base coin; a stale row is dimmed and its age stands out.

    A row of `unseen` (scrolled out of sight) is kept as it is: nobody reads it, and writing
    fifty rows costs more than painting ten.
    """
    rows: list[Row] = []
    ordered = sorted(
        frame.markets, key=lambda market: (market.base, market.kind, market.instrument)
    )
    for base, group in groupby(ordered, key=lambda market: market.base):
        markets = list(group)
        rows.append(Row(f"base {base}", (Cell(_group_note(markets), Tone.MUTED),), heading=base))
        rows += [unseen.get(m.instrument) or _row(m, frame.wall_ms) for m in markets]
    return tuple(rows)


def _group_note(markets: list[MarketView]) -> str:
    live = sum(market.quality == "LIVE" for market in markets)
    return f"{live} of {len(markets)} live"


def _row(market: MarketView, wall_ms: int) -> Row:
    is_live = market.quality == "LIVE"
    figure = Tone.TEXT2 if is_live else Tone.STALE
    strong = Tone.TEXT if is_live else Tone.STALE
    tick = market.tick_size
    is_perpetual = market.kind == "perpetual"
    left = None if market.next_funding_ms is None else market.next_funding_ms - wall_ms

    def figured(text: str, tone: Tone = figure) -> Cell:
        return Cell(text, Tone.MUTED if text == UNKNOWN else tone)

    return Row(
        market.instrument,
        (
            Cell(
                symbol(market.instrument), strong, strong=True, unit="" if is_perpetual else "spot"
            ),
            figured(price(market.bid, tick), strong),
            figured(price(market.ask, tick), strong),
            figured(price(market.last, tick)),
            figured(price(market.mark, tick), strong),
            figured(price(market.index, tick)),
            figured(change(market.basis_rate, 3)),
            figured(rate(market.funding_rate)),
            figured(countdown_short(left)),
            figured(
                change(market.change_24h_rate),
                of_profit(market.change_24h_rate) if is_live else Tone.STALE,
            ),
            figured(compact(market.open_interest)),
            figured(price(market.spread, tick)),
            _age_cell(market),
        ),
    )


def _age_cell(market: MarketView) -> Cell:
    """The mark's age; what is wrong with mark or book stands out."""
    if market.quality == "UNKNOWN":
        return Cell("UNKNOWN", Tone.WARNING, chip="warn")
    text = age(market.mark_age_ms if market.mark_age_ms is not None else market.book_age_ms)
    if market.quality != "LIVE":
        return Cell(text, Tone.DANGER, chip="danger")
    if market.book_state != "SYNCED":
        return Cell(market.book_state, Tone.WARNING, chip="warn")
    return Cell(text, Tone.MUTED)


DEPTH_COLUMNS = (
    Column("quantity", "Quantity", "8,888.888"),
    Column("price", "Price", "888,888.88"),
)


def depth_rows(book: BookView | None, market: MarketView | None, levels: int) -> tuple[Row, ...]:
    """Asks above, bids below; a bar's length is the level's share of the largest one shown."""
    if book is None or market is None or book.instrument != market.instrument:
        return ()
    asks, bids = book.asks[:levels], book.bids[:levels]
    largest = max((size for _, size in (*asks, *bids)), default=Decimal(1))
    return (
        *(_level(level, market, largest, "ask") for level in reversed(asks)),
        *(_level(level, market, largest, "bid") for level in bids),
    )


def _level(level: tuple[Decimal, Decimal], market: MarketView, largest: Decimal, name: str) -> Row:
    level_price, size = level
    live = market.book_state == "SYNCED"
    tone = Tone.BID if name == "bid" else Tone.ASK
    return Row(
        f"{name} {level_price}",
        (
            Cell(
                quantity(size, market.lot_size),
                Tone.TEXT2 if live else Tone.STALE,
                value=float(size / largest) if largest else 0.0,
            ),
            Cell(price(level_price, market.tick_size), tone if live else Tone.STALE, strong=True),
        ),
    )


def market_of(frame: DeskFrame, instrument: str | None) -> MarketView | None:
    """The instrument's row of the frame, or None."""
    return next((m for m in frame.markets if m.instrument == instrument), None)


def first_choice(frame: DeskFrame) -> str | None:
    """What to show when nothing was chosen: the first BTC perpetual in USDT, else anything."""
    ordered = sorted(
        frame.markets,
        key=lambda m: (m.kind != "perpetual", m.base != "BTC", "USDT" not in m.instrument),
    )
    return ordered[0].instrument if ordered else None
