"""Every form of the ticket: what is written becomes one command, or a sentence why not."""

from datetime import datetime, timedelta, timezone
from decimal import Decimal as D

import pytest
from helpers.frames import BTC, WALL_MS, market, normal_desk
from hypothesis import given, settings
from hypothesis import strategies as st

from desk.engine.order_snapshot import ExecutionView
from desk.engine.setting_snapshot import SettingView
from desk.model.command import Quantity, QuantityUnit
from desk.model.commands import SubmitLadder, SubmitOco, SubmitTwap
from desk.model.events import Previewed
from desk.model.order_commands import LadderWeight
from desk.model.orders import OrderType, Side, TimeInForce
from ui.viewmodels.draft import Draft, Form, Moment
from ui.viewmodels.drafting import levels_of, order_of
from ui.viewmodels.ticket import Said, presets, preview_view, submit_words
from ui.viewmodels.ticket_limits import limits_of
from ui.viewmodels.ticket_state import TicketState
from ui.viewmodels.written import read_duration, read_level, read_moment

NOW = Moment(now_ms=WALL_MS, bid=D("61010.4"), ask=D("61010.5"), equity=D(100_000))
TICK = D("0.1")


def made(**changes):
    fields = {"id": "t-1", "instrument": BTC, "quantity": "2", "price": "60000"}
    return order_of(Draft(**fields | changes), market(), NOW)


def order(**changes):
    found, problems = made(**changes)
    assert problems == []
    return found


def blamed(**changes):
    found, problems = made(**changes)
    assert found is None
    return [problem.field for problem in problems]


@pytest.mark.parametrize(
    ("written", "direction", "level"),
    [
        ("59900", -1, D(59900)),
        ("59,900.5", -1, D("59900.5")),
        ("1%", -1, D(59400)),
        ("1 %", 1, D(60600)),
        ("500", -1, D(59500)),
        ("500", 1, D(60500)),
        ("+500", -1, D(60500)),
        ("-500", 1, D(59500)),
        ("0.333%", -1, D("59800.2")),
        ("0", 1, None),
        ("100%", -1, None),
        ("abc", 1, None),
        ("", 1, None),
    ],
)
def test_stop_is_written_as_price_percentage_or_distance(written, direction, level):
    assert read_level(written, D(60000), direction, TICK) == level


def test_distance_from_an_unknown_entry_is_no_price_and_a_price_still_is():
    assert read_level("1%", None, 1, TICK) is None
    assert read_level("+500", None, 1, TICK) is None
    assert read_level("59900", None, 1, TICK) == 59900


@pytest.mark.parametrize(
    ("written", "seconds"),
    [("90", 90), ("90s", 90), ("15m", 900), ("2h", 7200), ("1d", 86400),
     ("0", None), ("0m", None), ("-5m", None), ("5y", None), ("999d", None), ("", None)],
)  # fmt: skip
def test_duration_is_read_with_its_unit(written, seconds):
    assert read_duration(written) == seconds


def hkt(*when):
    return int(datetime(*when, tzinfo=timezone(timedelta(hours=8))).timestamp()) * 1_000


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("15:30", hkt(2026, 11, 18, 15, 30)),
        ("09:00", hkt(2026, 11, 19, 9, 0)),
        ("90m", hkt(2026, 11, 18, 11, 30)),
        ("2026-11-30", hkt(2026, 12, 1, 0, 0)),
        ("2026-11-30 09:15", hkt(2026, 11, 30, 9, 15)),
        ("2026-11-18", hkt(2026, 11, 19, 0, 0)),
        ("2026-11-17", None),
        ("25:00", None),
        ("2026-02-31", None),
        ("90", None),
        ("", None),
    ],
)
def test_expiry_is_a_time_of_day_a_while_or_a_date_in_hong_kong(written, moment):
    assert read_moment(written, hkt(2026, 11, 18, 10, 0)) == moment


def test_stop_limit_carries_trigger_and_price():
    found = order(form=Form.STOP_LIMIT, side=Side.SELL, trigger="59500", price="59400")
    assert (found.type, found.trigger, found.price) == (OrderType.STOP_LIMIT, 59500, 59400)


