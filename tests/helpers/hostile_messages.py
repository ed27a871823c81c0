"""One message of every kind that a venue sends, with the kinds of its numbers and names."""

import json

from helpers import binance_frames as b
from helpers import coinbase_frames as c
from helpers import deribit_frames as d
from helpers import hyperliquid_frames as h
from helpers import in_band_frames as f
from helpers import kraken_frames as k
from helpers.bad_values import Verbatim
from helpers.hostile import Message, written

from desk.model.market_data import (
    BookDelta,
    BookSnapshot,
    BookTop,
    Liquidation,
    MarkPrice,
    OpenInterest,
    Trade,
    VenueCandle,
)
from desk.venues.protocol import RestRequest

PRICES = ("open", "high", "low", "close")


def _levels(side, *kinds):
    return {f"{side}.{n}": kind for n, kind in enumerate(kinds)}


# --- OKX and Bybit --------------------------------------------------------------------------------


def _okx(good, fields, expects, *, before=(), after=None):
    in_data = {
        path if path == "action" else f"data.0.{path}": kind for path, kind in fields.items()
    }
    before, after = (tuple(map(f.raw, x or ())) for x in (before, after or [good]))
    return Message(lambda: f.okx(f.SWAP), before, good, in_data, after, expects)


LEVEL = [("63921", "779.3")]
OKX = {
    "okx book": _okx(
        f.okx_book(100, 110, LEVEL, LEVEL),
        {"action": "name", "ts": "time", "seqId": "id", "prevSeqId": "previous"}
        | _levels("bids.0", "price", "depth")
        | _levels("asks.0", "price", "depth"),
        BookSnapshot,
        before=[f.okx_snapshot(100)],
        after=[f.okx_snapshot(200)],
    ),
    "okx top": _okx(
        f.okx_top(),
        {"ts": "time", "seqId": "id?"} | _levels("bids.0", "price", "size"),
        BookTop,
    ),
    "okx trade": _okx(
        f.okx_trades(f.okx_trade(7)),
        {"instId": "name", "side": "name"}
        | {"tradeId": "id", "px": "price", "sz": "size", "ts": "time"},
        Trade,
    ),
    "okx mark": _okx(f.okx_mark(), {"instId": "name", "markPx": "price", "ts": "time"}, MarkPrice),
    "okx index": _okx(
        f.okx_index(),
        {"instId": "name", "idxPx": "price"},
        MarkPrice,
        after=[f.okx_index(), f.okx_mark()],
    ),
    "okx funding": _okx(
        f.okx_funding(),
        {
            "instId": "name",
            "fundingTime": "time",
            "nextFundingTime": "time~",
            "fundingRate": "rate~",
        },
        MarkPrice,
        after=[f.okx_funding(), f.okx_mark()],
    ),
    "okx open interest": _okx(
        f.okx_open_interest(), {"instId": "name", "oi": "interest", "ts": "time"}, OpenInterest
    ),
    "okx candle": _okx(
        f.okx_candle(),
        {"0": "time"} | dict.fromkeys("1234", "price") | {"5": "volume"},
        VenueCandle,
    ),
    "okx liquidation": _okx(
        f.okx_liquidations(f.okx_forced()),
        {
            "details.0.side": "name",
            "details.0.bkPx": "price",
            "details.0.sz": "size",
            "details.0.ts": "time",
        },
        Liquidation,
    ),
}


def _bybit(good, fields, expects, *, before=(), after=None):
    before, after = (tuple(map(f.raw, x or ())) for x in (before, after or [good]))
    return Message(lambda: f.bybit(f.LINEAR, "BTCUSDT"), before, good, fields, after, expects)


TICKER = f.bybit_ticker(**f.FULL_TICKER)
BYBIT = {
    "bybit book": _bybit(
        f.bybit_book(101, [("63958.60", "1")]),
        {"type": "name", "data.s": "name", "ts": "time", "data.u": "id"}
        | _levels("data.b.0", "price", "depth"),
        BookSnapshot,
        before=[f.bybit_snapshot(100)],
        after=[f.bybit_snapshot(200)],
    ),
    "bybit top": _bybit(
        f.bybit_snapshot(9, depth=1),
        {"type": "name", "data.s": "name", "ts": "time", "data.u": "id"}
        | _levels("data.b.0", "price", "size"),
        BookTop,
    ),
    "bybit trade": _bybit(
        f.bybit_trades(f.bybit_print("a")),
        {"data.0.s": "name", "data.0.S": "name"}
        | {"data.0.p": "price", "data.0.v": "size", "data.0.T": "time"},
        Trade,
    ),
    "bybit ticker": _bybit(
        TICKER,
        {
            "type": "name",
            "data.symbol": "name",
            "ts": "time",
            "cs": "id?",
            "data.markPrice": "price",
            "data.indexPrice": "price~",
            "data.fundingRate": "rate~",
            "data.nextFundingTime": "time~",
            "data.fundingIntervalHour": "hours~",
            "data.singleOpenInterest": "interest?",
        },
        MarkPrice,
        before=[TICKER],
    ),
    "bybit candle": _bybit(
        f.bybit_candle(),
        {"data.0.interval": "name", "data.0.start": "time", "data.0.volume": "volume"}
        | {f"data.0.{price}": "price" for price in ("open", "high", "low", "close")},
        VenueCandle,
    ),
    "bybit liquidation": _bybit(
        f.bybit_forced(),
        {"data.0.s": "name", "data.0.S": "name"}
        | {"data.0.p": "price", "data.0.v": "size", "data.0.T": "time"},
        Liquidation,
    ),
}


