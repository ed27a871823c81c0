"""What charts show: bars that are new since a chart last asked, for those that ask."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence

import msgspec

from desk.engine.chart_snapshot import CandlesView, HeatView
from desk.engine.desk import Desk
from desk.engine.message import PastTold
from desk.market.bars import Bars, TradedRows, known
from desk.market.instrument_market import InstrumentMarket
from desk.model.commands import ChartWanted

MAX_CHARTS = 16
MAX_BARS = 2_000
"""What a window may have at most; of more, the first charts and the newest bars."""


def chart_views(desk: Desk, wanted: Sequence[ChartWanted]) -> list[CandlesView]:
    """Return what each chart asks for; nothing for an instrument or a length that there is not."""
    views = (_candles_view(desk, chart) for chart in wanted[:MAX_CHARTS])
    return [view for view in views if view is not None]


def charts_until(desk: Desk, wanted: Sequence[ChartWanted], wall_ms: int) -> list[CandlesView]:
    """Return what charts showed at a time: candles that were over then, without depth."""
    plain = [msgspec.structs.replace(chart, heat=False) for chart in wanted]
    return [_until(view, wall_ms) for view in chart_views(desk, plain)]


def _until(view: CandlesView, wall_ms: int) -> CandlesView:
    end = bisect_right(view.start_ms, wall_ms - view.bar_s * 1_000)
    columns = ("start_ms", "open", "high", "low", "close", "volume", "mark", "index")
    funding = [one for one in view.funding if one[0] <= wall_ms]
    cut = {name: getattr(view, name)[:end] for name in columns}
    return msgspec.structs.replace(view, funding=funding, **cut)


def take_past(desk: Desk, told: PastTold) -> None:
    """Take what a venue tells of the time before."""
    market = desk.market.get(told.instrument)
    if market is None:
        return
    if told.source:
        market.candles.source = told.source
    if told.candles:
        market.candles.hear_past(told.bar_s, told.candles)
    market.settlements.take_past(told.fundings)


def _candles_view(desk: Desk, wanted: ChartWanted) -> CandlesView | None:
    market = desk.market.get(wanted.instrument)
    bars = None if market is None else market.candles.bars(wanted.bar_s)
    if market is None or bars is None:
        return None
    since_ms = wanted.from_ms - Bars.LATE * bars.bar_ms if wanted.from_ms else 0
    rows = TradedRows(bars, max(bars.row_from(since_ms), len(bars) - MAX_BARS))
    return CandlesView(
        instrument=market.instrument.id,
        bar_s=wanted.bar_s,
        start_ms=rows.of(bars.start),
        open=rows.of(bars.open),
        high=rows.of(bars.high),
        low=rows.of(bars.low),
        close=rows.of(bars.close),
        volume=rows.of(bars.volume),
        mark=known(rows.of(bars.mark)),
        index=known(rows.of(bars.index)),
        funding=market.settlements.since(wanted.from_ms),
        source=market.candles.source,
        heat=_heat_view(desk, market, wanted) if wanted.heat else None,
        revision=bars.revision,
    )


def _heat_view(desk: Desk, market: InstrumentMarket, wanted: ChartWanted) -> HeatView:
    """Return the columns that are asked for; looking is what brings a new one."""
    heat = market.heat
    heat.look(desk.wall_ms, market.book, market.instrument)
    from_ms = wanted.from_ms if wanted.heat_from_ms is None else wanted.heat_from_ms
    first = bisect_left(heat.columns, from_ms, key=lambda column: column.time_ms)
    columns = heat.columns[first:]
    return HeatView(
        step=heat.step,
        time_ms=[column.time_ms for column in columns],
        low=[column.low for column in columns],
        sizes=[column.sizes.tolist() for column in columns],
    )
