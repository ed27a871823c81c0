"""OKX and Bybit frames made by hand, in the documented shapes, and ways to spoil them."""

import json

from desk.io.resources import resource
from desk.model.catalogue import load_catalogue
from desk.venues.bybit import BybitProtocol
from desk.venues.okx import OkxProtocol

OKX = load_catalogue(resource("instruments/okx.toml"), "okx.toml")
BYBIT = load_catalogue(resource("instruments/bybit.toml"), "bybit.toml")

SPOT, LINEAR, INVERSE = "bybit-spot", "bybit-linear", "bybit-inverse"
START_MS = 1_786_540_400_000
FUNDING_MS = START_MS + 3_600_000
HOUR_MS = 3_600_000
MINUTE_START_MS = START_MS - START_MS % 60_000


def raw(value):
    return json.dumps(value, separators=(",", ":")).encode()


def okx(*symbols):
    """A protocol of all instruments, or of those named."""
    rows = OKX.of_connection("okx")
    return OkxProtocol([rows[s] for s in symbols] if symbols else rows.values())


def okx_symbols():
    return set(OKX.of_connection("okx"))


def bybit(connection=LINEAR, *symbols):
    rows = BYBIT.of_connection(connection)
    return BybitProtocol(connection, [rows[s] for s in symbols] if symbols else rows.values())


# --- OKX ------------------------------------------------------------------------------------------

SWAP = "BTC-USDT-SWAP"


def okx_data(channel, items, symbol=SWAP, **more):
    return {"arg": {"channel": channel, "instId": symbol}} | more | {"data": items}


def okx_levels(levels):
    return [[price, size, "0", "1"] for price, size in levels]


def okx_book(previous, last, bids=(), asks=(), *, action="update", symbol=SWAP, ms=START_MS):
    item = {
        "asks": okx_levels(asks),
        "bids": okx_levels(bids),
        "ts": str(ms),
        "checksum": 0,
        "seqId": last,
        "prevSeqId": previous,
    }
    return okx_data("books", [item], symbol, action=action)


def okx_snapshot(last, bids=(("63921", "779.3"),), asks=(("63921.1", "1871.75"),), **more):
    return okx_book(-1, last, bids, asks, action="snapshot", **more)


def okx_trade(trade_id, price="63913.5", size="1", side="buy", *, symbol=SWAP, **more):
    return {
        "instId": symbol,
        "tradeId": str(trade_id),
        "px": price,
        "sz": size,
        "side": side,
        "ts": str(START_MS),
        "count": "1",
        "source": "0",
        "seqId": 333793117432,
    } | more


def okx_trades(*trades, symbol=SWAP):
    return okx_data("trades", list(trades), symbol)


def okx_top(bids=(("63921", "779.3"),), asks=(("63921.1", "1871.75"),), *, symbol=SWAP, **more):
    item = {"asks": okx_levels(asks), "bids": okx_levels(bids), "ts": str(START_MS), "seqId": 9}
    return okx_data("bbo-tbt", [item | more], symbol)


def okx_mark(price="63920.5", *, symbol=SWAP, ms=START_MS):
    item = {"instId": symbol, "instType": "SWAP", "markPx": price, "ts": str(ms)}
    return okx_data("mark-price", [item], symbol)


def okx_index(price="63950.1", *, symbol="BTC-USDT"):
    item = {"instId": symbol, "idxPx": price, "open24h": "1", "ts": str(START_MS)}
    return okx_data("index-tickers", [item], symbol)


def okx_funding(rate="0.0001", *, at=FUNDING_MS, hours=8, symbol=SWAP, **more):
    item = {
        "fundingRate": rate,
        "fundingTime": str(at),
        "instId": symbol,
        "instType": "SWAP",
        "nextFundingRate": "",
        "nextFundingTime": str(at + hours * HOUR_MS),
        "ts": str(START_MS),
    }
    return okx_data("funding-rate", [item | more], symbol)


def okx_open_interest(contracts="2216113.01", *, symbol=SWAP):
    item = {
        "instId": symbol,
        "instType": "SWAP",
        "oi": contracts,
        "oiCcy": "1",
        "ts": str(START_MS),
    }
    return okx_data("open-interest", [item], symbol)


