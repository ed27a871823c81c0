"""REST answers: the fields that clients need, in the venue's spelling, and its error codes."""

import json
from decimal import Decimal

import pytest
from simulated_day import PERPETUALS, START_MS, new_market

from desk.sim.binance.coin_margined import coin_margined
from desk.sim.binance.dialect import CONNECTIONS
from desk.sim.binance.feed import InstrumentFeed
from desk.sim.binance.rest import RestDesk
from desk.sim.candles import History
from desk.sim.contracts import ContractListing

MINUTES = 3


@pytest.fixture(scope="module")
def desks():
    """All sections after three minutes of market."""
    market = new_market(seed=6)
    contracts = [coin_margined(market.listings[name]) for name in PERPETUALS]
    feeds = {
        listing.instrument.id: InstrumentFeed(
            listing, speed=1, now_us=market.time_ms * 1000, history=History()
        )
        for listing in [*market.listings.values(), *contracts]
    }
    for _ in range(MINUTES * 60):
        events = market.advance(market.time_ms + 1000)
        for name, feed in feeds.items():
            told = events[name.replace("USD-PERP", "USDT-PERP")]
            if isinstance(feed.listing, ContractListing):
                told = feed.listing.events(told, with_book=False)
            feed.frames(told, market.time_ms * 1000, set())
    return {
        section: RestDesk(
            section,
            {
                feed.spelling.symbol: feed
                for feed in feeds.values()
                if feed.listing.instrument.connection == connection
            },
            1,
        )
        for connection, section in CONNECTIONS.items()
    }


@pytest.fixture
def get(desks):
    def fetch(section, path):
        prefix = {"spot": "/api/v3/", "usdm": "/fapi/v1/", "coinm": "/dapi/v1/"}[section]
        status, body = desks[section].answer(prefix + path, START_MS + MINUTES * 60_000)
        return status, json.loads(body)

    return fetch


@pytest.fixture
def ok(get):
    def fetch(section, path):
        status, document = get(section, path)
        assert status == 200, document
        return document

    return fetch


def filters(symbol):
    return {entry["filterType"]: entry for entry in symbol["filters"]}


def test_exchange_info_of_futures_names_what_clients_require(ok):
    symbols = {symbol["symbol"]: symbol for symbol in ok("usdm", "exchangeInfo")["symbols"]}
    assert symbols.keys() == {"BTCUSDT", "ETHUSDT"}
    btc = symbols["BTCUSDT"]
    wanted = {
        "contractType": "PERPETUAL", "status": "TRADING", "baseAsset": "BTC",
        "quoteAsset": "USDT", "marginAsset": "USDT", "pricePrecision": 2, "quantityPrecision": 3,
    }  # fmt: skip
    assert {name: btc[name] for name in wanted} == wanted
    assert filters(btc)["PRICE_FILTER"]["tickSize"] == "0.10"
    assert filters(btc)["LOT_SIZE"]["stepSize"] == "0.001"
    assert filters(btc)["MIN_NOTIONAL"]["notional"] == "100"


def test_exchange_info_of_spot_names_what_clients_require(ok):
    (eth,) = ok("spot", "exchangeInfo?symbol=ETHUSDT")["symbols"]
    assert (eth["baseAsset"], eth["quoteAsset"], eth["status"]) == ("ETH", "USDT", "TRADING")
    assert filters(eth)["PRICE_FILTER"]["tickSize"] == "0.01000000"
    assert filters(eth)["LOT_SIZE"]["stepSize"] == "0.00010000"


def test_exchange_info_of_coin_margined_names_what_clients_require(ok):
    symbols = {symbol["symbol"]: symbol for symbol in ok("coinm", "exchangeInfo")["symbols"]}
    assert symbols.keys() == {"BTCUSD_PERP", "ETHUSD_PERP"}
    eth = symbols["ETHUSD_PERP"]
    wanted = {
        "pair": "ETHUSD", "contractType": "PERPETUAL", "contractStatus": "TRADING",
        "contractSize": 10, "baseAsset": "ETH", "quoteAsset": "USD", "marginAsset": "ETH",
        "pricePrecision": 2, "quantityPrecision": 0,
    }  # fmt: skip
    assert {name: eth[name] for name in wanted} == wanted
    assert "status" not in eth
    assert filters(eth)["PRICE_FILTER"]["tickSize"] == "0.01"
    assert filters(eth)["LOT_SIZE"]["stepSize"] == "1"
    assert filters(symbols["BTCUSD_PERP"])["PRICE_FILTER"]["tickSize"] == "0.1"


