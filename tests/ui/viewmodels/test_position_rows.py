from decimal import Decimal as D

import pytest
from helpers.frames import (
    BTC,
    BTCC,
    ETH,
    WALL_MS,
    account,
    frame,
    market,
    normal_desk,
    order,
    position,
)
from hypothesis import given
from hypothesis import strategies as st

from ui.viewmodels.cells import keep_order
from ui.viewmodels.positions import (
    COLUMNS,
    distance_cell,
    distance_tone,
    position_key,
    position_rows,
    split_key,
)
from ui.viewmodels.tone import Tone

AT = {column.key: number for number, column in enumerate(COLUMNS)}


def row_of(**changes):
    return position_rows(frame(positions=[position(**changes)]))[0].cells


def test_rows_of_the_normal_desk_read_as_in_the_picture():
    rows = position_rows(normal_desk())
    assert [split_key(row.key)[1] for row in rows] == [BTCC, BTC, ETH]
    btc = rows[1].cells
    assert btc[AT["position"]].text == "▲ 50.000"
    assert btc[AT["position"]].second == "LONG"
    assert btc[AT["liquidation"]].text == "30,859.4"
    assert btc[AT["liquidation"]].second == "±38.4"
    assert btc[AT["distance"]].text == "30.4% common"
    assert btc[AT["distance"]].second == "49.4% alone"
    assert btc[AT["unrealized"]].text == "+29,910"
    assert btc[AT["funding"]].text == "+0.0068% /8h 5:35"
    assert btc[AT["funding"]].second == "−622 / day"
    assert btc[AT["margin"]].second == "5×"


def test_isolated_position_shows_its_own_distance_and_ratio():
    isolated = position_rows(normal_desk())[0].cells[AT["distance"]]
    assert (isolated.text, isolated.second) == ("19.7% alone", "ratio 2.40%")


def test_unknown_liquidation_is_a_dash_and_none_is_none():
    unknown = row_of(liquidation_known=False, liquidation_price=None, common_move=None,
                     liquidation_distance=None)  # fmt: skip
    assert unknown[AT["liquidation"]].text == "—"
    assert unknown[AT["distance"]].text == "—"
    nowhere = row_of(liquidation_price=None, liquidation_distance=None, common_move=None)
    assert nowhere[AT["liquidation"]].text == "none"
    assert nowhere[AT["distance"]].text == "none"


def stop(**changes):
    fields = {
        "side": "SELL",
        "type": "STOP",
        "trigger": D("59900.0"),
        "price": None,
        "quantity": D("50.000"),
        "reduce_only": True,
        "status": "WAITING",
    }
    return order(**fields | changes)


@pytest.mark.parametrize(
    ("stops", "words"),
    [
        ([], "no stop"),
        ([stop()], "SL 59,900.0"),
        ([stop(trigger=D("59000.0")), stop(trigger=D("59950.5"))], "SL 59,950.5"),
        ([stop(quantity=D("49.999"))], "part 59,900.0"),
        ([stop(filled=D(1))], "part 59,900.0"),
        ([stop(type="TRAILING_STOP", trail=D(900))], "SL 59,900.0"),
        ([stop(side="BUY")], "no stop"),
        ([stop(type="TAKE_PROFIT")], "no stop"),
        ([stop(reduce_only=False)], "no stop"),
        ([stop(account="perp-2")], "no stop"),
        ([stop(instrument=ETH)], "no stop"),
        ([stop(cancelling=True)], "no stop"),
        ([stop(status="UNKNOWN")], "no stop"),
        ([stop(status="PENDING")], "no stop"),
        ([stop(status="CANCELLED")], "no stop"),
        ([stop(trigger=None)], "no stop"),
    ],
)
def test_the_mark_says_which_stop_stands_behind_the_position(stops, words):
    rows = position_rows(frame(markets=[market()], positions=[position()], orders=stops))
    assert rows[0].cells[AT["mark"]].second == words


