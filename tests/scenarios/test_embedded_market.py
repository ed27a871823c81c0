"""The desk on its embedded market: every venue that is simulated, and what they make together."""

import asyncio

from desk.app.options import Options
from desk.app.session import open_session
from desk.engine.frame import build_frame
from desk.model.commands import NextFrame
from desk.sim.dialects import DIALECTS

PATIENCE_S = 30


async def frame_when(session, holds):
    """Return the first frame for which it holds, looked at whenever something has changed."""
    changed = asyncio.Event()
    session.runtime.on_change.append(changed.set)
    async with asyncio.timeout(PATIENCE_S):
        while not holds(frame := pictured(session)):
            changed.clear()
            await changed.wait()
    return frame


def pictured(session):
    session.runtime.tick()
    return build_frame(
        session.runtime.engine.desk,
        NextFrame(streams=True),
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
