"""Market watch: every instrument in its base coin's group, under the group's consensus."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping
from functools import lru_cache
from itertools import groupby
from typing import NamedTuple

from desk.engine.snapshot import DeskFrame, MarketView, QualityView
from ui.viewmodels.cells import Cell, Column, Row, Side
from ui.viewmodels.consensus import STABLECOINS, excluded, index_of, rate_cells, watch_cells
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
    Column("source", "Source", "BIN perp", Side.LEFT, tip="venue and kind of the instrument"),
    Column("bid", "Bid", "88,888.8"),
    Column("ask", "Ask", "88,888.8"),
    Column("last", "Last", "88,888.8", keep=3),
    Column("mark", "Mark", "88,888.8", tip="the venue's; of a spot instrument its book's mid"),
    Column("index", "Index", "88,888.8", keep=0, tip="the venue's own"),
    Column(
        "basis",
        "Basis pa",
        "+88.8%",
        keep=7,
        tip="(perpetual − spot) / spot of the venue, × 3 × 365: as if paid every eight hours",
    ),
    Column(
        "funding",
        "Funding",
        "+0.8888%",
        keep=8,
        tip="rate and what it is for; 8h eq.: it accrues all the time, shown for eight hours",
    ),
    Column("next", "Next", "88:88", keep=4, tip="hours and minutes to the next funding"),
    Column("change", "24 h", "+8.88%", keep=5),
    Column("interest", "OI", "88.8B", keep=2, tip="open interest, one side, at the mark"),
    Column("spread", "Spread", "8.88", keep=1),
    Column("deviation", "vs cons.", "+8.8 bp", keep=6, tip="mark ÷ consensus index − 1"),
    Column(
        "age", "Age", "8.8 s", fixed=True, tip="age of the mark in ms, or what is wrong with it"
    ),
)

PAID_A_YEAR = 3 * 365
"""Eight-hour periods: what a premium that is paid for each would come to in a year."""

_FIRST = {"BTC": 0, "ETH": 1, STABLECOINS: 3}
"""Order of the groups; any other coin stands before the stablecoins."""

_ENDING = re.compile(r"[-_]?(PERP|PERPETUAL|SWAP)$")
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
        out = excluded(index_of(frame, group))
        common = _Group(_kinds(markets, short=short), out, quality, frame.wall_ms, short)
        rows += [unseen.get(m.instrument) or _row(m, common) for m in markets]
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
    note: tuple[Cell, ...] = ()
    if live < len(markets):
        note = (Cell(tr("· {live} of {all} live", live=live, all=len(markets)), Tone.WARNING),)
    index = index_of(frame, group)
    told = () if index is None else watch_cells(index)
    if group == STABLECOINS:
        told = rate_cells(frame)
    return Row(f"base {group}", (*told, *note), heading=group)


def _kinds(markets: list[MarketView], *, short: bool) -> dict[str, str]:
    """What each instrument is beside its venue: `perp`; `perp USDC` where a venue has several.

    `short` leaves out `perp` there: what is not called spot is one.
    """
    of_venue = Counter((market.venue, market.kind) for market in markets)
    bases = {market.base for market in markets}
    kinds: dict[str, str] = {}
    for market in markets:
        kind = tr("perp") if market.kind == "perpetual" else word(market.kind)
        name = market.instrument
        which = _quote(name, market.base) if len(bases) == 1 else symbol(name)
        several = of_venue[market.venue, market.kind] > 1
        if several and which:
            kind = which if short and market.kind == "perpetual" else f"{kind} {which}"
        kinds[name] = kind
    return kinds


@lru_cache(maxsize=1_024)
def _quote(instrument: str, base: str) -> str:
    """What an instrument is quoted in, out of its name: `USDC` of `BTCUSDC-PERP`."""
    return _ENDING.sub("", symbol(instrument).removeprefix(base)).strip("-/_")


class _Group(NamedTuple):
    """What the rows of a base coin have in common."""

    kinds: dict[str, str]
    excluded: frozenset[str]
    quality: Mapping[str, QualityView]
    wall_ms: int
    short: bool


def _row(market: MarketView, group: _Group) -> Row:
    quality = group.quality.get(market.instrument)
    is_live = market.quality == "LIVE"
    figure = Tone.TEXT2 if is_live else Tone.STALE
    strong = Tone.TEXT if is_live else Tone.STALE
    tick = market.tick_size

    def figured(text: str, tone: Tone = figure, tip: str = "") -> Cell:
        return Cell(text, Tone.MUTED if text == UNKNOWN else tone, tip=tip)

    return Row(
        market.instrument,
        (
            Cell(
                short_venue(market.venue) if group.short else market.venue,
                strong,
                unit=group.kinds[market.instrument],
            ),
            figured(price(market.bid, tick), strong),
            figured(price(market.ask, tick), strong),
            figured(price(market.last, tick)),
            figured(price(market.mark, tick), strong),
            figured(price(market.index, tick)),
            figured(_basis(market)),
            _funding_cell(market, figure),
            figured(_next_funding(market, group.wall_ms)),
            figured(
                change(market.change_24h_rate),
                of_profit(market.change_24h_rate) if is_live else Tone.STALE,
            ),
            figured(*_interest(market, figure)),
            figured(price(market.spread, tick)),
            _deviation_cell(market, quality, group),
            _age_cell(market, quality),
        ),
    )


def _basis(market: MarketView) -> str:
    rate = market.basis_rate
    return UNKNOWN if rate is None else change(rate * PAID_A_YEAR, 1)


def _funding_cell(market: MarketView, tone: Tone) -> Cell:
    """The rate, and small behind it what it is for."""
    text = funding(market.funding_rate, market.funding_interval_h, continuous=_accrues(market))
    rate, _, period = text.partition(" ")
    return Cell(rate, Tone.MUTED if rate == UNKNOWN else tone, unit=period)


def _interest(market: MarketView, tone: Tone) -> tuple[str, Tone, str]:
    """What the open contracts are worth; how many coins that is in the tip."""
    coins, mark = market.open_interest, market.mark
    if coins is None or mark is None:
        return UNKNOWN, tone, ""
    return compact(coins * mark), tone, f"{compact(coins)} {market.base}"


def _deviation_cell(market: MarketView, quality: QualityView | None, group: _Group) -> Cell:
    """How far the mark is from the consensus, or that it has no part in it."""
    if quality is not None and quality.diverging:
        return Cell(bps(market.deviation), Tone.DANGER, chip="danger")
    unsure = market.quality != "LIVE" or market.deviation is None
    if market.venue in group.excluded and unsure:
        left_out = tr("excl.") if group.short else tr("excluded")
        return Cell(left_out, Tone.STALE, tip=tr("its venue has no part in the consensus now"))
    text = bps(market.deviation)
    tone = Tone.TEXT2 if market.quality == "LIVE" else Tone.STALE
    return Cell(text, Tone.MUTED if text == UNKNOWN else tone)


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