def test_of_a_short_the_lowest_stop_is_the_nearest():
    stops = [stop(side="BUY", trigger=D(price)) for price in ("63000.0", "62000.0")]
    shown = frame(markets=[market()], positions=[position(quantity=D(-50))], orders=stops)
    assert position_rows(shown)[0].cells[AT["mark"]].second == "SL 62,000.0"


def test_stale_position_is_dimmed():
    row = row_of(quality="STALE")
    assert row[AT["mark"]].tone is Tone.STALE
    assert row[AT["unrealized"]].tone is Tone.STALE


def test_a_cross_position_is_liquidated_by_the_marks_of_all_its_account():
    """Its own mark may be of now: the other's is in the pool."""
    old, cross, isolated = account(quality="STALE"), position(), position(margin_mode="isolated")
    for one, tone in ((cross, Tone.STALE), (isolated, Tone.TEXT)):
        shown = frame(markets=[market()], accounts=[old], positions=[one])
        cells = position_rows(shown)[0].cells
        assert {cells[AT[name]].tone for name in ("liquidation", "distance")} == {tone}
        assert cells[AT["mark"]].tone is Tone.TEXT
    assert row_of(quality="STALE")[AT["distance"]].tone is Tone.STALE
    near = row_of(quality="STALE", liquidation_distance=D("0.04"))
    assert near[AT["distance"]].tone is Tone.DANGER, "what it warns of is worse"


def test_uneven_uncertainty_shows_both_ends():
    row = row_of(uncertainty_low=D(30800), uncertainty_high=D(30870))
    assert row[AT["liquidation"]].second == "30,800.0–30,870.0"


def test_two_liquidation_prices_are_both_shown():
    row = row_of(liquidation_price_upper=D("99000.03"))
    assert row[AT["liquidation"]].second == "and 99,000.0"


@pytest.mark.parametrize(
    ("near", "tone"),
    [("0.1001", Tone.TEXT), ("0.10", Tone.WARNING), ("0.0501", Tone.WARNING),
     ("0.05", Tone.DANGER), ("0", Tone.DANGER), ("-0.01", Tone.DANGER)],
)  # fmt: skip
def test_bar_turns_at_ten_and_five_percent(near, tone):
    assert distance_tone(D(near)) is tone


@given(st.decimals(min_value=D("-0.2"), max_value=D(2), places=4))
def test_bar_is_full_at_liquidation_and_empty_at_half(near):
    value = distance_cell(position(liquidation_distance=near, common_move=None)).value
    assert 0 <= value <= 1
    assert (value == 1) == (near <= 0)
    assert (value == 0) == (near >= D("0.5"))


def test_unknown_and_called_positions_stand_above_those_in_order():
    rows = position_rows(
        frame(
            markets=[market()],
            positions=[
                position(instrument="A-PERP.X", liquidation_distance=D("0.2"), common_move=None),
                position(instrument="B-PERP.X", liquidation_distance=D("0.6"), common_move=None,
                         level="MARGIN_CALL"),
                position(instrument="C-PERP.X", liquidation_known=False, common_move=None,
                         liquidation_distance=None, liquidation_price=None),
            ],
        )
    )  # fmt: skip
    assert [row.key for row in rows] == [
        position_key("perp-1", name) for name in ("B-PERP.X", "C-PERP.X", "A-PERP.X")
    ]


def test_order_is_kept_and_new_rows_go_to_the_end():
    rows = position_rows(normal_desk())
    order = [rows[2].key, rows[0].key]
    assert [row.key for row in keep_order(rows, order)] == [*order, rows[1].key]


@pytest.mark.parametrize(
    ("interval", "next_ms", "shown"),
    [
        (1, WALL_MS + 60_000, "+0.0068% /1h 0:01"),
        (8, None, "+0.0068% 8h eq."),
        (None, WALL_MS + 60_000, "+0.0068% /? 0:01"),
    ],
)
def test_funding_of_a_position_says_what_it_is_for(interval, next_ms, shown):
    desk = frame(
        markets=[market(funding_interval_h=interval)],
        positions=[position(next_funding_ms=next_ms)],
    )
    (row,) = position_rows(desk)
    assert row.cells[AT["funding"]].text == shown