# --- Deribit and Hyperliquid ----------------------------------------------------------------------


def _deribit(frame, fields, expects, *, before=(), after=()):
    in_data = {f"params.data.{path}": kind for path, kind in fields.items()}
    good = json.loads(frame)
    return Message(d.opened, tuple(before), good, in_data, after or (frame,), expects)


DERIBIT = {
    "deribit book": _deribit(
        d.book_frame(131, 100, bids=[("change", 61000.0, 70)]),
        {"timestamp": "time", "change_id": "count", "prev_change_id": "id"}
        | {"bids.0.1": "price", "bids.0.2": "size"},
        BookSnapshot,
        before=[d.snapshot_frame(100)],
        after=(d.snapshot_frame(200),),
    ),
    "deribit trade": _deribit(
        d.trades_frame(d.trade(7)),
        {"0.trade_seq": "id", "0.timestamp": "time", "0.price": "price", "0.amount": "size"},
        Trade,
    ),
    "deribit ticker": _deribit(
        d.ticker_frame(),
        {
            "timestamp": "time",
            "mark_price": "price",
            "index_price": "price?",
            "current_funding": "rate?",
            "open_interest": "interest?",
        }
        | {
            f"best_{side}_{what}": "depth?"
            for side in ("bid", "ask")
            for what in ("price", "amount")
        },
        MarkPrice,
    ),
    "deribit candle": _deribit(
        d.candle_frame(volume=0.5),
        {"tick": "time", "cost": "volume"} | dict.fromkeys(PRICES, "price"),
        VenueCandle,
    ),
    "deribit liquidation": _deribit(
        d.trades_frame(d.trade(7, liquidation="T")),
        {"0.price": "price", "0.amount": "size", "0.timestamp": "time"},
        Liquidation,
    ),
}


def _hyperliquid(frame, fields, expects, before=()):
    in_data = {f"data.{path}": kind for path, kind in fields.items()}
    return Message(h.live, tuple(before), json.loads(frame), in_data, (frame,), expects)


HYPERLIQUID = {
    "hyperliquid book": _hyperliquid(
        h.book_frame(),
        {"time": "time", "levels.0.0.px": "price", "levels.1.0.sz": "size"},
        BookSnapshot,
        before=[h.book_frame()],
    ),
    "hyperliquid trade": _hyperliquid(
        h.trades_frame(h.trade(7)),
        {"0.px": "price", "0.sz": "size", "0.tid": "id", "0.time": "time"},
        Trade,
    ),
    "hyperliquid top": _hyperliquid(
        h.best_frame(("61000.0", "1"), ("61001.0", "2")),
        {"time": "time", "bbo.0.px": "price", "bbo.1.sz": "size"},
        BookTop,
    ),
    "hyperliquid context": _hyperliquid(
        h.context_frame(),
        {
            "ctx.markPx": "price",
            "ctx.oraclePx": "price?",
            "ctx.funding": "rate?",
            "ctx.openInterest": "interest?",
        },
        MarkPrice,
    ),
    "hyperliquid candle": _hyperliquid(
        h.candle_frame(),
        {"s": "name", "i": "name", "t": "time", "v": "volume"} | dict.fromkeys("ohlc", "price"),
        VenueCandle,
    ),
}


# --- Coinbase and Kraken --------------------------------------------------------------------------


def _coinbase(channel, event, fields, expects, after):
    """Frames are numbered through: what comes before, the message, and what brings it back."""
    venue = c.Venue("BTC-USD")
    before = (venue.frame("l2_data", c.book(kind="snapshot")),)
    good = json.loads(venue.frame(channel, event))
    in_events = {f"events.0.{path}": kind for path, kind in fields.items()}
    return Message(
        lambda: c.Venue("BTC-USD").protocol,
        before,
        good,
        {"sequence_num": "count"} | in_events,
        (venue.frame(channel, after),),
        expects,
    )


COINBASE = {
    "coinbase book": _coinbase(
        "l2_data",
        c.book(),
        {"type": "name", "product_id": "name", "updates.0.side": "name"}
        | {"updates.0.price_level": "price", "updates.1.new_quantity": "depth"},
        BookSnapshot,
        c.book(kind="snapshot"),
    ),
    "coinbase trade": _coinbase(
        "market_trades",
        c.trades(c.trade(7)),
        {"type": "name", "trades.0.product_id": "name", "trades.0.side": "name"}
        | {"trades.0.trade_id": "id", "trades.0.price": "price", "trades.0.size": "size"},
        Trade,
        c.trades(c.trade(8)),
    ),
    "coinbase ticker": _coinbase(
        "ticker",
        c.ticker(),
        {f"tickers.0.best_{side}": "price" for side in ("bid", "ask")}
        | {f"tickers.0.best_{side}_quantity": "depth" for side in ("bid", "ask")},
        BookTop,
        c.ticker(),
    ),
}


