"""What each fault does to real bytes on real sockets."""

import asyncio
import itertools
import json
import urllib.error
import urllib.request

import pytest
import websockets
from channel_client import get, talking
from socket_client import served

OKX = "/ws/v5/public"
BOOK = {"channel": "books", "instId": "BTC-USDT-SWAP"}
BEST = {"channel": "bbo-tbt", "instId": "BTC-USDT-SWAP"}
DEPTH = "btcusdt@depth@100ms"
IMPATIENCE_S = 0.3
"""How long is waited for what must not come."""


def wish(*args):
    return {"op": "subscribe", "args": list(args)}


async def okx_books(venue, ms, *args):
    """The frames of a book and its best prices, in order."""
    args = args or (BOOK,)
    async with talking(venue, OKX) as talk:
        await talk.say(wish(*args), answers=len(args))
        await venue.pass_ms(ms)
        assert await talk.say("ping") == "pong"
        return talk.frames


def okx_under(spec, ms, *args):
    async def scenario():
        async with served(dialect="okx", faults=spec) as venue:
            await venue.pass_ms(150)
            return await okx_books(venue, ms, *args)

    return asyncio.run(scenario())


async def until_closed(connection):
    """Receive until the end, which raises."""
    while True:
        await asyncio.wait_for(connection.recv(), 10)


def chain(frames):
    return [(f["action"], f["data"][0]["prevSeqId"], f["data"][0]["seqId"]) for f in frames]


def test_a_late_snapshot_comes_after_updates_and_their_chain_goes_on_from_it():
    steps = chain(okx_under("late@books:by=2s", 4_000))
    actions = [action for action, _, _ in steps]
    at = actions.index("snapshot")
    assert actions.count("snapshot") == 1
    assert 15 < at < 25
    assert steps[at][2] == steps[at - 1][2] == steps[at + 1][1]


def test_an_old_snapshot_is_older_than_the_updates_before_it():
    steps = chain(okx_under("old@books:by=2s", 4_000))
    at = [action for action, _, _ in steps].index("snapshot")
    assert at > 15
    assert steps[at][2] == steps[0][1] < steps[at - 1][2] == steps[at + 1][1]


@pytest.mark.parametrize("kind", ["late", "old"])
def test_binance_answers_late_or_with_an_old_book(kind):
    async def scenario():
        async with served(faults=f"{kind}@btcusdt@depth:by=2s") as venue:
            listing = venue.simulator.market.listings["BTCUSDT.BINANCE"]
            path = "/api/v3/depth?symbol=BTCUSDT&limit=5"
            asked = asyncio.create_task(venue.get("spot", path))
            other, _ = await venue.get("spot", path.replace("BTC", "ETH"))
            ids = []
            while not asked.done():
                await venue.pass_ms(100)
                ids.append(listing.book.update_id)
                await asyncio.sleep(0.01)
            _, answer = await asked
            return other, ids, answer["lastUpdateId"]

    other, ids, told = asyncio.run(asyncio.wait_for(scenario(), 60))
    assert other == 200  # another symbol's book is not meant
    assert len(ids) >= 20
    assert (told > ids[-10]) if kind == "late" else (told < ids[-15])


def test_a_cut_connection_ends_in_the_middle_of_a_frame():
    async def scenario():
        async with served(dialect="okx", faults="cut@books:at=1s") as venue:
            async with talking(venue, OKX) as talk:
                await talk.say(wish(BOOK))
                await venue.pass_ms(2_000)
                with pytest.raises(websockets.ConnectionClosedError) as broken:
                    await until_closed(talk.connection)
            return broken.value

    error = asyncio.run(scenario())
    assert error.rcvd is None
    assert "stream ends after" in str(error.__cause__)


@pytest.mark.parametrize("dialect", ["okx", "coinbase"])
def test_stalled_data_wait_while_pings_are_answered_and_come_when_it_ends(dialect):
    wishes = {
        "okx": wish(BOOK),
        "coinbase": {"type": "subscribe", "channel": "level2", "product_ids": ["BTC-USD"]},
    }

    async def scenario():
        async with served(dialect=dialect, faults="stall:at=1s:for=3s") as venue:
            path = OKX if dialect == "okx" else "/"
            url = venue.addresses["ws"] + path
            async with websockets.connect(url, max_size=None, max_queue=None) as socket:
                await socket.send(json.dumps(wishes[dialect]))
                await socket.recv()
                await venue.pass_ms(900)
                await drained(socket)
                await venue.pass_ms(2_500)
                stalled = await drained(socket)
                await venue.pass_ms(1_000)
                return stalled, await drained(socket)

    stalled, after = asyncio.run(scenario())
    assert len(stalled) <= 2  # what was sent before it began
    assert len(after) > 25
    if dialect == "okx":
        steps = chain(json.loads(frame) for frame in after)
        assert all(a[2] == b[1] for a, b in itertools.pairwise(steps))
    else:
        numbers = [json.loads(frame)["sequence_num"] for frame in after]
        assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))


