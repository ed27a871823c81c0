"""The same seed is the same market, however time is cut and wherever it was saved."""

import msgspec
import pytest
from simulated_day import START_MS, new_market

from desk.sim.binance.feed import InstrumentFeed
from desk.sim.candles import History
from desk.sim.market import BEAT_MS
from desk.sim.state import SavedMarket, decode_state, encode_state

PERPETUAL = "BTCUSDT-PERP.BINANCE"
SECOND = 1000


def events_of(market, ms, *, step=SECOND):
    collected = {name: [] for name in market.listings}
    end = market.time_ms + ms
    while market.time_ms < end:
        for name, events in market.advance(market.time_ms + step).items():
            collected[name] += events
    return collected


def resumed(market):
    data = encode_state(SavedMarket(market.saved(), {}))
    other = new_market(seed=999, start_ms=START_MS + 77 * SECOND)
    other.resume(decode_state(data).market)
    return other


def test_same_seed_gives_the_same_market():
    assert events_of(new_market(7), 20 * SECOND) == events_of(new_market(7), 20 * SECOND)


def test_another_seed_gives_another_market():
    assert events_of(new_market(7), SECOND) != events_of(new_market(8), SECOND)


@pytest.mark.parametrize("step", [BEAT_MS, 350, 10 * SECOND], ids=["beat", "uneven", "long"])
def test_how_time_is_cut_does_not_matter(step):
    whole = events_of(new_market(7), 20 * SECOND)
    cut = events_of(new_market(7), 21 * SECOND, step=step)
    for name, events in whole.items():
        assert cut[name][: len(events)] == events


def test_the_market_does_not_depend_on_when_it_starts():
    early, late = new_market(7), new_market(7, start_ms=START_MS + 3_600_000)
    events_of(early, 5 * SECOND)
    events_of(late, 5 * SECOND)
    tops = [[listing.top() for listing in market.listings.values()] for market in (early, late)]
    assert tops[0] == tops[1]


def test_time_waits_for_whole_beats():
    market = new_market(7)
    assert not any(market.advance(START_MS + BEAT_MS - 1).values())
    assert market.time_ms == START_MS
    market.advance(START_MS + BEAT_MS)
    assert market.time_ms == START_MS + BEAT_MS


def test_a_saved_market_goes_on_as_if_nothing_had_happened():
    market = new_market(7)
    events_of(market, 12 * SECOND + BEAT_MS)
    other = resumed(market)
    assert events_of(other, 20 * SECOND) == events_of(market, 20 * SECOND)
    assert other.saved() == market.saved()


def test_saving_does_not_disturb_the_market():
    watched, left_alone = new_market(7), new_market(7)
    events_of(left_alone, 10 * SECOND)
    for _ in range(10):
        events_of(watched, SECOND)
        encode_state(SavedMarket(watched.saved(), {}))
    assert msgspec.to_builtins(watched.saved()) == msgspec.to_builtins(left_alone.saved())


def test_prices_do_not_jump_while_the_desk_is_closed():
    market = new_market(7)
    events_of(market, 5 * SECOND)
    other = resumed(market)
    other.stand_still(market.time_ms + 30 * 86_400_000)
    for name, listing in market.listings.items():
        assert other.listings[name].top() == listing.top()
        assert other.listings[name].book.update_id == listing.book.update_id
    assert other.funding[PERPETUAL].next_ms > other.time_ms


def test_a_market_of_another_version_or_with_other_instruments_is_refused():
    market = new_market(7)
    state = market.saved()
    with pytest.raises(ValueError, match="version 0"):
        new_market(7).resume(msgspec.structs.replace(state, version=0))
    few = {PERPETUAL: state.listings[PERPETUAL]}
    with pytest.raises(ValueError, match="other instruments"):
        new_market(7).resume(msgspec.structs.replace(state, listings=few))


def test_a_crossed_book_is_refused():
    market = new_market(7)
    listing = market.listings[PERPETUAL].saved()
    ask = -listing.asks[-1][0]
    crossed = msgspec.structs.replace(listing, bids=[(ask + 1, 1)])
    with pytest.raises(ValueError, match="crossed"):
        market.listings[PERPETUAL].resume(crossed)


def test_a_single_damaged_byte_is_noticed():
    data = encode_state(SavedMarket(new_market(7).saved(), {}))
    for at in range(0, len(data), len(data) // 50):
        damaged = data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
        with pytest.raises(ValueError, match="checksum"):
            decode_state(damaged)


def frames_of(seed, kinds, *, step=SECOND, seconds=10):
    market = new_market(seed)
    listing = market.listings[PERPETUAL]
    feed = InstrumentFeed(listing, speed=1, now_us=START_MS * 1000, history=History())
    sent = []
    end = market.time_ms + seconds * SECOND
    while market.time_ms < end:
        events = market.advance(market.time_ms + step)[PERPETUAL]
        sent += feed.frames(events, market.time_ms * 1000, kinds)
    return sent


def test_same_seed_gives_the_same_bytes():
    kinds = {"depth@100ms", "trade", "aggTrade", "bookTicker", "markPrice@1s", "kline_1m", "ticker"}
    first = frames_of(3, kinds)
    assert first == frames_of(3, kinds)
    assert {kind for kind, _ in first} == kinds
    assert sorted(first) == sorted(frames_of(3, kinds, step=250))