@pytest.mark.parametrize(
    ("trail", "distance", "rate"), [("500", D(500), None), ("1%", None, D("0.01"))]
)
def test_trailing_stop_trails_by_price_or_by_a_fraction(trail, distance, rate):
    found = order(form=Form.TRAILING_STOP, side=Side.SELL, trail=trail)
    assert (found.trail, found.trail_rate, found.price) == (distance, rate, None)


def test_good_till_carries_its_moment_and_without_one_is_no_order():
    found = order(tif=TimeInForce.GTD, expiry="90m")
    assert (found.tif, found.expires_ms) == (TimeInForce.GTD, WALL_MS + 5_400_000)
    assert blamed(tif=TimeInForce.GTD, expiry="soon") == ["expiry"]


def test_legs_follow_the_side_and_the_order_s_own_price():
    bought = order(take_profit="1%", stop_loss="500")
    assert (bought.take_profit, bought.stop_loss) == (60600, 59500)
    sold = order(side=Side.SELL, take_profit="1%", stop_loss="500")
    assert (sold.take_profit, sold.stop_loss) == (59400, 60500)


def test_legs_of_a_market_order_lie_from_what_the_other_side_offers():
    assert order(form=Form.MARKET, stop_loss="500").stop_loss == D("60510.5")
    assert order(form=Form.MARKET, side=Side.SELL, stop_loss="500").stop_loss == D("61510.4")


def test_size_from_stop_needs_a_stop_and_takes_a_share_of_equity():
    found = order(unit=QuantityUnit.RISK, quantity="0.5%", stop_loss="59000")
    assert found.quantity == Quantity(D(500), QuantityUnit.RISK)
    assert order(unit=QuantityUnit.RISK, quantity="250usdt", stop_loss="1%").quantity.value == 250
    assert blamed(unit=QuantityUnit.RISK, quantity="500") == ["stop_loss"]
    assert blamed(unit=QuantityUnit.RISK, quantity="2btc", stop_loss="1%") == ["quantity"]
    assert blamed(unit=QuantityUnit.RISK, quantity="", stop_loss="1%") == ["quantity"]


def test_unknown_equity_is_no_zero_to_take_a_share_of():
    draft = Draft(id="t", instrument=BTC, price="60000", quantity="1%", stop_loss="1%",
                  unit=QuantityUnit.RISK)  # fmt: skip
    found, problems = order_of(draft, market(), Moment(now_ms=1))
    assert found is None
    assert "unknown" in problems[0].text


@pytest.mark.parametrize(
    ("unit", "written", "read"),
    [
        (QuantityUnit.NOTIONAL, "5000", QuantityUnit.NOTIONAL),
        (QuantityUnit.CONTRACTS, "12", QuantityUnit.CONTRACTS),
        (QuantityUnit.NOTIONAL, "0.5btc", QuantityUnit.BASE),
        (QuantityUnit.CONTRACTS, "25%", QuantityUnit.PERCENT),
    ],
)
def test_number_alone_is_in_the_chosen_unit_and_a_written_unit_goes_before(unit, written, read):
    assert order(unit=unit, quantity=written).quantity.unit is read


def test_one_cancels_the_other_holds_limit_and_stop_of_one_side():
    found = order(form=Form.OCO, side=Side.SELL, price="62000", trigger="59500")
    assert isinstance(found, SubmitOco)
    assert (found.id, found.first.id, found.second.id) == ("t-1", "", "")
    assert (found.first.type, found.first.price) == (OrderType.LIMIT, 62000)
    assert (found.second.type, found.second.trigger) == (OrderType.STOP, 59500)
    assert found.second.price is None


def test_ladder_is_asked_about_whole():
    found = order(form=Form.LADDER, first="60000", last="59000", count="5",
                  weight=LadderWeight.RISING, stop_loss="1%")  # fmt: skip
    assert isinstance(found, SubmitLadder)
    assert (found.first_price, found.last_price, found.count) == (60000, 59000, 5)
    assert (found.weight, found.stop_loss) == (LadderWeight.RISING, 59400)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"count": "1"}, "count"),
        ({"count": "51"}, "count"),
        ({"count": "2.5"}, "count"),
        ({"last": "60000"}, "last"),
        ({"first": ""}, "first"),
    ],
)
def test_ladder_that_is_none_says_which_field(changes, field):
    fields = {"form": Form.LADDER, "first": "60000", "last": "59000", "count": "5"}
    assert blamed(**fields | changes) == [field]


