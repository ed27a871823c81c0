"""Listings of OKX and Bybit to instruments, and the rows that ship."""

import copy
import json
from decimal import Decimal as D

import pytest
from helpers import in_band_frames as f
from helpers.shared import shared
from hypothesis import given
from hypothesis import strategies as st

from desk.model.instrument import Contract, Instrument, Kind
from desk.venues import bybit_listing, okx_listing
from desk.venues.listing_figures import FeeRates
from desk.venues.unreadable import UNREADABLE, Unusable

OKX_SWAP = {
    "instId": "BTC-USDT-SWAP",
    "instType": "SWAP",
    "uly": "BTC-USDT",
    "instFamily": "BTC-USDT",
    "baseCcy": "",
    "quoteCcy": "",
    "settleCcy": "USDT",
    "ctType": "linear",
    "ctVal": "0.01",
    "ctMult": "1",
    "ctValCcy": "BTC",
    "tickSz": "0.1",
    "lotSz": "0.01",
    "minSz": "0.01",
    "lever": "100",
    "state": "live",
    "ruleType": "normal",
}
OKX_INVERSE = OKX_SWAP | {
    "instId": "ETH-USD-SWAP",
    "uly": "ETH-USD",
    "settleCcy": "ETH",
    "ctType": "inverse",
    "ctVal": "10",
    "ctValCcy": "USD",
    "tickSz": "0.01",
    "lotSz": "1",
    "minSz": "1",
}
OKX_PAIR = {
    "instId": "ETH-USDT",
    "instType": "SPOT",
    "baseCcy": "ETH",
    "quoteCcy": "USDT",
    "tickSz": "0.01",
    "lotSz": "0.000001",
    "minSz": "0.0001",
    "state": "live",
}

BYBIT_LINEAR = {
    "symbol": "ETHUSDT",
    "contractType": "LinearPerpetual",
    "status": "Trading",
    "baseCoin": "ETH",
    "quoteCoin": "USDT",
    "settleCoin": "USDT",
    "priceFilter": {"minPrice": "0.01", "maxPrice": "199999.98", "tickSize": "0.01"},
    "lotSizeFilter": {"minOrderQty": "0.01", "qtyStep": "0.01", "minNotionalValue": "5"},
    "fundingInterval": 480,
    "isPreListing": False,
    "preListingInfo": None,
}
BYBIT_INVERSE = BYBIT_LINEAR | {
    "symbol": "BTCUSD",
    "contractType": "InversePerpetual",
    "baseCoin": "BTC",
    "quoteCoin": "USD",
    "settleCoin": "BTC",
    "priceFilter": {"tickSize": "0.10"},
    "lotSizeFilter": {"minOrderQty": "1", "qtyStep": "1"},
}
BYBIT_PAIR = {
    "symbol": "BTCUSDT",
    "baseCoin": "BTC",
    "quoteCoin": "USDT",
    "status": "Trading",
    "lotSizeFilter": {
        "basePrecision": "0.000001",
        "quotePrecision": "0.0000001",
        "minOrderQty": "0.000011",
        "minOrderAmt": "5",
    },
    "priceFilter": {"tickSize": "0.1"},
}


def okx(*rows):
    return okx_listing.read_listing(f.raw({"code": "0", "msg": "", "data": list(rows)}))


def bybit(category, *rows):
    result = {"category": category, "list": list(rows), "nextPageCursor": ""}
    return bybit_listing.read_listing(f.raw({"retCode": 0, "retMsg": "OK", "result": result}))


def only(listing):
    assert listing.refused == {}
    (instrument,) = listing.instruments
    return instrument


def test_a_linear_swap_counts_contracts_of_base_coin():
    assert only(okx(OKX_SWAP)) == Instrument(
        id="BTC-USDT-SWAP.OKX",
        venue="OKX",
        connection="okx",
        symbol="BTC-USDT-SWAP",
        kind=Kind.PERPETUAL,
        contract=Contract.LINEAR,
        base="BTC",
        quote="USDT",
        settle="USDT",
        contract_size=D("0.01"),
        tick_size=D("0.1"),
        lot_size=D("0.01"),
        min_quantity=D("0.01"),
        min_notional=D(0),
        maker_fee_rate=D("0.0002"),
        taker_fee_rate=D("0.0005"),
    )


