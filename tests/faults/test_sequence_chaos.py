"""One frame in a hundred is lost, repeated, swapped or cut off, on every stream of every dialect.

What finds it, by venue and stream (November 2026):

| venue       | stream            | numbered or summed by         | what is missing is found       |
|-------------|-------------------|-------------------------------|--------------------------------|
| binance     | depth             | U, u; futures: pu             | at its next frame              |
| okx         | books             | prevSeqId → seqId             | at its next frame              |
| bybit       | orderbook.200     | u, by one                     | at its next frame              |
| deribit     | book              | prev_change_id → change_id    | at its next frame              |
| deribit     | trades            | trade_seq, by one             | at its next frame, counted     |
| coinbase    | all of them       | sequence_num of the socket    | at the next frame of any stream|
| kraken      | book              | CRC32 of its ten levels       | at its next frame, unless that |
|             |                   |                               | one makes the book right again |
| kraken      | ticker            | nothing                       | where it and the book disagree |
| hyperliquid | l2Book            | nothing; each is whole        | the next one heals; by age     |
| hyperliquid | activeAssetCtx    | nothing, not even a time      | silence by age; one that is    |
|             |                   |                               | repeated only by divergence    |
| bybit       | tickers           | cs, which jumps               | the late is refused; by age    |
| all others  | marks, indices,   | nothing, but they have a time | by age: of receipt, and of the |
|             | funding, tops, …  |                               | venue's own stamp              |
| all others  | trades            | ids, used to know a repeat    | no: no mark or book needs them |

The desks are held against the venue's own frames, read by a few lines that miss none of them: a
book that is synced is the venue's at that very number, frame by frame, and so is the mark of spot.
"""

import json
import random
import time
from collections import Counter

import pytest
from helpers.bad_line import FAULTS
from helpers.chaos import Chaos
from helpers.dialects import BEAT_MS, DIALECTS, MS
from helpers.session import Session

from desk.model.instrument import Kind
from desk.venues.binance_sync import Sequence
from desk.venues.chain import Chain, Verdict
from desk.venues.coinbase import CoinbaseProtocol
from desk.venues.kraken_book import CheckedBook

DESKS = 8
"""They hear the same market, each through a line of its own."""


def check(tally):
    assert tally["gaps"] == tally["found"] + tally["harmless"] + tally["overtaken"]
    assert tally["lost: crossed"] == 0


QUICK = ("binance", "kraken", "hyperliquid")
"""In the default run: numbered, summed and neither."""


@pytest.mark.fault("T15")
@pytest.mark.parametrize(
    "dialect",
    [pytest.param(name, marks=() if name in QUICK else pytest.mark.thorough) for name in DIALECTS],
)
def test_every_gap_is_found_at_once_and_no_wrong_book_is_ever_shown(dialect):
    tally = Chaos(dialect, seed=20261123, desks=DESKS).run(20_000)
    check(tally)
    assert (tally["found"] > 4) == (dialect != "hyperliquid")
    assert tally["ignored"] or dialect == "hyperliquid"


@pytest.mark.fault("T15")
@pytest.mark.slow
@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_gap_of_a_million_frames_is_found_at_once(dialect, figure):
    began = time.process_time()
    chaos = Chaos(dialect, seed=3, desks=DESKS)
    tally = chaos.run(1_000_000)
    check(tally)
    figure(f"{dialect}: {described(chaos, tally)}; {time.process_time() - began:.0f} s of CPU")


def described(chaos, tally):
    done, resyncs = chaos.faults_done(), tally["resyncs"]
    mean = tally["waited"] / resyncs if resyncs else 0
    losses = {name: count for name, count in tally.items() if name.startswith("lost: ")}
    told = [
        f"{tally['messages']:,} messages",
        ", ".join(f"{done[fault]:,} {fault}" for fault in FAULTS),
        f"{tally['gaps']:,} gaps in books that stood",
        f"{tally['found']:,} found at the next message",
        f"{tally['harmless']:,} made right by it",
        f"{tally['overtaken']:,} lost before it for another reason",
        f"{tally['ignored']:,} repeats ignored, {tally['needless']:,} taken for gaps",
        f"{resyncs:,} resyncs after {mean:.1f} of their messages, at most {tally['longest']:,}",
        f"0 wrong books, {losses}",
    ]
    return "; ".join(told)


# --- the tests of the test ------------------------------------------------------------------------


def _looks_away(self, previous_id, change_id):
    self.last_id = change_id
    return Verdict.APPLY


SABOTAGE = {
    "binance": (Sequence, "_chains", lambda *_: True),
    "okx": (Chain, "follow", _looks_away),
    "bybit": (Chain, "follow", _looks_away),
    "deribit": (Chain, "follow", _looks_away),
    "coinbase": (CoinbaseProtocol, "_follows", lambda *_: True),
    "kraken": (CheckedBook, "checksum", None),
}