async def drained(socket):
    """Everything that came before the answer to a websocket ping."""
    await asyncio.wait_for(await socket.ping(), 10)
    frames = []
    while True:
        try:
            frames.append(await asyncio.wait_for(socket.recv(), 0.05))
        except TimeoutError:
            return frames


def test_a_black_hole_answers_nobody_and_breaks_what_it_held():
    async def scenario():
        async with served(dialect="okx", faults="blackhole:at=1s:for=2s") as venue:
            url = venue.addresses["ws"] + OKX
            async with websockets.connect(url) as old:
                await old.send(json.dumps(wish(BOOK)))
                await venue.pass_ms(1_100)
                pong = await old.ping()
                asked = asyncio.create_task(get(venue, "/api/v5/public/time"))
                joining = asyncio.create_task(websockets.connect(url, open_timeout=10).__aenter__())
                await venue.pass_ms(1_500)
                await asyncio.sleep(IMPATIENCE_S)
                hung = pong.done(), asked.done(), joining.done()
                await venue.pass_ms(1_000)
                with pytest.raises(websockets.ConnectionClosedError):
                    await until_closed(old)
            status, _ = await asyncio.wait_for(asked, 10)
            late = await asyncio.wait_for(joining, 10)
            await late.close()
            return hung, status

    assert asyncio.run(scenario()) == ((False, False, False), 200)


def test_a_venue_stops_while_requests_hang_in_its_black_hole():
    async def scenario():
        async with served(dialect="okx", faults="blackhole") as venue:
            await venue.pass_ms(100)
            asked = asyncio.create_task(get(venue, "/api/v5/public/time"))
            await asyncio.sleep(IMPATIENCE_S)
            assert not asked.done()
        return await asyncio.gather(asked, return_exceptions=True)

    asyncio.run(asyncio.wait_for(scenario(), 20))


def test_times_stand_still_while_the_data_move_on():
    frames = okx_under("stamps:at=1s:for=2s", 4_000, BOOK, BEST)
    books = [f["data"][0] for f in frames if f["arg"]["channel"] == "books"]
    by_stamp = {}
    for book in books:
        by_stamp.setdefault(book["ts"], set()).add(book["seqId"])
    still = max(by_stamp.values(), key=len)
    assert 15 < len(still) < 25  # as many different books under one stamp
    assert int(books[-1]["ts"]) - int(books[0]["ts"]) >= 3_900