def test_an_inverse_swap_counts_contracts_of_dollars_and_a_multiplier_counts():
    row = only(okx(OKX_INVERSE | {"ctMult": "2"}))
    assert (row.contract, row.settle, row.contract_size) == (Contract.INVERSE, "ETH", 20)
    assert row.notional(D(100), D(2000)) == 1, "2,000 USD at 2,000 USD a coin"


def test_a_pair_counts_coin():
    row = only(okx(OKX_PAIR))
    assert (row.id, row.kind, row.settle) == ("ETH-USDT.OKX", Kind.SPOT, "USDT")
    assert (row.contract_size, row.lot_size) == (1, D("0.000001"))


def test_other_rows_are_not_wanted():
    others = [
        OKX_SWAP | {"instId": "DOGE-USDT-SWAP", "uly": "DOGE-USDT"},
        OKX_SWAP | {"instId": "BTC-USDT-261225", "instType": "FUTURES"},
        OKX_SWAP | {"instId": "BTC-USD_UM_XPERP-310404", "instType": "FUTURES"},
        OKX_PAIR | {"instId": "ETH-BTC", "quoteCcy": "BTC"},
        OKX_PAIR | {"instId": "BTC", "instType": "SPOT"},
    ]
    assert okx(*others) == okx()
    dated = BYBIT_LINEAR | {"symbol": "BTCUSDT-25DEC26", "contractType": "LinearFutures"}
    assert bybit("linear", dated, BYBIT_LINEAR | {"baseCoin": "SOL"}) == bybit("linear")


@pytest.mark.parametrize(
    "change",
    [
        {"state": "suspend"},
        {"tickSz": "0"},
        {"tickSz": ""},
        {"tickSz": "-0.1"},
        {"tickSz": "1e-1"},
        {"tickSz": "NaN"},
        {"lotSz": None},
        {"lotSz": "99999999"},
        {"ctVal": ""},
        {"ctMult": "0"},
        {"ctType": "quanto"},
        {"settleCcy": "USDC"},
        {"ctValCcy": "USD"},
        {"uly": "ETH-USDT"},
        {"tickSz": 0.1},
    ],
    ids=str,
)
def test_a_swap_that_cannot_be_used_is_named_and_the_others_stand(change):
    listing = okx(OKX_SWAP | change, OKX_PAIR)
    assert list(listing.refused) == ["BTC-USDT-SWAP"]
    assert [row.id for row in listing.instruments] == ["ETH-USDT.OKX"]
    assert all(listing.refused.values())


def test_bybits_perpetuals_and_pairs():
    linear = only(bybit("linear", BYBIT_LINEAR))
    assert (linear.id, linear.connection) == ("ETHUSDT-PERP.BYBIT", "bybit-linear")
    assert (linear.tick_size, linear.lot_size, linear.min_notional) == (D("0.01"), D("0.01"), 5)
    assert (linear.funding_interval_h, linear.taker_fee_rate) == (8, D("0.00055"))
    inverse = only(bybit("inverse", BYBIT_INVERSE))
    assert (inverse.id, inverse.connection) == ("BTCUSD-PERP.BYBIT", "bybit-inverse")
    assert (inverse.contract, inverse.settle, inverse.min_notional) == (Contract.INVERSE, "BTC", 0)
    assert inverse.notional(D(100), D(50_000)) == D("0.002"), "a contract is a dollar"
    pair = only(bybit("spot", BYBIT_PAIR))
    assert (pair.id, pair.connection) == ("BTCUSDT.BYBIT", "bybit-spot")
    assert (pair.lot_size, pair.min_notional, pair.funding_interval_h) == (D("0.000001"), 5, None)


@pytest.mark.parametrize(
    ("minutes", "hours"),
    [(240, 4), (60, 1), (0, None), (90, None), (2_880, None), (60 * 10**30, None)],
)
def test_a_funding_interval_is_listed_in_minutes(minutes, hours):
    row = only(bybit("linear", BYBIT_LINEAR | {"fundingInterval": minutes}))
    assert row.funding_interval_h == hours


@pytest.mark.parametrize(
    "change",
    [
        {"status": "PreLaunch"},
        {"priceFilter": {}},
        {"priceFilter": {"tickSize": "0"}},
        {"lotSizeFilter": {"qtyStep": "0.01"}},
        {"lotSizeFilter": {"minOrderQty": "0.01"}},
        {"lotSizeFilter": None},
        {"settleCoin": "USDC"},
        {"contractType": "InversePerpetual"},
        {"fundingInterval": "480"},
    ],
    ids=str,
)
def test_a_perpetual_that_cannot_be_used_is_named(change):
    listing = bybit("linear", BYBIT_LINEAR | change)
    assert list(listing.refused) == ["ETHUSDT"]
    assert listing.instruments == []