def _kraken(frame, fields, expects, *, before=(), after=None):
    in_data = {f"data.0.{path}": kind for path, kind in fields.items()}
    good = json.loads(frame, parse_float=Verbatim)
    return Message(lambda: k.opened("BTC/USD"), before, good, in_data, after or (frame,), expects)


KRAKEN = {
    "kraken book": _kraken(
        k.book([("60999.0", "1.0")], [("61002.0", "1.0")], crc=1),
        {"checksum": "checksum"}
        | {"bids.0.price": "price", "bids.0.qty": "depth"}
        | {"asks.0.price": "price", "asks.0.qty": "depth"},
        BookSnapshot,
        before=(k.Venue().snapshot(),),
        after=(k.Venue().snapshot(),),
    ),
    "kraken trade": _kraken(
        k.trades(k.trade(7)), {"price": "price", "qty": "size", "trade_id": "id"}, Trade
    ),
    "kraken ticker": _kraken(
        k.ticker(),
        {"bid": "price", "bid_qty": "size", "ask": "price", "ask_qty": "size"},
        BookTop,
    ),
    "kraken candle": _kraken(
        k.candles(k.candle()),
        {"symbol": "name", "interval": "count", "volume": "volume"}
        | dict.fromkeys(PRICES, "price"),
        VenueCandle,
    ),
}


# --- Binance --------------------------------------------------------------------------------------


def _binance(stream, event, fields, expects, connection=b.USDM):
    in_data = {f"data.{path}": kind for path, kind in fields.items()}
    good = {"stream": f"btcusdt@{stream}", "data": event}
    return Message(lambda: _synced(connection), (), good, in_data, (written(good),), expects)


def _synced(connection):
    protocol = b.protocol(connection)
    previous = None if connection == b.SPOT else 99
    protocol.receive_frame(b.depth_frame(100, 105, previous), 1)
    protocol.receive_response(protocol.snapshot_request("BTCUSDT"), b.snapshot(100), 1)
    return protocol


def _binance_answer(body, about, fields, expects, before=()):
    request = RestRequest(b.USDM, "/", "BTCUSDT", about)
    good = json.loads(body)
    return Message(b.protocol, before, good, fields, (body,), expects, request)


BINANCE = {
    "binance book": _binance(
        "depth@100ms",
        b.diff(106, 110, 105, bids=[("60999.0", "1.000")], asks=[("61002.0", "1.000")]),
        {"U": "id", "u": "count", "pu": "id", "E": "time?"}
        | _levels("b.0", "price", "depth")
        | _levels("a.0", "price", "depth"),
        BookDelta,
    ),
    "binance spot book": _binance(
        "depth@100ms",
        b.diff(106, 110, bids=[("60999.00", "1.000")]),
        {"U": "id", "u": "count", "E": "time?"} | _levels("b.0", "price", "depth"),
        BookDelta,
        connection=b.SPOT,
    ),
    "binance top": _binance(
        "bookTicker",
        b.ticker(42, E=b.START_MS),
        {"u": "id", "E": "time?"} | {"b": "price", "B": "size", "a": "price", "A": "size"},
        BookTop,
    ),
    "binance trade": _binance(
        "trade", b.trade(7), {"t": "id", "p": "price", "q": "size", "T": "time"}, Trade
    ),
    "binance mark": _binance(
        "markPrice@1s",
        b.mark(),
        {"p": "price", "E": "time?", "i": "index", "r": "funding", "T": "next"},
        MarkPrice,
    ),
    "binance candle": _binance(
        "kline_1m",
        b.candle(),
        {"k.t": "time", "k.v": "volume"} | {f"k.{price}": "price" for price in "ohlc"},
        VenueCandle,
    ),
    "binance liquidation": _binance(
        "forceOrder", b.forced(), {"o.ap": "price", "o.z": "volume", "o.T": "time?"}, Liquidation
    ),
    "binance snapshot": _binance_answer(
        b.snapshot(100),
        "book",
        {"lastUpdateId": "id", "bids.0.0": "price", "bids.0.1": "depth", "asks.0.0": "price"},
        BookSnapshot,
        before=(b.depth_frame(100, 105, 99),),
    ),
    "binance open interest": _binance_answer(
        b.raw({"symbol": "BTCUSDT", "openInterest": "81234.567", "time": b.START_MS}),
        "open_interest",
        {"openInterest": "interest", "time": "time?"},
        OpenInterest,
    ),
}

MESSAGES = OKX | BYBIT | DERIBIT | HYPERLIQUID | COINBASE | KRAKEN | BINANCE
