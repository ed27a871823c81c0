from decimal import Decimal as D

import pytest
from helpers.frames import BTC, ETH, WALL_MS, eth_market, frame, market, spot_market
from helpers.seven_venues import index, quality, seven_venues, source, troubled_venues

from ui.viewmodels.tone import Tone
from ui.viewmodels.watch import COLUMNS, first_choice, watch_rows, without_arrivals

AT = {column.key: number for number, column in enumerate(COLUMNS)}


def row_of(rows, key):
    return next(row for row in rows if row.key == key)


def cells(markets, instrument=BTC, **changes):
    return row_of(watch_rows(frame(markets=markets, **changes)), instrument).cells


def heading(rows, word):
    return next(" ".join(cell.text for cell in row.cells) for row in rows if row.heading == word)


def test_instruments_stand_under_their_base_coin():
    rows = watch_rows(frame(markets=[eth_market(), market(), spot_market("BTCUSDT.BINANCE")]))
    assert [row.heading or row.key for row in rows] == ["BTC", BTC, "BTCUSDT.BINANCE", "ETH", ETH]
    assert rows[0].cells == (), "nothing is said of what is as it should be"


def test_seven_venues_stand_in_groups_with_perpetuals_first():
    desk = seven_venues()
    other = spot_market("UBTC/USDC.HYPERLIQUID", base="UBTC")
    rows = watch_rows(frame(markets=[*desk.markets[::-1], other]))
    assert [row.heading for row in rows if row.heading] == ["BTC", "ETH", "UBTC", "Stablecoins"]
    spot = {m.instrument for m in desk.markets if m.kind == "spot"}
    keys = [row.key for row in rows]
    for word, after in (("BTC", "ETH"), ("ETH", "UBTC")):
        group = keys[keys.index(f"base {word}") + 1 : keys.index(f"base {after}")]
        kinds = [key in spot for key in group]
        assert kinds == sorted(kinds)
        assert {True, False} == set(kinds)
    venues = [row.cells[AT["source"]].text for row in rows[1:10]]
    assert venues == sorted(venues)


def test_order_depends_on_names_alone():
    calm, troubled = seven_venues(), troubled_venues()
    assert [row.key for row in watch_rows(calm)] == [row.key for row in watch_rows(troubled)]


def test_newcomers_wait_while_the_pointer_is_over_the_rows():
    few, many = watch_rows(frame(markets=[eth_market()])), watch_rows(seven_venues())
    shown = {row.key for row in few}
    assert [row.key for row in without_arrivals(many, shown)] == ["base ETH", ETH]
    assert without_arrivals(many, set()) == many
    assert without_arrivals(many, {*shown, "gone"}) == many, "nothing is hidden for a row that went"


def test_heading_shows_how_many_sources_agree_how_far_apart_and_who_is_left_out():
    assert heading(watch_rows(seven_venues()), "BTC") == (
        "61,004.2 consensus · 7 of 7 sources · max deviation 0.006%"
    )
    rows = watch_rows(troubled_venues())
    assert heading(rows, "BTC") == (
        "61,004.2 consensus · 4 of 7 sources · OKX silent, excluded · HYPERLIQUID held, excluded "
        "· COINBASE silent, excluded · max deviation 0.006% · 14 of 15 live"
    )
    assert heading(rows, "ETH").startswith("2,601.74 THIN · 2 of ")
    said = next(row for row in rows if row.heading == "BTC").cells
    assert [cell.tone for cell in said[1:3]] == [Tone.WARNING] * 2


def test_index_without_a_vote_is_a_dash_and_an_unheard_of_state_no_consensus():
    nothing = index("BTC", [source("OKX", standing="silent")], value=None, votes=0, state="ODD")
    rows = watch_rows(seven_venues(indices=[nothing]))
    assert heading(rows, "BTC").startswith("— ODD · 0 of 1 sources · OKX silent, excluded")
    assert heading(rows, "ETH") == ""


def test_stablecoins_say_what_is_assumed():
    rows = watch_rows(seven_venues())
    assert heading(rows, "Stablecoins") == "USDT 0.9998 USDC 1.0000 assumed"


def test_instruments_of_a_venue_are_told_apart_by_what_they_are_quoted_in():
    usdc = market("BTCUSDC-PERP.BINANCE")
    okx = market("BTC-USDT-SWAP.OKX", kind="perpetual", base="BTC")
    desk = frame(markets=[market(), usdc, okx, spot_market("BTCUSDT.BINANCE")])

    def kinds(*, short):
        return {row.cells[0].unit for row in watch_rows(desk, short=short) if not row.heading}

    assert kinds(short=False) == {"perp USDT", "perp USDC", "perp", "spot"}
    assert kinds(short=True) == {"USDT", "USDC", "perp", "spot"}


def test_basis_is_told_by_the_year_as_if_paid_every_eight_hours():
    assert cells([market(basis_rate=D("0.000103"))])[AT["basis"]].text == "+11.3%"
    assert cells([market(basis_rate=None)])[AT["basis"]].text == "—"