def test_fees_may_be_given():
    fees = FeeRates(D("-0.0001"), D("0.0003"))
    body = f.raw({"code": "0", "data": [OKX_SWAP]})
    row = only(okx_listing.read_listing(body, swap=fees))
    assert (row.maker_fee_rate, row.taker_fee_rate) == (D("-0.0001"), D("0.0003"))


@pytest.mark.parametrize(
    ("read", "body"),
    [
        (okx_listing.read_listing, b'{"code":"50011","msg":"Too Many Requests","data":[]}'),
        (bybit_listing.read_listing, b'{"retCode":10006,"retMsg":"Too many visits","result":{}}'),
        (bybit_listing.read_listing, b'{"retCode":0,"result":{"category":"option","list":[]}}'),
    ],
)
def test_a_refusal_is_no_listing(read, body):
    with pytest.raises(Unusable):
        read(body)


@given(st.binary(max_size=300))
def test_any_bytes_are_a_listing_or_a_known_error(body):
    for read in (okx_listing.read_listing, bybit_listing.read_listing):
        try:
            read(body)
        except UNREADABLE:
            continue


@given(st.data())
def test_any_changed_row_is_an_instrument_a_named_refusal_or_not_wanted(data):
    row = copy.deepcopy(data.draw(st.sampled_from([OKX_SWAP, OKX_PAIR, BYBIT_LINEAR, BYBIT_PAIR])))
    key = data.draw(st.sampled_from(sorted(row)))
    row[key] = data.draw(st.none() | st.integers() | st.text(max_size=4) | st.just({}))
    try:
        listing = okx(row) if "instId" in row else bybit("linear", row)
    except UNREADABLE:
        return
    for instrument in listing.instruments:
        assert instrument.tick_size > 0
        assert instrument.lot_size > 0


def test_okxs_listing_of_2022():
    rows = json.loads(shared("data/captures/okx/instruments_btc_eth_20220513.json").read_text())
    listing = okx(*rows)
    assert listing.refused == {}
    found = {row.id: row for row in listing.instruments}
    assert set(found) == {f"{row['instId']}.OKX" for row in rows}
    assert len(found) == 8
    for shipped in f.OKX.all():
        listed = found[shipped.id]
        assert shipped.contract_size == listed.contract_size
        assert shipped.tick_size == listed.tick_size
        assert (shipped.settle, shipped.contract, shipped.kind) == (
            listed.settle,
            listed.contract,
            listed.kind,
        )
        assert listed.lot_size % shipped.lot_size == 0, "lots have only become finer"


def test_shipped_rows_say_what_a_listing_would():
    for row, listed in (
        (f.OKX.get("BTC-USDT-SWAP.OKX"), only(okx(OKX_SWAP))),
        (f.OKX.get("ETH-USD-SWAP.OKX"), only(okx(OKX_INVERSE))),
        (f.OKX.get("ETH-USDT.OKX"), only(okx(OKX_PAIR))),
        (f.BYBIT.get("ETHUSDT-PERP.BYBIT"), only(bybit("linear", BYBIT_LINEAR))),
        (f.BYBIT.get("BTCUSD-PERP.BYBIT"), only(bybit("inverse", BYBIT_INVERSE))),
        (f.BYBIT.get("BTCUSDT.BYBIT"), only(bybit("spot", BYBIT_PAIR))),
    ):
        interval = listed.funding_interval_h or row.funding_interval_h
        for field in Instrument.__struct_fields__:
            if field != "funding_interval_h":
                assert getattr(row, field) == getattr(listed, field), (row.id, field)
        assert row.funding_interval_h == interval


def test_shipped_rows_are_btc_and_eth_perpetuals_and_pairs():
    assert {row.id for row in f.OKX.all()} == {
        f"{symbol}.OKX"
        for base in ("BTC", "ETH")
        for symbol in (f"{base}-USDT-SWAP", f"{base}-USD-SWAP", f"{base}-USDT")
    }
    assert {row.id for row in f.BYBIT.all()} == {
        f"{symbol}.BYBIT"
        for base in ("BTC", "ETH")
        for symbol in (f"{base}USDT-PERP", f"{base}USD-PERP", f"{base}USDT")
    }