def okx_candle(*prices, start=MINUTE_START_MS, volume="1803.61", confirm="0", symbol=SWAP):
    """`candle1m`: open, high, low and close, 63921 all of them where none are given."""
    row = [str(start), *(prices or ["63921"] * 4), volume, "18.0361", "1152885.6", confirm]
    return okx_data("candle1m", [row], symbol)


def okx_forced(side="buy", position="short", symbol=SWAP, **more):
    order = {"bkLoss": "0", "bkPx": "64100.5", "ccy": "", "posSide": position, "side": side}
    order |= {"sz": "13.5", "ts": str(START_MS)} | more
    return {"details": [order], "instFamily": symbol[:-5], "instId": symbol, "instType": "SWAP"}


def okx_liquidations(*told):
    return {"arg": {"channel": "liquidation-orders", "instType": "SWAP"}, "data": list(told)}


# --- Bybit ----------------------------------------------------------------------------------------


def bybit_book(u, bids=(), asks=(), *, kind="delta", symbol="BTCUSDT", depth=200, ms=START_MS):
    return {
        "topic": f"orderbook.{depth}.{symbol}",
        "type": kind,
        "ts": ms,
        "data": {
            "s": symbol,
            "b": [list(level) for level in bids],
            "a": [list(level) for level in asks],
            "u": u,
            "seq": 7_961_638_724 + u,
        },
        "cts": ms - 1,
    }


def bybit_snapshot(u, bids=(("63958.60", "6.907"),), asks=(("63958.70", "2.100"),), **more):
    return bybit_book(u, bids, asks, kind="snapshot", **more)


def bybit_ticker(kind="snapshot", cs=100, *, symbol="BTCUSDT", ms=START_MS, **fields):
    data = {"symbol": symbol} | fields
    return {"topic": f"tickers.{symbol}", "type": kind, "data": data, "cs": cs, "ts": ms}


FULL_TICKER = {
    "lastPrice": "63958.60",
    "markPrice": "63958.60",
    "indexPrice": "63986.67",
    "openInterest": "57798.137",
    "singleOpenInterest": "28899.069",
    "openInterestValue": "3696687925.13",
    "fundingIntervalHour": "8",
    "fundingCap": "0.005",
    "nextFundingTime": str(FUNDING_MS),
    "fundingRate": "0.0000544",
    "bid1Price": "63958.60",
    "bid1Size": "6.907",
}


def bybit_print(trade_id, price="63958.60", size="0.010", side="Buy", **more):
    return {
        "T": START_MS,
        "s": "BTCUSDT",
        "S": side,
        "v": size,
        "p": price,
        "L": "PlusTick",
        "i": trade_id,
        "BT": False,
        "RPI": False,
        "seq": 5,
    } | more


def bybit_trades(*trades, symbol="BTCUSDT"):
    return {
        "topic": f"publicTrade.{symbol}",
        "type": "snapshot",
        "ts": START_MS + 2,
        "data": list(trades),
    }


def bybit_candle(*prices, symbol="BTCUSDT", **more):
    """`kline.1`: open, high, low and close, 63958.60 all of them where none are given."""
    names = ("open", "high", "low", "close")
    row = {
        "start": MINUTE_START_MS,
        "end": MINUTE_START_MS + 59_999,
        "interval": "1",
        **dict(zip(names, prices or ["63958.60"] * 4, strict=True)),
        "volume": "12.345",
        "turnover": "789569.0",
        "confirm": False,
        "timestamp": START_MS,
    } | more
    topic = f"kline.1.{symbol}"
    return {"topic": topic, "type": "snapshot", "ts": START_MS, "data": [row]}


def bybit_forced(position="Buy", symbol="BTCUSDT", **more):
    row = {"T": START_MS, "s": symbol, "S": position, "v": "0.250", "p": "63000.10"} | more
    topic = f"allLiquidation.{symbol}"
    return {"topic": topic, "type": "snapshot", "ts": START_MS + 9, "data": [row]}