def test_spot_may_be_asked_for_several_pairs_at_once(get, ok):
    asked = 'exchangeInfo?symbols=%5B"ETHUSDT","BTCUSDT","BTCUSDC"%5D'
    assert {s["symbol"] for s in ok("spot", asked)["symbols"]} == {"BTCUSDT", "ETHUSDT"}
    status, error = get("spot", "exchangeInfo?symbols=BTCUSDT")
    assert (status, error["code"]) == (400, -1100)


def test_most_coin_margined_answers_about_one_symbol_are_lists(ok):
    for path in ("premiumIndex", "ticker/24hr", "ticker/price", "ticker/bookTicker"):
        (row,) = ok("coinm", f"{path}?symbol=BTCUSD_PERP")
        assert row["symbol"] == "BTCUSD_PERP"
    (mark,) = ok("coinm", "premiumIndex?symbol=BTCUSD_PERP")
    linear = ok("usdm", "premiumIndex?symbol=BTCUSDT")
    same = ("markPrice", "indexPrice", "lastFundingRate", "nextFundingTime")
    assert [mark[name] for name in same] == [linear[name] for name in same]
    assert mark["pair"] == "BTCUSD"


def test_coin_margined_depth_and_open_interest_are_contracts(ok):
    depth = ok("coinm", "depth?symbol=ETHUSD_PERP&limit=50")
    linear = ok("usdm", "depth?symbol=ETHUSDT&limit=50")
    assert (depth["symbol"], depth["pair"]) == ("ETHUSD_PERP", "ETHUSD")
    assert depth["lastUpdateId"] == linear["lastUpdateId"]
    for (price, contracts), (same, coins) in zip(depth["bids"], linear["bids"], strict=True):
        assert float(price) == float(same)
        assert int(contracts) == max(1, int(Decimal(coins) * Decimal(same) / 10))
    interest = ok("coinm", "openInterest?symbol=ETHUSD_PERP")
    coins = float(ok("usdm", "openInterest?symbol=ETHUSDT")["openInterest"])
    assert int(interest["openInterest"]) == pytest.approx(coins * 260, rel=0.1)
    assert interest["pair"] == "ETHUSD"
    assert [row["fundingIntervalHours"] for row in ok("coinm", "fundingInfo")] == [8, 8]


def test_a_coin_margined_day_counts_contracts_and_their_worth_in_coin(ok):
    (day,) = ok("coinm", "ticker/24hr?symbol=BTCUSD_PERP")
    worth = 100 * int(day["volume"]) / float(day["baseVolume"])
    assert float(day["lowPrice"]) <= worth <= float(day["highPrice"])
    assert "quoteVolume" not in day
    klines = ok("coinm", "klines?symbol=BTCUSD_PERP&interval=1m")
    assert sum(int(row[5]) for row in klines) == int(day["volume"])


@pytest.mark.parametrize("section", ["spot", "usdm"])
def test_depth_is_sorted_limited_and_stamped(ok, section):
    depth = ok(section, "depth?symbol=BTCUSDT&limit=50")
    bids, asks = ([float(price) for price, _ in depth[side]] for side in ("bids", "asks"))
    assert len(bids) == len(asks) == 50
    assert bids == sorted(bids, reverse=True)
    assert asks == sorted(asks)
    assert bids[0] < asks[0]
    assert depth["lastUpdateId"] > 0
    assert ("T" in depth) is (section == "usdm")


def test_premium_index_gives_mark_index_funding(ok):
    mark = ok("usdm", "premiumIndex?symbol=BTCUSDT")
    assert float(mark["markPrice"]) == pytest.approx(float(mark["indexPrice"]), rel=0.01)
    assert abs(float(mark["lastFundingRate"])) <= 0.003
    assert mark["interestRate"] == "0.00010000"
    assert mark["nextFundingTime"] == START_MS + 8 * 3_600_000
    assert mark["time"] == START_MS + MINUTES * 60_000
    assert [row["symbol"] for row in ok("usdm", "premiumIndex")] == ["BTCUSDT", "ETHUSDT"]