@pytest.mark.parametrize(("by", "ms"), [("-1.27s", -1_270), ("3600s", 3_600_000)])
@pytest.mark.parametrize("dialect", ["okx", "kraken", "binance"])
def test_all_times_of_a_venue_are_off_by_as_much_as_asked(dialect, by, ms):
    async def scenario():
        section = "spot" if dialect == "binance" else dialect
        async with served(dialect=dialect, faults=f"clock@{section}:by={by}") as venue:
            await venue.pass_ms(300)
            now_ms = venue.clock.wall_ms()
            if dialect == "binance":
                _, answer = await venue.get("spot", "/api/v3/time")
                other = await venue.get("usdm", "/fapi/v1/time")
                assert other[1]["serverTime"] == now_ms
                return answer["serverTime"] - now_ms
            if dialect == "okx":
                (frame, *_) = await okx_books(venue, 0)
                return int(frame["data"][0]["ts"]) - now_ms
            _, answer = await get(venue, "/0/public/Time")
            return (answer["result"]["unixtime"] - now_ms // 1000) * 1000

    told = asyncio.run(scenario())
    assert told == ms or (dialect, told) == ("kraken", -2_000)  # whole seconds, rounded down


def test_giant_nested_and_hostile_frames_are_what_they_are_called():
    async def raw(kind):
        async with served(dialect="okx", faults=f"{kind}@books:p=1") as venue:
            url = venue.addresses["ws"] + OKX
            async with websockets.connect(url, max_size=None, max_queue=None) as socket:
                await socket.send(json.dumps(wish(BOOK)))
                await socket.recv()
                await socket.recv()
                await venue.pass_ms(1_000)
                return await drained(socket)

    giant = asyncio.run(raw("giant"))
    assert all(len(frame) > 1 << 20 for frame in giant)
    assert json.loads(giant[0])["arg"] == BOOK
    nested = asyncio.run(raw("nested"))
    assert nested[0].count("[") > 20_000
    with pytest.raises(RecursionError):
        json.loads(nested[0])
    hostile = asyncio.run(raw("hostile"))
    found = {w for w in ("NaN", "1e999", '"-1"') for frame in hostile if w in frame}
    assert len(found) >= 2
    assert all(json.loads(frame)["arg"] == BOOK for frame in hostile)


@pytest.mark.parametrize("status", [429, 418])
@pytest.mark.parametrize("dialect", ["okx", "binance"])
def test_a_venue_that_is_asked_too_often_says_when_to_come_back(dialect, status):
    async def scenario():
        async with served(dialect=dialect, faults=f"status{status}:at=1s:for=30s") as venue:
            addresses = venue.addresses if dialect == "okx" else venue.addresses["usdm"]
            await venue.pass_ms(1_100)
            path = OKX if dialect == "okx" else "/market/ws"
            with pytest.raises(websockets.InvalidStatus) as refused:
                await websockets.connect(addresses["ws"] + path)
            rest = await asyncio.to_thread(refusal_of, addresses["rest"] + "/fapi/v1/time")
            await venue.pass_ms(30_000, step_ms=1_000)
            after = await asyncio.to_thread(refusal_of, addresses["rest"] + "/fapi/v1/time")
            return refused.value.response, rest, after

    response, rest, after = asyncio.run(scenario())
    assert (response.status_code, response.headers["Retry-After"]) == (status, "30")
    assert rest == (status, "30")
    assert after != rest


def refusal_of(url):
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return answer.status, None
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers["Retry-After"]


def test_a_bouncing_venue_accepts_and_closes():
    async def scenario():
        async with served(dialect="okx", faults="bounce:for=5s") as venue:
            url = venue.addresses["ws"] + OKX
            async with websockets.connect(url) as socket:
                with pytest.raises(websockets.ConnectionClosed) as closed:
                    await until_closed(socket)
            assert (await get(venue, "/api/v5/public/time"))[0] == 200
            await venue.pass_ms(5_100)
            frames = await okx_books(venue, 500)
            return closed.value.rcvd.code, frames

    code, frames = asyncio.run(scenario())
    assert code == 1013
    assert frames


def test_of_a_subscription_only_a_part_is_acknowledged_and_flows():
    async def scenario():
        async with (
            served(dialect="okx", faults="partial@bbo-tbt:p=1") as venue,
            talking(venue, OKX) as talk,
        ):
            await talk.connection.send(json.dumps(wish(BOOK, BEST)))
            await venue.pass_ms(1_000)
            await talk.connection.send("ping")
            frames = []
            while (text := await asyncio.wait_for(talk.connection.recv(), 10)) != "pong":
                frames.append(json.loads(text))
            return frames

    frames = asyncio.run(scenario())
    assert [f["arg"] for f in frames if f.get("event") == "subscribe"] == [BOOK]
    assert {f["arg"]["channel"] for f in frames} == {"books"}


def test_binance_acknowledges_what_it_leaves_out():
    async def scenario():
        async with (
            served(faults="partial@ethusdt:p=1") as venue,
            venue.client("spot", "/ws/ethusdt@trade") as client,
        ):
            wanted = [DEPTH, "ethusdt@depth@100ms", "btcusdt@trade"]
            assert (await client.ask("SUBSCRIBE", wanted))["result"] is None
            return (await client.ask("LIST_SUBSCRIPTIONS"))["result"]

    assert asyncio.run(scenario()) == [DEPTH, "btcusdt@trade"]


def test_okx_gives_notice_and_closes_when_it_has_said():
    async def scenario():
        async with (
            served(dialect="okx", faults="shutdown:at=1s:for=3s") as venue,
            talking(venue, OKX) as talk,
        ):
            await talk.say(wish(BOOK))
            await venue.pass_ms(1_100)
            notice = await talk.say("ping", answers=2)
            await venue.pass_ms(2_500)
            assert await talk.say("ping") == "pong"
            await venue.pass_ms(500)
            with pytest.raises(websockets.ConnectionClosedOK) as closed:
                await until_closed(talk.connection)
            return notice[0], closed.value.rcvd.code

    notice, code = asyncio.run(scenario())
    assert (notice["event"], notice["code"], code) == ("notice", "64008", 1001)


def test_binance_spot_says_that_it_will_shut_down_and_futures_do_not():
    async def scenario():
        async with served(faults="shutdown:at=1s:for=1s") as venue:
            async with (
                venue.client("spot", f"/stream?streams={DEPTH}") as wrapped,
                venue.client("spot", "/ws") as bare,
                venue.client("usdm", "/public/ws") as futures,
            ):
                await venue.pass_ms(1_100)
                told = [await client.settle() for client in (wrapped, bare, futures)]
                await venue.pass_ms(1_000)
                for client in (wrapped, bare, futures):
                    with pytest.raises(websockets.ConnectionClosedOK):
                        await until_closed(client.connection)
            return told

    wrapped, bare, futures = asyncio.run(scenario())
    (told,) = [frame for frame in wrapped if frame["stream"] == "!serverShutdown"]
    assert told["data"]["e"] == "serverShutdown"
    assert [frame["e"] for frame in bare] == ["serverShutdown"]
    assert futures == []