def test_twap_takes_durations_and_an_optional_limit():
    found = order(form=Form.TWAP, over="90m", every="5m")
    assert isinstance(found, SubmitTwap)
    assert (found.over_s, found.every_s, found.limit) == (5400, 300, None)
    assert order(form=Form.TWAP, over="90m", every="5m", limit="61500").limit == 61500
    assert blamed(form=Form.TWAP, over="1m", every="5m") == ["every"]
    assert blamed(form=Form.TWAP, over="", every="x") == ["over", "every"]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "BUY 2 BTCUSDT-PERP @ 60,000.0"),
        ({"form": Form.MARKET}, "BUY 2 BTCUSDT-PERP at market"),
        ({"form": Form.STOP, "trigger": "62000"}, "BUY 2 BTCUSDT-PERP stop 62,000.0"),
        ({"form": Form.STOP_LIMIT, "trigger": "62000", "price": "62100"},
         "BUY 2 BTCUSDT-PERP stop 62,000.0 @ 62,100.0"),
        ({"form": Form.TRAILING_STOP, "trail": "1%"}, "BUY 2 BTCUSDT-PERP trailing 1.00%"),
        ({"form": Form.LADDER, "first": "60000", "last": "59000", "count": "5"},
         "BUY 2 BTCUSDT-PERP in 5 @ 60,000.0–59,000.0"),
        ({"form": Form.TWAP, "over": "1h", "every": "60"},
         "BUY 2 BTCUSDT-PERP over 3600 s, every 60 s"),
        ({"unit": QuantityUnit.RISK, "quantity": "500", "stop_loss": "1%"},
         "BUY 500 at risk BTCUSDT-PERP @ 60,000.0"),
    ],
)  # fmt: skip
def test_button_says_what_it_sends(changes, words):
    assert submit_words(order(**changes), market()) == words


TEXT = st.one_of(st.text(max_size=8), st.sampled_from(["1", "2", "60000", "1%", "5m", "25%"]))
FIELDS = ("quantity", "price", "trigger", "trail", "first", "last", "count", "over", "every",
          "limit", "take_profit", "stop_loss", "expiry")  # fmt: skip


@pytest.mark.thorough
@settings(max_examples=150, deadline=None)
@given(
    st.fixed_dictionaries(dict.fromkeys(FIELDS, TEXT)),
    st.sampled_from(Form),
    st.sampled_from(Side),
    st.sampled_from(TimeInForce),
    st.sampled_from(QuantityUnit),
)
def test_any_text_in_any_field_is_an_order_or_a_sentence(fields, form, side, tif, unit):
    draft = Draft(id="t", instrument=BTC, form=form, side=side, tif=tif, unit=unit, **fields)
    found, problems = order_of(draft, market(), NOW)
    assert (found is None) is bool(problems)
    assert all(problem.text.endswith(".") for problem in problems)
    levels_of(draft, market(), NOW)
    if found is not None:
        assert submit_words(found, market())


# ---- state ---------------------------------------------------------------------------------------


@pytest.fixture
def state():
    numbers = iter(range(1, 1_000))
    drafted = TicketState(lambda: f"t-{next(numbers)}")
    drafted.see_market(market(), WALL_MS, D(100_000))
    drafted.edit(quantity="2", price="60980")
    return drafted


def answered(state, number, **fields):
    question = state.wants_preview()
    state.asked(number, question)
    values = {"accepted": True, "denials": [], "before": {}, "after": {}, "cost": {}}
    return Previewed(command=number, id=question.id, **values | fields)


def test_an_old_answer_is_never_taken_for_a_new_draft_even_while_it_is_asked_about(state):
    state.take_event(answered(state, 1))
    assert state.is_preview_current
    state.edit(quantity="3")
    assert not state.is_preview_current
    answered(state, 2)
    assert not state.is_preview_current
    state.take_event(Previewed(command=2, id="t", accepted=True, denials=[], before={}, after={},
                               cost={}))  # fmt: skip
    assert state.is_preview_current


def test_market_that_moves_leaves_a_distance_where_it_was_written(state):
    state.edit(form=Form.MARKET, stop_loss="500")
    before = state.order
    state.see_market(market(bid=D(62000), ask=D("62000.1")), WALL_MS + 1_000, D(100_000))
    assert state.order == before
    state.edit(stop_loss="501")
    assert state.order.stop_loss == D("61499.1")


