from decimal import Decimal as D

from helpers.frames import (
    WALL_MS,
    account,
    collateral,
    empty_desk,
    frame,
    later,
    loan,
    loan_account,
    margin_call_desk,
    normal_desk,
    position,
)

from ui.viewmodels.funding_forecast import funding_forecast
from ui.viewmodels.ratio_history import RatioHistory
from ui.viewmodels.risk import risk_view
from ui.viewmodels.tone import Tone


def card(desk, name="perp-1"):
    return next(card for card in risk_view(desk).cards if card.account == name)


def test_normal_desk_reads_as_in_the_picture():
    shown = card(normal_desk())
    assert (shown.utilization, shown.margin_ratio) == ("63.9%", "1.76%")
    assert [(f.label, f.value) for f in shown.figures] == [
        ("Equity", "1,725,394"),
        ("Collateral value", "1,699,288"),
        ("Available", "613,876"),
        ("Initial margin", "1,005,636"),
        ("Order margin", "79,776"),
        ("Maintenance", "29,860"),
    ]
    assert shown.close_out.move == "−30.4%"
    assert shown.close_out.marks == "BTC 42,461.3   ETH 1,811.04"
    assert [(f.label, f.value) for f in shown.close_out.alone] == [
        ("BTC", "30,859.4"),
        ("ETH", "547.08"),
    ]
    assert shown.collateral_total == "1,646,023 USDT"


def test_close_out_says_how_likely_how_sure_and_how_far():
    sure = account(common_sigma=D("56.3"), common_minutes=D(190_000), venue_ratio=D("0.01731"))
    desk = normal_desk(accounts=[sure])
    shown = card(desk)
    assert (shown.close_out.sigma, shown.close_out.time) == ("56.3 σ(1h)", "> 30 d at current vol")
    # The page: 30,859.40 ± 38.4 is 49.42 % away, 547.08 ± 2.61 is 78.97 %.
    assert shown.close_out.beside == (("±38.4", "−49.4%"), ("±2.61", "−78.9%"))
    assert shown.venue_ratio == "1.73%"
    soon = card(normal_desk(accounts=[account(common_sigma=D(3), common_minutes=D(15_840))]))
    assert soon.close_out.time == "about 11 d at current vol"


def test_small_cards_say_what_is_nearest_to_them():
    assert card(normal_desk(), "perp-2").note == "liq. 73,075.9  +19.7%"
    calm = loan(level="WARNING", price_fall_to_margin_call=D("0.0835"))
    shown = card(frame(accounts=[loan_account()], loans=[calm]), "loan-1")
    assert shown.note == "call at −8.3%"
    called = frame(accounts=[loan_account()], loans=[loan()])
    assert card(called, "loan-1").note == ""


CARRY = {
    "accounts": [{
        "account": "perp-1", "currency": "USDT", "common_move": "-0.21777",
        "receives": {"next": "-500.3", "day": "-1501", "week": "-10507"},
        "common_move_after": {"next": "-0.2177", "day": "-0.21755", "week": None},
        "positions": [
            {"next_funding_ms": WALL_MS + 8_332_000, "interval_h": 8},
            {"next_funding_ms": None, "interval_h": 8},
        ],
    }],
    "notes": [],
}  # fmt: skip


def test_funding_forecast_reads_as_in_picture_3():
    found = funding_forecast(CARRY, "perp-1", WALL_MS)
    assert found.next_in == "next in 2:18:52"
    assert [words[:2] for words in found.amounts] == [("next", "−500"), ("next 3", "−1,501 USDT")]
    assert found.amounts[0][2] is Tone.ASK
    assert found.moves == "moves close-out by +0.022 pp"


