"""Market watch: every instrument in its base coin's group, under the group's consensus."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from itertools import groupby

from desk.engine.snapshot import DeskFrame, MarketView, QualityView
from ui.viewmodels.cells import Cell, Column, Row, Side
from ui.viewmodels.consensus import STABLECOINS, heading_cells, index_of, rate_cells
from ui.viewmodels.names import word
from ui.viewmodels.text import (
    UNKNOWN,
    age,
    bps,
    change,
    compact,
    countdown_short,
    funding,
    price,
    short_venue,
    symbol,
)
from ui.viewmodels.tone import Tone, of_profit
from ui.viewmodels.translation import tr

COLUMNS = (
    Column("venue", "Venue", "KRK", Side.LEFT, keep=8),
    Column("instrument", "Instrument", "BTCUSDT-PERP spot", Side.LEFT),
    Column("bid", "Bid", "88,888.88"),
    Column("ask", "Ask", "88,888.88"),
    Column("last", "Last", "88,888.88", keep=1),
    Column("mark", "Mark", "88,888.88", tip="the venue's; of a spot instrument its book's mid"),
    Column("index", "Index", "88,888.88", keep=3, tip="the venue's own"),
    Column("basis", "Basis", "+8.888%", keep=6, tip="(perpetual − spot) / spot of the venue"),
    Column(
        "funding",
        "Funding",
        "+0.8888% /8h",
        keep=7,
        tip="rate and what it is for; 8h eq.: it accrues all the time, shown for eight hours",
    ),
    Column("next", "Next", "88:88", keep=4, tip="hours and minutes to the next funding"),
    Column("change", "24 h", "+88.88%", keep=5),
    Column("interest", "OI", "888.8M", keep=1, tip="open interest, in coins"),
    Column("spread", "Spread", "888.88", keep=2),
    Column("deviation", "vs cons.", "+88.8 bp", keep=0, tip="mark ÷ consensus index − 1"),
    Column("age", "Age", "UNSYNCED", tip="age of the mark in ms, or what is wrong with it"),
)

_FIRST = {"BTC": 0, "ETH": 1, STABLECOINS: 3}
"""Order of the groups; any other coin stands before the stablecoins."""

_STABLE = frozenset({"USDT", "USDC"})
_NO_ROWS: Mapping[str, Row] = {}


def watch_rows(
    frame: DeskFrame, unseen: Mapping[str, Row] = _NO_ROWS, *, short: bool = False
) -> tuple[Row, ...]:
    """Rows by base coin, perpetuals before spot; the order depends on names alone.

    A row of `unseen` (scrolled out of sight) is kept as it is: nobody reads it, and writing
    fifty rows costs more than painting ten. `short` writes the venues in letters.
    """
    rows: list[Row] = []
    quality = {one.instrument: one for one in frame.quality}
    for group, members in groupby(sorted(frame.markets, key=_place), key=_group):
        markets = list(members)
        rows.append(_heading(frame, group, markets))
        rows += [
            unseen.get(m.instrument)
            or _row(m, quality.get(m.instrument), frame.wall_ms, short=short)
            for m in markets
        ]
    return tuple(rows)


def without_arrivals(rows: tuple[Row, ...], shown: Collection[str]) -> tuple[Row, ...]:
    """Only rows that were there: under the pointer a newcomer would push the others away.

    Where one of them has gone the rows move anyhow, and all are shown.
    """
    kept = tuple(row for row in rows if row.key in shown)
    return kept if shown and len(kept) == len(shown) else rows


def _group(market: MarketView) -> str:
    return STABLECOINS if market.base in _STABLE else market.base


def _place(market: MarketView) -> tuple[int, str, bool, str, str, str]:
    group = _group(market)
    spot = market.kind != "perpetual"
    return _FIRST.get(group, 2), group, spot, market.kind, market.venue, market.instrument


def _heading(frame: DeskFrame, group: str, markets: list[MarketView]) -> Row:
    live = sum(market.quality == "LIVE" for market in markets)
    note = Cell(tr("{live} of {all} live", live=live, all=len(markets)), Tone.MUTED)
    index = index_of(frame, group)
    said = () if index is None else heading_cells(index)
    if group == STABLECOINS:
        said = rate_cells(frame)
    return Row(f"base {group}", (*said, note), heading=group)


def _row(market: MarketView, quality: QualityView | None, wall_ms: int, *, short: bool) -> Row:
    is_live = market.quality == "LIVE"
    figure = Tone.TEXT2 if is_live else Tone.STALE
    strong = Tone.TEXT if is_live else Tone.STALE
    tick = market.tick_size
    is_perpetual = market.kind == "perpetual"

    def figured(text: str, tone: Tone = figure) -> Cell:
        return Cell(text, Tone.MUTED if text == UNKNOWN else tone)

    return Row(
        market.instrument,
        (
            Cell(short_venue(market.venue) if short else market.venue, figure),
            Cell(
                symbol(market.instrument),
                strong,
                strong=True,
                unit="" if is_perpetual else word("spot"),
            ),
            figured(price(market.bid, tick), strong),
            figured(price(market.ask, tick), strong),
            figured(price(market.last, tick)),
            figured(price(market.mark, tick), strong),
            figured(price(market.index, tick)),
            figured(change(market.basis_rate, 3)),
            figured(
                funding(market.funding_rate, market.funding_interval_h, continuous=_accrues(market))
            ),
            figured(_next_funding(market, wall_ms)),
            figured(
                change(market.change_24h_rate),
                of_profit(market.change_24h_rate) if is_live else Tone.STALE,
            ),
            figured(compact(market.open_interest)),
            figured(price(market.spread, tick)),
            Cell(bps(market.deviation), Tone.DANGER, chip="danger")
            if quality is not None and quality.diverging
            else figured(bps(market.deviation)),
            _age_cell(market, quality),
        ),
    )


def _accrues(market: MarketView) -> bool:
    """Whether funding is continuous: there is a rate and no next time."""
    return market.funding_rate is not None and market.next_funding_ms is None


def _next_funding(market: MarketView, wall_ms: int) -> str:
    if market.next_funding_ms is None:
        return (
            tr("cont.") if _accrues(market) and market.funding_interval_h is not None else UNKNOWN
        )
    return countdown_short(market.next_funding_ms - wall_ms)


def _age_cell(market: MarketView, quality: QualityView | None) -> Cell:
    """The mark's age; the worst that is wrong with mark or book stands out."""
    if market.quality == "UNKNOWN":
        return Cell(word("UNKNOWN"), Tone.WARNING, chip="warn")
    text = age(market.mark_age_ms if market.mark_age_ms is not None else market.book_age_ms)
    if market.quality != "LIVE":
        return Cell(text, Tone.DANGER, chip="danger")
    if market.book_state != "SYNCED":
        return Cell(word(market.book_state), Tone.WARNING, chip="warn")
    if quality is not None and quality.diverging:
        return Cell(word("DIVERGING"), Tone.DANGER, chip="danger")
    if quality is not None and quality.blocked:
        return Cell(word("BLOCKED"), Tone.WARNING, chip="warn")
    return Cell(text, Tone.MUTED)


def market_of(frame: DeskFrame, instrument: str | None) -> MarketView | None:
    """The instrument's row of the frame, or None."""
    return next((m for m in frame.markets if m.instrument == instrument), None)


def first_of(frame: DeskFrame, coin: str) -> str | None:
    """Return the first perpetual of a coin, in USDT where there is one; None: none is listed."""
    ordered = sorted(
        (m for m in frame.markets if m.kind == "perpetual" and m.base == coin),
        key=lambda m: "USDT" not in m.instrument,
    )
    return ordered[0].instrument if ordered else None


def first_choice(frame: DeskFrame) -> str | None:
    """What to show when nothing was chosen: the first BTC perpetual in USDT, else anything."""
    ordered = sorted(
        frame.markets,
        key=lambda m: (m.kind != "perpetual", m.base != "BTC", "USDT" not in m.instrument),
    )
    return ordered[0].instrument if ordered else None
