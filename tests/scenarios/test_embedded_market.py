"""The desk on its embedded market: every venue that is simulated, and what they make together."""

import asyncio
from itertools import pairwise

import pytest

from desk.app.options import Options
from desk.app.session import open_session
from desk.engine.frame import build_frame
from desk.model.commands import ChartWanted, NextFrame
from desk.sim.dialects import DIALECTS

PATIENCE_S = 30


async def frame_when(session, holds, charts=()):
    """Return the first frame for which it holds, looked at whenever something has changed."""
    changed = asyncio.Event()
    session.runtime.on_change.append(changed.set)
    async with asyncio.timeout(PATIENCE_S):
        while not holds(frame := pictured(session, charts)):
            changed.clear()
            await changed.wait()
    return frame


def pictured(session, charts=()):
    session.runtime.tick()
    return build_frame(
        session.runtime.engine.desk,
        NextFrame(streams=True, charts=list(charts)),
        number=1,
        engine_ms=0.0,
        notes=session.feeds.notes(),
    )


def is_whole(frame):
    """Whether every instrument has a live mark and a synced book, and every stream is shown."""
    return (
        all(view.quality == "LIVE" and view.book_state == "SYNCED" for view in frame.quality)
        and all(stream.active for stream in frame.streams)
        and len(frame.indices) == 2
        and all(index.votes == len(DIALECTS) for index in frame.indices)
    )


PERPETUALS = ("BTCUSDT-PERP.BINANCE", "BTC-USDT-SWAP.OKX", "BTCUSD-PERP.BYBIT")
CHARTS = [
    *(ChartWanted(instrument=name, bar_s=3600) for name in PERPETUALS),
    ChartWanted(instrument="BTC-PERPETUAL.DERIBIT", bar_s=3600),
    ChartWanted(instrument="BTC-PERP.HYPERLIQUID", bar_s=3600),
    ChartWanted(instrument="ETH-USD.COINBASE", bar_s=3600),
    ChartWanted(instrument="ETH/USD.KRAKEN", bar_s=3600),
]


def has_a_past(frame):
    return all(market.change_24h_rate is not None for market in frame.markets) and all(
        len(view.start_ms) >= 600 and (view.funding or view.instrument not in PERPETUALS)
        for view in frame.charts
    )


@pytest.mark.thorough
def test_every_venue_is_fed_and_their_consensus_is_the_normal_case(tmp_path):
    async def scenario():
        async with open_session(Options(account=str(tmp_path / "desk"))) as session:
            return await frame_when(session, is_whole)

    frame = asyncio.run(scenario())
    venues = {name.upper() for name in DIALECTS}
    assert {feed.venue for feed in frame.feeds} == venues
    for index in frame.indices:
        assert {source.venue for source in index.sources} == venues
        assert index.votes == len(venues)
    assert [feed.inactive for feed in frame.feeds] == [0] * len(venues)
    assert not any(feed.note for feed in frame.feeds), [feed.note for feed in frame.feeds]
    assert not any(rate.assumed for rate in frame.rates)
    assert {view.blocked for view in frame.quality} == {""}
    assert max(abs(view.deviation) for view in frame.quality if view.deviation is not None) < 0.01


@pytest.mark.slow
def test_every_venue_tells_its_past_and_it_leads_up_to_now(tmp_path):
    async def scenario():
        async with open_session(Options(account=str(tmp_path / "desk"))) as session:
            session.feeds.chart(CHARTS)
            return (await frame_when(session, has_a_past, CHARTS)).charts

    for view in asyncio.run(scenario()):
        gaps = {after - before for before, after in pairwise(view.start_ms)}
        assert gaps == {view.bar_s * 1000}, view.instrument
        assert view.close[:-3] == view.open[1:-2], view.instrument
