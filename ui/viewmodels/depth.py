"""The chosen instrument's best levels with their bars."""

from __future__ import annotations

from decimal import Decimal

from desk.engine.snapshot import BookView, MarketView
from ui.viewmodels.cells import Cell, Column, Row
from ui.viewmodels.text import price, quantity
from ui.viewmodels.tone import Tone

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
