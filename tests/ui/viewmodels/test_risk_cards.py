from decimal import Decimal as D

from helpers.frames import (
    account,
    collateral,
    empty_desk,
    frame,
    later,
    margin_call_desk,
    normal_desk,
    position,
)

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
