"""Feeds, streams, consensus: rows of a frame that nobody has to interpret."""

import pytest
from helpers.frames import feed, frame, later
from helpers.seven_venues import index, rates, seven_venues, source, stream, troubled_venues
from msgspec.structs import replace

from ui.viewmodels.consensus import SOURCE_COLUMNS, consensus_rows
from ui.viewmodels.feeds import FEED_COLUMNS, feed_rows
from ui.viewmodels.streams import (
    STREAM_COLUMNS,
    RateMeter,
    is_wrong,
    stream_key,
    stream_rows,
    venue_of_stream,
    wrong_count,
)
from ui.viewmodels.tone import Tone

SECOND_MS = 1_000


def texts(row, columns):
    return {column.key: cell.text for column, cell in zip(columns, row.cells, strict=True)}


def row_of(rows, key):
    return next(row for row in rows if row.key == key)


# ---- venues --------------------------------------------------------------------------------------


def test_venue_tells_lamp_age_clock_and_counts():
    rows = feed_rows(troubled_venues())
    assert texts(row_of(rows, "OKX"), FEED_COLUMNS) == {
        "lamp": "stale",
        "venue": "OKX",
        "age": "6.4 s",
        "late": "1.5 s",
        "stale": "2.0 s",
        "skew": "−3 ms",
        "gaps": "3",
        "rejected": "1",
        "inactive": "0",
        "wrong": "5 of 30",
        "note": "reconnecting in 2 s",
    }
    assert [row.cells[0].text for row in rows] == [
        "live", "stale", "live", "live", "live", "never seen", "late"
    ]  # fmt: skip


def test_why_a_venue_is_down_comes_before_what_is_only_to_be_known():
    (row,) = feed_rows(frame(feeds=[feed(down="refused: HTTP 429", note="terms as shipped")]))
    assert row.cells[-1].text == "refused: HTTP 429; terms as shipped"
    assert row.cells[-1].tone is Tone.WARNING


def test_what_is_wrong_now_is_boxed_and_what_has_happened_is_only_told():
    at = {column.key: number for number, column in enumerate(FEED_COLUMNS)}
    (row,) = feed_rows(frame(feeds=[feed(gaps=3, rejected=2, inactive=1)]))
    assert row.cells[at["inactive"]].chip == "warn"
    for key in ("gaps", "rejected"):
        assert row.cells[at[key]].chip == ""
        assert row.cells[at[key]].tone is Tone.TEXT
    assert all(cell.chip == "" for cell in feed_rows(seven_venues())[0].cells)


# ---- streams -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "wrong", "word"),
    [
        ({"state": "LIVE"}, False, "LIVE"),
        ({"state": "QUIET", "limit_ms": None}, False, "QUIET"),
        ({"state": "SILENT", "limit_ms": None, "age_ms": None}, False, "SILENT"),
        ({"state": "SILENT", "age_ms": None}, True, "SILENT"),
        ({"state": "STALE", "age_ms": 6_400}, True, "STALE"),
        ({"state": "LIVE", "active": False}, True, "INACTIVE"),
        ({"state": "SOMETHING"}, True, "SOMETHING"),
    ],
)
def test_stream_is_wrong_or_not_and_says_so_in_a_word(changes, wrong, word):
    one = stream(**changes)
    (row,) = stream_rows(frame(streams=[one]), RateMeter())
    assert is_wrong(one) is wrong
    assert row.cells[-1].text == word
    assert bool(row.cells[-1].chip) is wrong
    assert len(stream_rows(frame(streams=[one]), RateMeter(), only_wrong=True)) == wrong


def test_stream_shows_its_age_against_its_limit():
    (row,) = stream_rows(frame(streams=[stream()]), RateMeter())
    shown = texts(row, STREAM_COLUMNS)
    assert (shown["age"], shown["limit"], shown["active"], shown["rate"]) == (
        "38",
        "2.0 s",
        "yes",
        "—",
    )
    (row,) = stream_rows(frame(streams=[stream(kind="trades")]), RateMeter())
    assert texts(row, STREAM_COLUMNS)["limit"] == "none"


def test_words_narrow_the_list_by_venue_kind_and_state():
    desk = troubled_venues()
    meter = RateMeter()

    def found(words):
        return {row.key for row in stream_rows(desk, meter, words)}

    assert len(found("")) == 153
    assert len(found("okx")) == 30
    assert len(found("OKX mark")) == 5
    assert found("okx mark") == found("okx stale")
    assert found("coinbase silent") == {
        row.key for row in stream_rows(desk, meter, "coinbase", only_wrong=True)
    }
    assert found("no such thing") == set()
    assert wrong_count(desk) == 10


