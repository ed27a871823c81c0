from decimal import Decimal as D

from helpers.frames import BTC, ETH, book, eth_market, frame, market, spot_market

from ui.viewmodels.tone import Tone
from ui.viewmodels.watch import COLUMNS, depth_rows, first_choice, watch_rows

AT = {column.key: number for number, column in enumerate(COLUMNS)}


def cells(markets, instrument=BTC):
    rows = watch_rows(frame(markets=markets))
    return next(row for row in rows if row.key == instrument).cells


def test_instruments_stand_under_their_base_coin():
    rows = watch_rows(frame(markets=[eth_market(), market(), spot_market("BTCUSDT.BINANCE")]))
    assert [row.heading or row.key for row in rows] == ["BTC", BTC, "BTCUSDT.BINANCE", "ETH", ETH]
    assert rows[0].cells[0].text == "2 of 2 live"


def test_live_row_shows_prices_by_tick_and_its_age():
    row = cells([market()])
    assert [row[AT[key]].text for key in ("bid", "ask", "mark", "funding", "next", "age")] == [
        "61,010.4",
        "61,010.5",
        "61,010.5",
        "+0.0068%",
        "5:35",
        "38",
    ]


def test_stale_row_is_dimmed_and_its_age_stands_out():
    row = cells([market(quality="STALE", mark_age_ms=6_400)])
    assert {cell.tone for cell in row[:-1]} == {Tone.STALE}
    assert row[AT["age"]].text == "6.4 s"
    assert (row[AT["age"]].tone, row[AT["age"]].chip) == (Tone.DANGER, "danger")


def test_unknown_row_shows_dashes_and_says_unknown():
    row = cells([market(quality="UNKNOWN", mark=None, bid=None, funding_rate=None)])
    assert [row[AT[key]].text for key in ("mark", "bid", "funding")] == ["—"] * 3
    assert row[AT["age"]].text == "UNKNOWN"


def test_unsynced_book_is_said_where_the_age_stands():
    assert cells([market(book_state="SYNCING")])[AT["age"]].text == "SYNCING"


def test_rows_out_of_sight_are_kept_as_they_were():
    before = watch_rows(frame(markets=[market(), eth_market()]))
    moved = frame(markets=[market(bid=D("61000.0")), eth_market(bid=D("2600.00"))])
    after = watch_rows(moved, {row.key: row for row in before if row.key == ETH})
    assert next(r for r in after if r.key == BTC) != next(r for r in before if r.key == BTC)
    assert next(r for r in after if r.key == ETH) is next(r for r in before if r.key == ETH)


def test_depth_has_asks_above_bids_and_the_longest_bar_is_one():
    rows = depth_rows(book(), market(), 10)
    assert [row.key.split()[0] for row in rows] == ["ask"] * 10 + ["bid"] * 10
    prices = [D(row.key.split()[1]) for row in rows]
    assert prices == sorted(prices, reverse=True)
    assert max(row.cells[0].value for row in rows) == 1


def test_depth_of_another_instrument_is_not_shown():
    assert depth_rows(book(ETH), market(), 10) == ()
    assert depth_rows(None, market(), 10) == ()


def test_first_choice_is_the_bitcoin_perpetual_in_usdt():
    usdc = market("BTCUSDC-PERP.BINANCE")
    assert first_choice(frame(markets=[eth_market(), usdc, market()])) == BTC
    assert first_choice(frame(markets=[])) is None