def test_open_interest_is_worth_what_the_mark_says_and_tells_its_coins():
    cell = cells([market(open_interest=D(132_000), mark=D(61_000))])[AT["interest"]]
    assert (cell.text, cell.tip) == ("8.1B", "132.0K BTC")
    assert cells([market(open_interest=D(1), mark=None)])[AT["interest"]].text == "—"


def test_source_that_the_consensus_leaves_out_says_excluded_instead_of_a_deviation():
    out = index("BTC", [source("BINANCE", standing="silent")])

    def told(**changes):
        return cells([market(deviation=D("0.0001"), **changes)], indices=[out])[AT["deviation"]]

    assert (told(quality="STALE").text, told(quality="STALE").tone) == ("excluded", Tone.STALE)
    assert told().text == "+1.0 bp", "a live mark has a distance, with a vote or without"


def test_live_row_shows_prices_by_tick_and_its_age():
    row = cells([market(funding_interval_h=8)])
    assert [row[AT[key]].text for key in ("bid", "ask", "mark", "funding", "next", "age")] == [
        "61,010.4",
        "61,010.5",
        "61,010.5",
        "+0.0068%",
        "5:35",
        "38",
    ]


@pytest.mark.parametrize(
    ("interval", "next_ms", "rate", "left"),
    [
        (8, WALL_MS + 3_600_000, "+0.0068% /8h", "1:00"),
        (4, WALL_MS + 60_000, "+0.0068% /4h", "0:01"),
        (1, WALL_MS + 60_000, "+0.0068% /1h", "0:01"),
        (8, None, "+0.0068% 8h eq.", "cont."),
        (None, WALL_MS + 60_000, "+0.0068% /?", "0:01"),
        (None, None, "+0.0068% /?", "—"),
    ],
)
def test_funding_says_what_it_is_for_and_never_assumes(interval, next_ms, rate, left):
    row = cells([market(funding_interval_h=interval, next_funding_ms=next_ms)])
    cell = row[AT["funding"]]
    assert (f"{cell.text} {cell.unit}", row[AT["next"]].text) == (rate, left)


def test_spot_has_no_funding_of_any_kind():
    row = cells([spot_market("BTCUSDT.BINANCE")], "BTCUSDT.BINANCE")
    assert (row[AT["funding"]].text, row[AT["next"]].text) == ("—", "—")
    assert row[AT["source"]].unit == "spot"


def test_venue_is_written_in_letters_where_room_is_dear():
    rows = watch_rows(seven_venues(), short=True)
    assert row_of(rows, "BTC-PERP.HYPERLIQUID").cells[AT["source"]].text == "HL"
    assert row_of(rows, "BTC-USDT-SWAP.OKX").cells[AT["source"]].text == "OKX"


def test_deviation_stands_in_basis_points():
    assert cells([market(deviation=D("0.000103"))])[AT["deviation"]].text == "+1.0 bp"
    assert cells([market(deviation=D("-0.0342"))])[AT["deviation"]].text == "−342 bp"
    assert cells([market()])[AT["deviation"]].text == "—"


def test_stale_row_is_dimmed_and_its_age_stands_out():
    row = cells([market(quality="STALE", mark_age_ms=6_400)])
    assert {cell.tone for cell in row[:-1]} - {Tone.MUTED} == {Tone.STALE}
    assert row[AT["age"]].text == "6.4 s"
    assert (row[AT["age"]].tone, row[AT["age"]].chip) == (Tone.DANGER, "danger")


def test_unknown_row_shows_dashes_and_says_unknown():
    row = cells([market(quality="UNKNOWN", mark=None, bid=None, funding_rate=None)])
    assert [row[AT[key]].text for key in ("mark", "bid", "funding")] == ["—"] * 3
    assert row[AT["age"]].text == "UNKNOWN"


def test_unsynced_book_is_said_where_the_age_stands():
    assert cells([market(book_state="SYNCING")])[AT["age"]].text == "SYNCING"


@pytest.mark.parametrize(
    ("said", "shown", "chip"),
    [
        ({"diverging": True, "blocked": "far off"}, "DIVERGING", "danger"),
        ({"blocked": "its book was crossed"}, "BLOCKED", "warn"),
        ({}, "38", ""),
    ],
)
def test_what_blocks_a_live_row_is_a_word_in_a_box(said, shown, chip):
    row = cells([market(deviation=D("0.034"))], quality=[quality(BTC, **said)])
    assert (row[AT["age"]].text, row[AT["age"]].chip) == (shown, chip)
    assert row[AT["deviation"]].chip == ("danger" if "diverging" in said else "")


def test_rows_out_of_sight_are_kept_as_they_were():
    before = watch_rows(frame(markets=[market(), eth_market()]))
    moved = frame(markets=[market(bid=D("61000.0")), eth_market(bid=D("2600.00"))])
    after = watch_rows(moved, {row.key: row for row in before if row.key == ETH})
    assert next(r for r in after if r.key == BTC) != next(r for r in before if r.key == BTC)
    assert next(r for r in after if r.key == ETH) is next(r for r in before if r.key == ETH)


def test_first_choice_is_the_bitcoin_perpetual_in_usdt():
    usdc = market("BTCUSDC-PERP.BINANCE")
    assert first_choice(frame(markets=[eth_market(), usdc, market()])) == BTC
    assert first_choice(frame(markets=[])) is None
