"""Frames that Binance really sent; skipped where the recordings are not beside the checkout.

Frames of contracts that have expired are renamed to perpetuals: their shape is the same.
"""

import json
from decimal import Decimal

from helpers import binance_frames as b
from helpers.shared import shared

from desk.model.market_data import (
    BookTop,
    Liquidation,
    MarkPrice,
    OpenInterest,
    Trade,
    VenueCandle,
)
from desk.model.orders import Side
from desk.venues.protocol import RestRequest


def rows(name, key):
    """The messages of a file of samples, as bytes."""
    for line in shared(f"data/captures/binance/{name}").read_text().splitlines():
        row = json.loads(line)
        message = row.get(key)
        if message is not None and row.get("dir") != "note":
            yield message.encode() if isinstance(message, str) else b.raw(message)


def played(connection, frames):
    protocol = b.protocol(connection)
    for frame in frames:
        protocol.receive_frame(frame, 1)
    return protocol, protocol.events_received()


def of_kind(events, kind):
    return [event for event in events if isinstance(event, kind)]


def test_every_frame_of_2026_is_understood():
    frames = list(rows("captured_20260726_usdm_testnet.jsonl", "raw"))
    protocol, events = played(b.USDM, frames)
    assert protocol.counters.rejected == protocol.counters.unknown_events == 0
    assert len(frames) == protocol.counters.messages > 5
    (candle,) = of_kind(events, VenueCandle)
    assert (candle.start_ms, candle.open, candle.low) == (1785048480000, 643467, 643360)
    assert (candle.volume, candle.closed) == (Decimal("24.8783"), True)
    mark = of_kind(events, MarkPrice)[0]
    assert (mark.mark, mark.index) == (Decimal("64346.7"), Decimal("64399.61608696"))
    assert (mark.funding_rate, mark.next_funding_ms) == (Decimal("0.00005301"), 1785052800000)
    assert {type(event) for event in events} >= {Trade, BookTop}


def test_forced_orders_of_both_futures_are_liquidations():
    frames = [f for f in rows("tardis_mapper_samples.jsonl", "msg") if b"forceOrder" in f]
    linear = [frame for frame in frames if b"USDT" in frame]
    inverse = [
        frame.replace(b"BTCUSD_200925", b"BTCUSD_PERP").replace(b"btcusd_200925", b"btcusd_perp")
        for frame in frames
        if b"USDT" not in frame
    ]
    _, (bought,) = played(b.USDM, linear)
    _, (sold,) = played(b.COINM, inverse)
    assert bought == Liquidation(
        "BTCUSDT-PERP.BINANCE",
        Side.BUY,
        Decimal("4706.04"),
        Decimal("0.014"),
        1,
        1584059031421,
    )
    assert (sold.side, sold.price, sold.quantity) == (Side.SELL, Decimal("9352.7"), 3)


def test_marks_of_coin_margined_contracts_are_read_with_and_without_an_index():
    frames = [
        frame
        for frame in rows("crypto_msg_parser_samples.jsonl", "raw")
        if b'"btcusd_perp@markPrice"' in frame
    ]
    protocol, (mark,) = played(b.COINM, frames)
    assert protocol.counters.rejected == 0
    assert (mark.mark, mark.index) == (Decimal("59012.56007222"), None)
    assert mark.next_funding_ms == 1617321600000


def test_open_interest_is_in_coin_and_in_contracts():
    bodies = {
        json.loads(body)["symbol"]: body
        for body in rows("crypto_msg_parser_samples.jsonl", "raw")
        if body.startswith(b'{"symbol"') and b'"openInterest":"' in body
    }
    heard = {}
    for connection, symbol in ((b.USDM, "BTCUSDT"), (b.COINM, "BTCUSD_PERP")):
        protocol = b.protocol(connection)
        request = RestRequest(connection, "", symbol, "open_interest")
        protocol.receive_response(request, bodies[symbol], 1)
        (heard[symbol],) = protocol.events_received()
    assert heard["BTCUSDT"] == OpenInterest(
        "BTCUSDT-PERP.BINANCE", Decimal("84617.188"), 1, 1654336844754
    )
    assert heard["BTCUSD_PERP"].quantity == 5827897