def test_stream_without_an_instrument_belongs_to_the_venue_of_its_connection():
    feeds = [feed("OKX"), feed("BINANCE")]
    lonely = stream(instrument="X.OKX", connection="binance-usdm", name="listing")
    assert venue_of_stream(lonely, feeds) == "OKX"
    assert venue_of_stream(replace(lonely, instrument=None), feeds) == "BINANCE"
    assert venue_of_stream(replace(lonely, instrument=None, connection="odd"), feeds) == "odd"


# ---- rates ---------------------------------------------------------------------------------------


def with_messages(before, ms, messages):
    return later(before, ms=ms, streams=[stream(messages=messages)])


def test_rate_is_messages_a_second_between_two_frames():
    meter, key = RateMeter(), stream_key(stream())
    first = frame(streams=[stream(messages=1_000)])
    meter.take(first)
    assert meter.rate(key) is None
    soon = with_messages(first, 16, 1_001)
    meter.take(soon)
    assert meter.rate(key) is None, "sixteen milliseconds tell nothing"
    meter.take(with_messages(first, 4 * SECOND_MS, 1_040))
    assert meter.rate(key) == pytest.approx(10.0)


def test_counter_that_went_back_gives_no_rate_until_the_next_look():
    meter, key = RateMeter(), stream_key(stream())
    first = frame(streams=[stream(messages=1_000)])
    meter.take(first)
    again = with_messages(first, 2 * SECOND_MS, 4)
    meter.take(again)
    assert meter.rate(key) is None
    meter.take(with_messages(again, 2 * SECOND_MS, 8))
    assert meter.rate(key) == pytest.approx(2.0)


def test_meter_that_forgot_does_not_average_over_the_pause():
    meter, key = RateMeter(), stream_key(stream())
    first = frame(streams=[stream(messages=0)])
    meter.take(first)
    meter.forget()
    shown = with_messages(first, 60 * SECOND_MS, 60_000)
    meter.take(shown)
    assert meter.rate(key) is None
    meter.take(with_messages(shown, 2 * SECOND_MS, 60_010))
    assert meter.rate(key) == pytest.approx(5.0)


def test_clock_that_went_back_starts_the_meter_anew():
    meter, key = RateMeter(), stream_key(stream())
    meter.take(frame(ts_ns=10**12, streams=[stream(messages=5)]))
    meter.take(frame(ts_ns=1, streams=[stream(messages=9)]))
    assert meter.rate(key) is None


# ---- consensus -----------------------------------------------------------------------------------


def test_every_source_tells_price_deviation_standing_and_age():
    rows = consensus_rows(troubled_venues())
    assert [row.heading for row in rows if row.heading] == ["BTC", "ETH", "Stablecoins"]
    held = row_of(rows, "BTC HYPERLIQUID")
    assert texts(held, SOURCE_COLUMNS) == {
        "source": "HYPERLIQUID",
        "price": "61,005.4",
        "deviation": "+342 bp",
        "standing": "held",
        "age": "112",
        "note": "",
    }
    assert held.cells[3].chip == "warn"
    assert row_of(rows, "BTC BINANCE").cells[3].chip == ""


def test_what_is_assumed_is_said_aloud():
    rows = consensus_rows(troubled_venues())
    assert row_of(rows, "ETH DERIBIT").cells[-1].text == "at par: its stablecoin has no price"
    usdt, usdc = row_of(rows, "rate USDT"), row_of(rows, "rate USDC")
    assert [cell.text for cell in usdt.cells[:4]] == ["USDT/USD", "0.9998", "", "from live books"]
    assert [cell.text for cell in usdc.cells[:4]] == ["USDC/USD", "1.0000", "", "assumed"]
    assert (usdc.cells[3].chip, usdc.cells[1].tone) == ("warn", Tone.STALE)


def test_standing_that_nobody_has_heard_of_does_not_count():
    rows = consensus_rows(frame(indices=[index("BTC", [source("OKX", standing="odd")])]))
    assert rows[1].cells[3].chip == "warn"
    assert "OKX odd" in rows[0].cells[2].text


def test_no_index_no_rates_no_rows():
    assert consensus_rows(frame()) == ()
    assert len(consensus_rows(frame(rates=rates()))) == 3