def test_funding_forecast_of_the_unknown_is_a_dash_and_of_nothing_none():
    (given,) = CARRY["accounts"]
    hourly = [{"next_funding_ms": None, "interval_h": 1}]
    dark = given | {"receives": {"next": None, "day": "0"}, "common_move": None,
                    "positions": hourly}  # fmt: skip
    found = funding_forecast({"accounts": [dark]}, "perp-1", WALL_MS)
    assert [words[:2] for words in found.amounts] == [("next", "—"), ("24 h", "0 USDT")]
    assert (found.next_in, found.moves) == ("", "")
    assert funding_forecast({"accounts": [given | {"positions": []}]}, "perp-1", WALL_MS) is None
    assert funding_forecast(CARRY, "perp-9", WALL_MS) is None
    assert funding_forecast({"accounts": 1}, "perp-1", WALL_MS) is None


def test_worst_account_stands_first_and_spot_last():
    assert [c.account for c in risk_view(normal_desk()).cards] == ["perp-1", "perp-2", "spot-1"]


def test_margin_call_shows_shortfall_and_countdown():
    shown = card(margin_call_desk())
    assert (shown.utilization, shown.level_word) == ("105.7%", "MARGIN CALL")
    assert shown.cure_within == "1:53:28"
    assert shown.figures[2].value == "−77,244"
    assert shown.figures[2].tone is Tone.DANGER


def test_unknown_account_shows_dashes_not_zeros():
    unknown = account(
        level="UNKNOWN", margin_utilization=None, margin_ratio=None, equity=None, quality="UNKNOWN",
        common_move_down=None, close_out_marks={},
    )  # fmt: skip
    shown = card(frame(accounts=[unknown], positions=[position(liquidation_known=False)]))
    assert (shown.utilization, shown.margin_ratio) == ("—", "—")
    assert shown.figures[0].value == "—"
    assert shown.gauge.utilization is None
    assert shown.close_out.move == "—"
    assert not shown.is_idle
    assert shown.is_stale


def test_no_close_out_is_said_only_when_it_is_known():
    safe = account(common_move_down=None, close_out_marks={})
    known = position(liquidation_price=None, liquidation_distance=None, common_move=None)
    assert card(frame(accounts=[safe], positions=[known])).close_out.move == "none"


def test_nearer_side_of_the_common_move_is_the_big_one():
    both = account(common_move_down=D("-0.40"), common_move_up=D("0.25"))
    shown = card(frame(accounts=[both], positions=[position()])).close_out
    assert (shown.move, shown.other_side) == ("+25.0%", "−40.0%")


def test_trading_account_stands_before_an_idle_loan():
    loan = account("loan-1", kind="financing", margin_utilization=None, margin_ratio=None)
    idle = account("perp-1", margin_utilization=None, margin_ratio=None)
    assert [c.account for c in risk_view(frame(accounts=[loan, idle])).cards] == [
        "perp-1",
        "loan-1",
    ]


def test_idle_account_is_not_called_unknown():
    assert card(empty_desk()).is_idle


def test_collateral_shares_sum_to_one_and_unpriced_total_is_unknown():
    rows = card(normal_desk()).collateral
    assert abs(sum(row.share for row in rows) - 1) < 1e-9
    assert [row.haircut for row in rows] == ["0%", "−5%", "−5%"]
    unpriced = account(collateral=[collateral("BTC", "1", None, None, None)])
    assert card(frame(accounts=[unpriced])).collateral_total == "— USDT"


def test_totals_are_absent_when_the_frame_has_none():
    assert risk_view(frame()).totals == ()
    assert risk_view(normal_desk()).totals[4].value == "−1,222"


def test_history_takes_one_point_a_second():
    history, desk = RatioHistory(), normal_desk()
    for _ in range(120):
        history.take(desk)
        desk = later(desk, ms=50)
    assert 6 <= len(history.points("perp-1")) <= 7
    assert history.points("nobody") == []


def test_only_a_desk_whose_levels_are_all_normal_needs_no_cure():
    assert risk_view(normal_desk()).is_calm
    assert not risk_view(margin_call_desk()).is_calm
    assert not risk_view(frame(accounts=[account(level="UNKNOWN")])).is_calm


def test_what_an_account_without_leverage_holds_is_grouped():
    held = account(
        "spot-1", kind="spot", collateral=[collateral("HKD", "200000.50", None, None, None)]
    )
    assert card(frame(accounts=[held]), "spot-1").holdings == "200,000.5 HKD"
