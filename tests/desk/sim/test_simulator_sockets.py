"""The simulator over real sockets, seen by a client that shares no code with it."""

import asyncio
import itertools
import json

import pytest
import websockets
from simulated_day import START_MS
from socket_client import DictBook, served

from desk.sim.state import decode_state

DEPTH, TICKER = "btcusdt@depth@100ms", "btcusdt@bookTicker"
ROUTE = {"spot": "", "usdm": "/public"}
REST = {"spot": "/api/v3", "usdm": "/fapi/v1"}


def by_stream(frames, stream):
    return [frame["data"] for frame in frames if frame["stream"] == stream]


@pytest.mark.parametrize("section", ["spot", "usdm"])
def test_a_client_keeps_the_book_without_a_gap_and_equal_to_the_ticker(section):
    async def scenario():
        async with served() as venue:
            streams = f"{DEPTH}/{TICKER}"
            async with venue.client(
                section, f"{ROUTE[section]}/stream?streams={streams}"
            ) as client:
                await client.settle()
                await venue.pass_ms(730)
                _, snapshot = await venue.get(
                    section, f"{REST[section]}/depth?symbol=BTCUSDT&limit=1000"
                )
                await venue.pass_ms(30_000)
                return await client.settle(), snapshot

    frames, snapshot = asyncio.run(scenario())
    book = DictBook(futures=section == "usdm")
    book.load(snapshot)
    tickers = by_stream(frames, TICKER)
    checked = 0
    for diff in by_stream(frames, DEPTH):
        if book.apply(diff):
            ticker = [t for t in tickers if t["u"] <= diff["u"]][-1]
            assert book.top() == tuple(float(ticker[x]) for x in "bBaA")
            checked += 1
    assert checked == book.applied > 250


@pytest.mark.parametrize("section", ["spot", "usdm"])
def test_a_client_may_join_at_any_moment(section):
    async def scenario(venue):
        async with venue.client(section, f"{ROUTE[section]}/ws/{DEPTH}") as client:
            await client.settle()
            await venue.pass_ms(150)
            _, snapshot = await venue.get(
                section, f"{REST[section]}/depth?symbol=BTCUSDT&limit=1000"
            )
            await venue.pass_ms(400)
            return await client.settle(), snapshot

    async def scenarios():
        async with served() as venue:
            for _ in range(8):
                frames, snapshot = await scenario(venue)
                book = DictBook(futures=section == "usdm")
                book.load(snapshot)
                assert sum(book.apply(frame) for frame in frames) >= 3
                await venue.pass_ms(50)

    asyncio.run(scenarios())


def test_a_stream_on_the_wrong_route_is_acknowledged_and_silent():
    async def scenario():
        async with (
            served() as venue,
            venue.client("usdm", "/public/ws") as public,
            venue.client("usdm", "/market/ws") as market,
        ):
            for client in (public, market):
                answer = await client.ask("SUBSCRIBE", ["btcusdt@markPrice@1s", "btcusdt@trade"])
                assert answer["result"] is None
            await venue.pass_ms(3_000)
            return await public.settle(), await market.settle()

    public, market = asyncio.run(scenario())
    assert {frame["e"] for frame in public} == {"trade"}
    assert {frame["e"] for frame in market} == {"markPriceUpdate"}
    assert len(market) == 3


def test_streams_stop_when_unsubscribed():
    async def scenario():
        async with served() as venue, venue.client("spot", "/ws") as client:
            await client.ask("SUBSCRIBE", [DEPTH])
            await venue.pass_ms(500)
            await client.ask("UNSUBSCRIBE", [DEPTH])
            before = len(client.frames)
            await venue.pass_ms(500)
            return before, len(await client.settle())

    before, after = asyncio.run(scenario())
    assert before == after > 0


def test_one_bad_client_does_not_disturb_another():
    async def scenario():
        async with served() as venue, venue.client("spot", f"/ws/{DEPTH}") as good:
            await good.settle()
            async with websockets.connect(venue.url("spot", "/ws")) as bad:
                await bad.send(b"\x00\xff")
                assert json.loads(await bad.recv())["code"] == 2
                await bad.send("x" * 100_000)
                with pytest.raises(websockets.ConnectionClosedError):
                    await bad.recv()
            await venue.pass_ms(500)
            return await good.settle()

    assert len(asyncio.run(scenario())) >= 4


@pytest.mark.thorough
def test_a_client_that_does_not_read_is_dropped(monkeypatch):
    monkeypatch.setattr("desk.sim.sockets.LARGEST_BACKLOG_BYTES", 100_000)

    async def scenario():
        async with served() as venue:
            url = venue.url("spot", f"/stream?streams={DEPTH}/{TICKER}/btcusdt@trade")
            # A queue of one and a small receive buffer: its reader stops at once.
            async with websockets.connect(url, max_queue=1) as lazy:
                lazy.transport.pause_reading()
                async with venue.client("spot", f"/ws/{DEPTH}") as good:
                    await good.settle()
                    while venue.simulator.clients() > 1:
                        await venue.pass_ms(1_000)
                        await good.settle()
                    assert good.frames
                    lazy.transport.abort()

    asyncio.run(asyncio.wait_for(scenario(), 60))


