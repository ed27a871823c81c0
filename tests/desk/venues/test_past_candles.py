"""Candles of the time before: as each venue's own pages show an answer, and as none should be."""

import json
from decimal import Decimal as D

import pytest

from desk.cli.shipped import shipped
from desk.model.market_data import PastCandle
from desk.venues.connections import PASTS
from desk.venues.past import Span, check_bars
from desk.venues.unreadable import UNREADABLE, Unusable

CATALOGUE = shipped().catalogue

# Rows of the examples on the venues' API pages, read November 2026; start, prices, coins.
BINANCE = [
    1499040000000, "0.01634790", "0.80000000", "0.01575800", "0.01577100", "148976.11427815",
    1499644799999, "2434.19055334", 308, "1756.87402397", "28.46694368", "17928899.62484339",
]  # fmt: skip
OKX = ["1597026383085", "3.721", "3.743", "3.677", "3.708", "8422410", "22698348.04828491",
       "12698348.04828491", "0"]  # fmt: skip
BYBIT = ["1670608800000", "17071", "17073", "17027", "17055.5", "268611", "15.74462667"]
KRAKEN = [1688671200, "30306.1", "30306.2", "30305.7", "30305.7", "30306.1", "3.39243896", 23]
COINBASE = {"start": "1639508050", "low": "140.21", "high": "140.21", "open": "140.21",
            "close": "140.21", "volume": "56437345"}  # fmt: skip
HYPERLIQUID = {"T": 1681924499999, "c": "29258.0", "h": "29309.0", "i": "15m", "l": "29250.0",
               "n": 189, "o": "29295.0", "s": "BTC", "t": 1681923600000,
               "v": "0.98639"}  # fmt: skip
DERIBIT = {
    "volume": [19.007942600000003, 20.095877], "ticks": [1554373800000, 1554373860000],
    "status": "ok", "open": [4963.42, 4986.29], "low": [4728.94, 4726.6],
    "high": [5185.45, 5250.87], "cost": [19007.942601, 20095.877], "close": [5052.95, 5013.59],
}  # fmt: skip


def bybit(*rows, symbol="BTCUSDT"):
    result = {"category": "linear", "symbol": symbol, "list": list(rows)}
    return {"retCode": 0, "retMsg": "OK", "result": result, "time": 1672025956592}


def kraken(*rows):
    return {"error": [], "result": {"XXBTZUSD": list(rows), "last": 1688672160}}


CASES = {
    "BTCUSDT-PERP.BINANCE": ([BINANCE], 1499040000000, "0.01577100", "148976.11427815"),
    "BTCUSDT.BINANCE": ([BINANCE], 1499040000000, "0.01577100", "148976.11427815"),
    "BTCUSD-PERP.BINANCE": ([BINANCE], 1499040000000, "0.01577100", "2434.19055334"),
    "BTC-USDT-SWAP.OKX": (
        {"code": "0", "msg": "", "data": [OKX]}, 1597026383085, "3.708", "22698348.04828491",
    ),
    "BTC-USDT.OKX": ({"code": "0", "msg": "", "data": [OKX]}, 1597026383085, "3.708", "8422410"),
    "BTCUSDT-PERP.BYBIT": (bybit(BYBIT), 1670608800000, "17055.5", "268611"),
    "BTCUSD-PERP.BYBIT": (bybit(BYBIT, symbol="BTCUSD"), 1670608800000, "17055.5", "15.74462667"),
    "BTC-PERPETUAL.DERIBIT": (
        {"jsonrpc": "2.0", "id": 833, "result": DERIBIT}, 1554373800000, "5052.95",
        "19.007942600000003",
    ),
    "BTC-USD.COINBASE": ({"candles": [COINBASE]}, 1639508050000, "140.21", "56437345"),
    "BTC/USD.KRAKEN": (kraken(KRAKEN), 1688671200000, "30305.7", "3.39243896"),
    "BTC-PERP.HYPERLIQUID": ([HYPERLIQUID], 1681923600000, "29258.0", "0.98639"),
}  # fmt: skip


def source_of(name):
    terms = CATALOGUE.get(name)
    return terms, PASTS[terms.connection]


@pytest.mark.parametrize("name", CASES)
def test_an_answer_as_the_venues_page_shows_it_is_read(name):
    answer, start_ms, close, coins = CASES[name]
    terms, source = source_of(name)
    told = source.read(terms, json.dumps(answer).encode())[0]
    assert (told.start_ms, told.close, told.volume) == (start_ms, D(close), D(coins))