def test_the_premium_is_published_minute_by_minute(ok):
    rows = ok("usdm", "premiumIndexKlines?symbol=BTCUSDT&interval=1m")
    assert [row[0] for row in rows] == [START_MS + k * 60_000 for k in range(MINUTES + 1)]
    assert sum(row[8] for row in rows) == MINUTES * 60
    for row in rows:
        first, high, low, last = (float(x) for x in row[1:5])
        assert low <= min(first, last) <= max(first, last) <= high
        assert abs(high) < 0.01
    mark = ok("usdm", "premiumIndex?symbol=BTCUSDT")
    mid_premium = float(mark["markPrice"]) / float(mark["indexPrice"]) - 1
    assert float(rows[-1][4]) == pytest.approx(mid_premium, abs=2e-4)


def test_open_interest_and_funding_terms(ok):
    interest = ok("usdm", "openInterest?symbol=ETHUSDT")
    assert 1e5 < float(interest["openInterest"]) < 1e7
    assert interest["symbol"] == "ETHUSDT"
    assert [row["fundingIntervalHours"] for row in ok("usdm", "fundingInfo")] == [8, 8]


@pytest.mark.parametrize("section", ["spot", "usdm"])
def test_the_day_is_told_from_its_trades(ok, section):
    day = ok(section, "ticker/24hr?symbol=BTCUSDT")
    low, last, high = (float(day[name]) for name in ("lowPrice", "lastPrice", "highPrice"))
    assert low <= last <= high
    change = last - float(day["openPrice"])
    assert float(day["priceChange"]) == pytest.approx(change, abs=1e-6)
    assert day["count"] == day["lastId"] - day["firstId"] + 1
    assert low < float(day["quoteVolume"]) / float(day["volume"]) < high
    assert ("bidQty" in day) is (section == "spot")


@pytest.mark.parametrize("section", ["spot", "usdm"])
def test_klines_and_aggregates_agree_with_the_day(ok, section):
    klines = ok(section, "klines?symbol=ETHUSDT&interval=1m")
    day = ok(section, "ticker/24hr?symbol=ETHUSDT")
    assert len(klines) == MINUTES
    assert sum(row[8] for row in klines) == day["count"]
    assert float(klines[-1][4]) == float(day["lastPrice"])
    assert len(klines[0]) == 12
    trades = ok(section, "aggTrades?symbol=ETHUSDT&limit=7")
    assert len(trades) == 7
    assert trades[-1]["l"] == day["lastId"]
    assert ok(section, "klines?symbol=ETHUSDT&interval=1m&limit=1") == klines[-1:]


def test_times_and_best_prices(ok):
    assert ok("spot", "time") == {"serverTime": START_MS + MINUTES * 60_000}
    assert ok("usdm", "ping") == {}
    best = ok("spot", "ticker/bookTicker?symbol=BTCUSDT")
    depth = ok("spot", "depth?symbol=BTCUSDT&limit=1")
    assert [best["bidPrice"], best["bidQty"]] == depth["bids"][0]
    assert [best["askPrice"], best["askQty"]] == depth["asks"][0]
    assert {row["symbol"] for row in ok("usdm", "ticker/price")} == {"BTCUSDT", "ETHUSDT"}


@pytest.mark.parametrize(
    ("section", "path", "status", "code"),
    [
        ("spot", "nothing", 404, -5000),
        ("spot", "premiumIndex?symbol=BTCUSDT", 404, -5000),
        ("spot", "depth", 400, -1102),
        ("usdm", "depth?symbol=DOGEUSDT", 400, -1121),
        ("usdm", "depth?symbol=BTCUSDT&limit=many", 400, -1100),
        ("usdm", "depth?symbol=BTCUSDT&limit=0", 400, -1100),
        ("spot", "klines?symbol=BTCUSDT&interval=1y", 400, -1120),
    ],
)
def test_bad_requests_get_the_venue_s_error(get, section, path, status, code):
    answered, document = get(section, path)
    assert (answered, document["code"]) == (status, code)
    assert document["msg"]