def test_rest_and_websockets_share_a_port():
    async def scenario():
        async with served() as venue:
            await venue.pass_ms(2_000)
            paths = {
                "spot": ["ping", "time", "exchangeInfo", "ticker/24hr?symbol=BTCUSDT"],
                "usdm": [
                    "premiumIndex?symbol=BTCUSDT",
                    "openInterest?symbol=ETHUSDT",
                    "fundingInfo",
                ],
            }
            return [
                await venue.get(section, f"{REST[section]}/{path}")
                for section, names in paths.items()
                for path in names
            ], await venue.get("spot", "/api/v3/nothing")

    answers, unknown = asyncio.run(scenario())
    assert [status for status, _ in answers] == [200] * 7
    assert unknown[0] == 404


def test_a_broken_connection_leaves_the_others_alone():
    async def scenario():
        async with (
            served(faults="disconnect@depth:at=2s") as venue,
            venue.client("spot", f"/ws/{DEPTH}") as broken,
            venue.client("spot", "/ws/btcusdt@trade") as whole,
        ):
            await venue.pass_ms(4_000)
            await broken.until_broken()
            assert broken.goodbye is None
            return broken.frames, await whole.settle()

    broken, whole = asyncio.run(scenario())
    assert 15 <= len(broken) <= 21  # two seconds of depth frames
    assert whole[-1]["E"] - broken[-1]["E"] > 1_500


def test_a_silent_venue_still_answers_pings():
    async def scenario():
        async with served(faults="silent") as venue, venue.client("spot", f"/ws/{DEPTH}") as client:
            await venue.pass_ms(1_000)
            await asyncio.wait_for(await client.connection.ping(), 5)
            return await client.settle()

    assert asyncio.run(scenario()) == []


def test_garbage_reaches_the_client_as_text_that_is_no_json():
    async def scenario():
        async with (
            served(faults="garbage@depth:p=1") as venue,
            websockets.connect(venue.url("spot", f"/ws/{DEPTH}")) as client,
        ):
            await venue.pass_ms(400)
            return await client.recv()

    text = asyncio.run(scenario())
    assert isinstance(text, str)
    with pytest.raises(json.JSONDecodeError):
        json.loads(text)


def test_a_gap_is_seen_by_a_client_that_follows_the_rule():
    async def scenario():
        async with (
            served(faults="gap:at=2s") as venue,
            venue.client("usdm", f"/public/ws/{DEPTH}") as client,
        ):
            await venue.pass_ms(4_000)
            return await client.settle()

    diffs = asyncio.run(scenario())
    breaks = [b["E"] for a, b in itertools.pairwise(diffs) if b["pu"] != a["u"]]
    assert len(breaks) == 1
    assert len(diffs) > 30


def test_the_market_stands_still_while_the_machine_sleeps():
    async def scenario():
        async with served() as venue, venue.client("usdm", f"/public/ws/{DEPTH}") as client:
            await venue.pass_ms(1_000)
            tops = [listing.top() for listing in venue.simulator.market.listings.values()]
            venue.clock.advance_ms(7_200_000)
            left_ms = venue.simulator.step()
            after = [listing.top() for listing in venue.simulator.market.listings.values()]
            await venue.pass_ms(1_000)
            return tops, after, left_ms, await client.settle()

    tops, after, left_ms, diffs = asyncio.run(scenario())
    moved = [abs(a[0] - b[0]) / b[0] for a, b in zip(after, tops, strict=True)]
    assert max(moved) < 0.001
    assert left_ms < 1_000
    assert all(b["pu"] == a["u"] for a, b in itertools.pairwise(diffs))
    assert max(b["E"] - a["E"] for a, b in itertools.pairwise(diffs)) > 7_000_000


@pytest.mark.parametrize("made_ms", [900, 1_900, 2_600, 7_500])
def test_who_is_told_that_it_is_ready_finds_a_mark_however_long_it_was_made(made_ms):
    async def scenario():
        async with served(made_ms=made_ms) as venue:
            return await venue.get("usdm", "/fapi/v1/premiumIndex?symbol=ETHUSDT")

    status, mark = asyncio.run(scenario())
    assert status == 200, mark
    assert float(mark["markPrice"]) > 0


@pytest.mark.parametrize("speed", [1, 20])
def test_marks_come_every_second_also_after_the_desk_was_closed(speed):
    async def scenario():
        async with served() as venue:
            await venue.pass_ms(850)
            state = decode_state(venue.simulator.state())
        later = START_MS + 86_400_350
        async with (
            served(saved=state, speed=speed, wall_ms=later) as venue,
            venue.client("usdm", "/market/ws/btcusdt@markPrice@1s") as client,
        ):
            _, mark = await venue.get("usdm", "/fapi/v1/premiumIndex?symbol=BTCUSDT")
            await venue.pass_ms(3_000)
            return mark, await client.settle()

    mark, frames = asyncio.run(scenario())
    start = START_MS + 86_400_000
    assert start - 1_000 <= mark["time"] <= start + 350
    assert [frame["E"] for frame in frames] == [start + 1_000, start + 2_000, start + 3_000]