def test_rows_come_out_oldest_first_whichever_way_a_venue_tells_them():
    terms, source = source_of("BTCUSDT-PERP.BYBIT")
    older = ["1670605200000", *BYBIT[1:]]
    told = source.read(terms, json.dumps(bybit(BYBIT, older)).encode())
    assert [one.start_ms for one in told] == [1670605200000, 1670608800000]


def spoilt(**changes):
    row = list(BINANCE)
    for at, value in changes.items():
        row[int(at[1:])] = value
    return [row]


DEEP = b"[" * 100_000
BAD = {
    "not a number": spoilt(_1="NaN"),
    "infinite": spoilt(_2="Infinity"),
    "beyond a float": spoilt(_2="1e999"),
    "negative": spoilt(_3="-1"),
    "nothing": spoilt(_4="0"),
    "volume below zero": spoilt(_5="-0.1"),
    "close above high": spoilt(_4="0.9"),
    "before there were coins": spoilt(_0=0),
    "after all time": spoilt(_0=1 << 50),
    "a start that is text": spoilt(_0="1499040000000"),
    "a price that is none": spoilt(_1=None),
    "a row too short": [BINANCE[:4]],
    "twice": [BINANCE, BINANCE],
    "in no order": [BINANCE, spoilt(_0=1499040060000)[0], spoilt(_0=1499040030000)[0]],
    "an error": {"code": -1121, "msg": "Invalid symbol."},
    "more than was asked for": [spoilt(_0=1499040000000 + n * 60_000)[0] for n in range(7_000)],
}


@pytest.mark.parametrize("bad", BAD)
def test_what_cannot_be_true_is_refused_whole(bad):
    terms, source = source_of("BTCUSDT-PERP.BINANCE")
    with pytest.raises(UNREADABLE):
        source.read(terms, json.dumps(BAD[bad]).encode())


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize(
    "body",
    [b"", b"\xff\xfe", b"<html><body>502 Bad Gateway</body></html>", b"null", b"{}", b"[[]]",
     b'{"code":"0","data":[[]]}', b'{"error":[],"result":{"X":[[]]}}',
     b'{"result":{"ticks":[1],"status":"ok"}}', DEEP],
)  # fmt: skip
def test_no_venue_is_believed_what_is_no_answer(name, body):
    terms, source = source_of(name)
    with pytest.raises(UNREADABLE):
        source.read(terms, body)


def test_candles_of_another_length_or_of_a_time_to_come_are_refused():
    span = Span(60, "1m", 1_800_000_030_000, 10)
    one = PastCandle(1_800_000_000_000, D(1), D(1), D(1), D(1), D(0))
    check_bars([one], span)
    for start_ms in (one.start_ms + 30_000, one.start_ms + 180_000):
        bad = PastCandle(start_ms, D(1), D(1), D(1), D(1), D(0))
        with pytest.raises(Unusable):
            check_bars([bad], span)


FUNDINGS = {
    "BTCUSDT-PERP.BINANCE": [
        {"symbol": "BTCUSDT", "fundingRate": "-0.03750000", "fundingTime": 1570608000003,
         "markPrice": "34287.54619963"}
    ],
    "BTC-USDT-SWAP.OKX": {"code": "0", "msg": "", "data": [
        {"fundingRate": "0.0000746604960499", "fundingTime": "1703059200000",
         "instId": "BTC-USDT-SWAP", "instType": "SWAP", "method": "next_period",
         "realizedRate": "-0.0375"}
    ]},
    "BTCUSDT-PERP.BYBIT": {"retCode": 0, "retMsg": "OK", "result": {"category": "linear", "list": [
        {"symbol": "BTCUSDT", "fundingRate": "-0.0375", "fundingRateTimestamp": "1672041600000"}
    ]}},
}  # fmt: skip


@pytest.mark.parametrize("name", FUNDINGS)
def test_settled_fundings_are_read_and_those_of_another_are_not(name):
    terms, source = source_of(name)
    (told,) = source.funding.read(terms, json.dumps(FUNDINGS[name]).encode())
    assert told.rate == D("-0.0375")
    assert told.time_ms % 3_600_000 == 0
    other = json.dumps(FUNDINGS[name]).replace("BTC", "XRP").encode()
    with pytest.raises(UNREADABLE):
        source.funding.read(terms, other)


def test_spot_has_no_funding():
    assert all(PASTS[name].funding is None for name in ("binance-spot", "bybit-spot"))