def test_kept_quantity_stays_after_an_order_was_taken(state):
    from desk.model.events import Acknowledged

    state.keeps_quantity = True
    state.sent(7)
    state.take_event(Acknowledged(command=7, about="order", id="t"))
    assert state.draft.quantity == "2"


def test_order_of_unknown_outcome_is_told_until_it_is_known(state):
    frame = normal_desk()
    sent = state.draft.id
    state.sent(7)
    import msgspec

    lost = msgspec.structs.replace(frame.orders[0], id=sent, status="UNKNOWN",
                                   unanswered_since_ms=WALL_MS - 3_200)  # fmt: skip
    said = state.unknown_words([lost], WALL_MS)
    assert "UNKNOWN for 3.2 s" in said
    assert "do not send it again" in said
    part = msgspec.structs.replace(lost, id=f"{sent}-2")
    assert state.unknown_words([part], WALL_MS)
    assert not state.unknown_words([msgspec.structs.replace(lost, status="WORKING")], WALL_MS)
    assert not state.unknown_words([msgspec.structs.replace(lost, id="other")], WALL_MS)


def test_preview_tells_three_units_the_walk_the_loss_and_what_would_pass():
    cost = {"quantity_base": "1.5", "value": "91515.75", "contracts": None, "notional": "91515.75",
            "average_price": "61010.5", "worst_price": "61012", "levels": 3, "slippage_bps": "0.1",
            "fee": "45.76", "fee_rate": "0.0005", "fee_asset": "USDT", "liquidity": "taker",
            "loss_at_stop": "-2219.9", "loss_share": "0.0013", "largest": "1.25"}  # fmt: skip
    view = preview_view(
        Previewed(id="t", accepted=True, denials=[], before={}, after={}, cost=cost), market()
    )
    assert (view.readings.coin, view.readings.value, view.readings.contracts) == (
        "1.5", "91515.75", "")  # fmt: skip
    assert ("Avg", "61,010.5 · worst 61,012.0 · 3 lv") in view.costs
    assert ("taker", "0.050%") in view.costs
    assert view.loss == Said("Loss at stop", "−2,219.90 USDT", "0.13% of equity")
    assert view.largest == "1.25"
    assert view.held == Said(), "it works as it was written"


@pytest.mark.parametrize(("accepted", "leaves"), [(True, True), (True, False), (False, True)])
def test_preview_tells_that_an_order_is_held_to_reducing(accepted, leaves):
    cost = {"leaves_reduce_only": leaves}
    told = Previewed(id="t", accepted=accepted, denials=[], before={}, after={}, cost=cost)
    held = Said("Works as", "Reduce-only", "it passes only because it reduces")
    assert preview_view(told, market()).held == (held if accepted and leaves else Said())


def test_presets_are_in_the_unit_that_is_written():
    assert presets(market(), QuantityUnit.NOTIONAL)[0] == 100
    assert presets(market(), QuantityUnit.CONTRACTS)[0] == 1
    assert presets(market())[0] == D("0.1")


def test_venue_that_cannot_do_a_type_says_so_at_its_button():
    can = ExecutionView(venue="BINANCE", is_paper=False, up=True, since_ms=None, note="", unknown=0,
                        types=["LIMIT", "MARKET"], tifs=["GTC", "IOC"], post_only=True,
                        reduce_only=False, amend=True, cancel_on_disconnect_s=None,
                        latency_ms=None)  # fmt: skip
    setting = SettingView(account="perp-1", instrument=BTC, leverage=D(3), max_leverage=D(5),
                          margin_mode="isolated", flat=True, working=0)  # fmt: skip
    found = limits_of(normal_desk(executions=[can], setting=setting), market())
    assert found.setting == "3× isolated"
    assert set(found.forms) == {"STOP", "STOP_LIMIT", "TAKE_PROFIT", "TRAILING_STOP", "OCO"}
    assert found.forms["STOP"] == "BINANCE cannot do Stop."
    assert set(found.tifs) == {"FOK", "GTD"}
    assert found.flags == {"reduce_only": "BINANCE cannot do reduce-only."}
    assert limits_of(normal_desk(), market()).forms == {}