@pytest.mark.fault("T15")
@pytest.mark.parametrize("dialect", SABOTAGE)
def test_a_desk_that_does_not_look_at_the_sequence_is_found_out(dialect, monkeypatch):
    owner, name, instead = SABOTAGE[dialect]
    if instead is None:
        instead = AnySum.checksum
    monkeypatch.setattr(owner, name, instead)
    with pytest.raises(AssertionError, match=r"missed|wrong book|never was|crossed"):
        Chaos(dialect, seed=1, desks=DESKS).run(20_000)


class AnySum(int):
    """Equal to whatever sum it is compared with."""

    __hash__ = int.__hash__

    def __eq__(self, other):
        return True

    def __ne__(self, other):
        return False

    @staticmethod
    def checksum(book):
        return AnySum()


# --- prints that are numbered ---------------------------------------------------------------------


class Forgetful:
    """A line that loses every fifth frame of prints, and counts what can be known of it."""

    def __init__(self):
        self.known = 0
        self._frames = 0
        self._withheld = Counter()

    def carry(self, sent):
        if sent.stream is None or not sent.stream.endswith("@trades@100ms"):
            return [sent]
        self._frames += 1
        if self._frames % 5 == 0:
            prints = json.loads(sent.told.frame)["params"]["data"]
            self._withheld[sent.stream] += len(prints)
            return []
        self.known += self._withheld.pop(sent.stream, 0)
        return [sent]


def test_prints_of_deribit_that_never_came_are_counted_when_the_next_one_comes():
    chaos = Chaos("deribit", seed=1, rate=0)
    chaos.step(3_000)
    (listener,) = chaos.listeners
    listener.line = line = Forgetful()
    for _ in range(400):
        chaos.step(BEAT_MS)
        assert sum(listener.protocol.missed_trades.values()) == line.known
    assert line.known > 20


# --- what nothing numbers -------------------------------------------------------------------------

MARKS = {
    "binance": "@markPrice@1s",
    "okx": "@mark-price",
    "bybit": "@tickers",
    "deribit": "@ticker@100ms",
    "hyperliquid": "@activeAssetCtx",
}
BOOKS = {
    "binance": "@depth@100ms",
    "okx": "@books",
    "bybit": "@orderbook@200",
    "deribit": "@book@100ms",
    "hyperliquid": "@l2Book",
    "coinbase": "@level2",
    "kraken": "@book@10",
}
SOURCES = [(dialect, Kind.PERPETUAL, stream) for dialect, stream in MARKS.items()] + [
    (dialect, Kind.SPOT, stream) for dialect, stream in BOOKS.items()
]


class Still:
    """A line on which one kind of stream says nothing more, or its last word again and again."""

    def __init__(self, stream, *, repeats):
        self._stream, self._repeats = stream, repeats
        self._last = {}

    def carry(self, sent):
        if sent.stream is None or not sent.stream.endswith(self._stream):
            return [sent]
        return [self._last.setdefault(sent.stream, sent)] if self._repeats else []

    def cut(self):
        pass


def qualities(chaos, kind):
    """By instrument of BTC and ETH."""
    return {
        i.id: x.market.quality(i.id, chaos.world.now_ms * MS)
        for x in chaos.listeners
        for i in x.instruments.values()
        if i.kind is kind and i.base in {"BTC", "ETH", "UBTC", "UETH"}
    }


def run_still(dialect, kind, stream, *, repeats):
    chaos = Chaos(dialect, seed=5, rate=0)
    chaos.step(2_500)
    assert set(qualities(chaos, kind).values()) == {"LIVE"}
    for listener in chaos.listeners:
        listener.line = Still(stream, repeats=repeats)
    limits = [
        i.mark_limit_ms for x in chaos.listeners for i in x.instruments.values() if i.kind is kind
    ]
    chaos.step(max(limits) + 1_000 + 2 * BEAT_MS)  # the last word may be to come yet
    return set(qualities(chaos, kind).values())


@pytest.mark.parametrize(("dialect", "kind", "stream"), SOURCES)
def test_a_mark_whose_stream_has_fallen_silent_is_not_live(dialect, kind, stream):
    assert "LIVE" not in run_still(dialect, kind, stream, repeats=False)


@pytest.mark.parametrize(("dialect", "kind", "stream"), SOURCES)
@pytest.mark.thorough
def test_a_mark_that_is_told_again_and_again_grows_old(dialect, kind, stream):
    seen = run_still(dialect, kind, stream, repeats=True)
    unstamped = stream == "@activeAssetCtx"
    assert seen == {"LIVE"} if unstamped else "LIVE" not in seen


def test_a_whole_book_that_is_crossed_gives_no_mark_until_the_next_one():
    session = Session("hyperliquid", "hyperliquid")
    session.warm_up(2_000, random.Random(1))
    for frame in session.good["l2Book"]:
        message = json.loads(frame)
        message["data"]["levels"].reverse()
        message["data"]["time"] = session.world.now_ms
        session.take(json.dumps(message).encode())
    crossed = {market.instrument.id for market in session.market.all() if market.book.crossed}
    assert len(crossed) == 4
    marks = {i.id: session.market.mark_price(i.id) for i in session.instruments}
    assert [i.id for i in session.instruments if marks[i.id] is None] == [
        i.id for i in session.instruments if i.kind is Kind.SPOT
    ]
    session.recover(1_000)
    assert not session.wrong()
