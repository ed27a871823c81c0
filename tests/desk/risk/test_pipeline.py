"""The pre-trade pipeline: its order, every step at its boundary, and the sentence of each."""

from decimal import Decimal as D

import msgspec
import pytest
from helpers.engines import BTC, ETH, SPOT, TIERS, Trader

from desk.engine.ordering import context_of
from desk.margin.inputs import MarginTerms, OrderInput, PositionInput
from desk.model.orders import MarginMode, OrderTerms, OrderType, Side, TimeInForce
from desk.risk import pretrade
from desk.risk.context import Surroundings, WorkingOrder
from desk.risk.pretrade import PIPELINE, review
from desk.risk.profile import Profile

replace = msgspec.structs.replace


@pytest.fixture(scope="module")
def trader():
    trader = Trader()
    trader.deposit("1000000")
    trader.deposit("1000000", account="spot-1", command_id="dep-2")
    trader.market()
    trader.mark(SPOT.replace(".", "-PERP."), "60000")
    return trader


def terms(side=Side.BUY, quantity="1", price="60000", instrument=BTC, **changes):
    asked = {
        "id": "x",
        "account": "spot-1" if instrument == SPOT else "perp-1",
        "instrument": instrument,
        "side": side,
        "quantity": D(quantity),
        "type": OrderType.MARKET if price is None else OrderType.LIMIT,
        "price": None if price is None else D(price),
        "tif": TimeInForce.IOC if price is None else TimeInForce.GTC,
    }
    return OrderTerms(**{**asked, **changes})


def context(trader, order=None, **changes):
    order = order or terms()
    instrument = trader.desk.catalogue.get(order.instrument)
    account = trader.state.accounts[order.account]
    return replace(context_of(trader.desk, order, instrument, account), **changes)


def denials(found):
    return [(d.code, d.rule, d.message, d.limit, d.actual) for d in review(found).denials]


def codes(found):
    return [d.code for d in review(found).denials]


def around(**changes):
    known = {"live": True, "funding_interval_h": 8, "open_interest": D(100_000)}
    return Surroundings(**{**known, **changes})


def test_an_order_that_nothing_is_wrong_with_passes(trader):
    assert denials(context(trader)) == []
    assert denials(context(trader, around=around())) == []
    assert denials(context(trader, around=None)) == []


def test_the_steps_come_in_the_order_of_the_risk_model(trader):
    """State, identity, constraints, data, permission, collar, size, rate, repetition, self-match,
    margin, leverage, concentration: everything wrong at once."""
    own = WorkingOrder(
        id="own", instrument=BTC, side=Side.SELL, remaining=D(1), price=D(60000), reduce_only=False
    )
    bad = context(
        trader,
        terms(quantity="160.0005", price="66000.05"),
        state="REDUCING",
        state_reason="a test",
        id_conflict=True,
        client=None,
        permitted=False,
        level="MARGIN_CALL",
        over_rate=True,
        repeated_at_once=True,
        limits=replace(trader.desk.rules.limits, instrument_limit_usd=D(1)),
        working=(own,) * 200,
        doubted_elsewhere=(ETH,),
        around=around(
            funding_interval_h=25,
            open_interest=D(100),
            lowest_mark=D(60000),
            highest_mark=D(60000),
            anomaly_s=30,
            venue_doubt="The venue cannot be reached: closed",
            unanswered=("lost",),
        ),
    )
    market = replace(bad.market, book_state="UNSYNCED")
    assert codes(replace(bad, market=market)) == [
        "STATE_REDUCING",
        "ID_REUSED",
        "LOT_SIZE",
        "VENUE_DOWN",
        "ORDER_UNKNOWN",
        "STALE_ACCOUNT",
        "BOOK_UNSYNCED",
        "PRICE_ANOMALY",
        "PERMISSION",
        "PI_GATE",
        "LEVEL_MARGIN_CALL",
        "CONVERGENCE",
        "PRICE_COLLAR",
        "PRICE_MOVE",
        "MAX_VALUE",
        "MAX_QUANTITY",
        "POSITION_LIMIT",
        "OPEN_ORDERS",
        "RATE",
        "REPEATED",
        "SELF_MATCH",
        "MARGIN_AFTER_FILL",
        "MAINTENANCE_BUFFER",
        "LOSS_BEYOND_MARGIN",
        "LEVERAGE_OVER_CAP",
        "CONCENTRATION",
    ]


def test_nothing_is_in_the_pipeline_twice_and_nothing_that_looks_is_left_out():
    looks = [step.look for step in PIPELINE]
    assert len(looks) == len(set(looks)) == 45
    assert sum(step.always for step in PIPELINE) == 14


def test_an_order_that_strictly_reduces_passes_whatever_guards_against_new_risk(trader):
    way_out = context(
        trader,
        terms(Side.SELL, "1", "59999.9"),
        position=D(1),
        client=None,
        permitted=False,
        level="CLOSE_OUT",
        over_rate=True,
        repeated_at_once=True,
        doubted_elsewhere=(ETH,),
        around=around(funding_interval_h=None, anomaly_s=99, open_interest=None),
        limits=replace(trader.desk.rules.limits, max_value_usd=D(0), max_leverage=D(0)),
    )
    market = replace(way_out.market, quality="STALE", book_state="UNSYNCED")
    assert codes(replace(way_out, market=market)) == []


def test_every_denial_has_the_origin_of_its_rule(trader):
    origins = {
        d.rule: d.origin
        for d in review(
            context(trader, terms(price="66000", quantity="100"), client=None, level="CLOSE_OUT",
                    around=around(funding_interval_h=25))
        ).denials
    }  # fmt: skip
    assert origins == {
        "pi.gate": "LAW",
        "vaf.stop_advances": "SFC",
        "perp.convergence": "SFC",
        "ord.price_collar": "HOUSE",
        "ord.max_value": "HOUSE",
        "perp.margin_first": "SFC",
        "perp.maintenance_margin": "HOUSE",
        "perp.max_leverage": "HOUSE",
    }


# --- eligibility ---------------------------------------------------------------------------------


def with_list(trader, rule, *words):
    profile = trader.desk.rules.profile
    rules = {one.rule: one for one in profile.rules()}
    rules[rule] = replace(rules[rule], value=words)
    return Profile("test", "NONE", "Test", rules)


@pytest.mark.parametrize(
    ("permitted", "words", "passes"),
    [
        (True, ("*",), True),
        (True, (BTC, ETH), True),
        (True, (ETH,), False),
        (True, (), False),
        (False, ("*",), False),
    ],
)
def test_an_instrument_is_traded_where_the_desk_is_connected_and_the_house_permits(
    trader, permitted, words, passes
):
    found = context(
        trader, permitted=permitted, profile=with_list(trader, "ord.permission", *words)
    )
    said = f"{BTC} is not permitted on this desk."
    denied = [] if passes else [("PERMISSION", "ord.permission", said, None, None)]
    assert denials(found) == denied


def test_a_perpetual_refers_to_what_retail_clients_may_trade(trader):
    found = context(trader, profile=with_list(trader, "perp.ref_eligible", "ETH", "SOL"))
    assert denials(found) == [
        (
            "REF_NOT_ELIGIBLE",
            "perp.ref_eligible",
            f"{BTC} refers to BTC; eligible are ETH, SOL.",
            None,
            None,
        )
    ]
    nothing = context(trader, profile=with_list(trader, "perp.ref_eligible"))
    assert denials(nothing)[0][2] == f"{BTC} refers to BTC; eligible are none."


def test_a_perpetual_is_funded_at_least_daily(trader):
    assert codes(context(trader, around=around(funding_interval_h=24))) == []
    assert denials(context(trader, around=around(funding_interval_h=25))) == [
        (
            "CONVERGENCE",
            "perp.convergence",
            f"{BTC} is funded every 25 h; at least every 24 h is asked for.",
            "24",
            "25",
        )
    ]


def test_live_a_gap_in_funding_or_open_interest_denies_and_in_a_recording_it_does_not(trader):
    unknown = around(funding_interval_h=None, open_interest=None)
    assert denials(context(trader, around=unknown)) == [
        (
            "CONVERGENCE",
            "perp.convergence",
            f"How often {BTC} is funded is unknown.",
            "24",
            None,
        ),
        (
            "CONCENTRATION",
            "perp.position_limit",
            f"The open interest of {BTC} is unknown, of which a position is a limited share.",
            "0.05",
            None,
        ),
    ]
    assert denials(context(trader, around=replace(unknown, live=False))) == []


@pytest.mark.parametrize(
    ("level", "what"),
    [
        ("MARGIN_CALL", "is in margin call: no new risk until it is cured."),
        ("CLOSE_OUT", "is in close-out: no new risk until it is cured."),
        ("UNKNOWN", "has figures that are unknown: no new risk until they are known."),
    ],
)
def test_an_account_in_call_takes_no_new_risk(trader, level, what):
    assert denials(context(trader, level=level)) == [
        (
            f"LEVEL_{level}",
            "vaf.stop_advances",
            f"perp-1 {what}",
            None,
            None,
        )
    ]
    assert denials(context(trader, level="WARNING")) == []


# --- prices --------------------------------------------------------------------------------------


def test_a_price_lies_within_five_percent_of_every_mark_of_the_last_minute(trader):
    edge = around(lowest_mark=D(60000), highest_mark=D(60000))
    market = replace(context(trader).market, mark=D(62000))

    def at(price, span=edge):
        return denials(context(trader, terms(price=price), around=span, market=market))

    assert at("63000") == []
    assert at("63000.1") == [
        (
            "PRICE_MOVE",
            "ord.price_collar",
            "Price 63,000.1 is 5.01% from a mark of the last 60 s; the limit is 5.0%.",
            "0.05",
            "0.050001666666666666666666667",
        )
    ]
    fell = around(lowest_mark=D(61000), highest_mark=D(64000))
    assert at("60800", fell) == []
    assert [d[0] for d in at("60799.9", fell)] == ["PRICE_MOVE"]
    assert at("63700", around(lowest_mark=None)) == []


def test_a_profile_without_the_second_collar_has_none(trader):
    profile = trader.desk.rules.profile
    rules = {one.rule: one for one in profile.rules() if one.rule != "ord.price_collar.move"}
    span = around(lowest_mark=D(1), highest_mark=D(1_000_000))
    found = context(trader, around=span, profile=Profile("test", "NONE", "Test", rules))
    assert codes(found) == []


def test_a_price_that_runs_away_for_thirty_seconds_lets_no_new_risk_in(trader):
    assert codes(context(trader, around=around(anomaly_s=29))) == []
    assert denials(context(trader, around=around(anomaly_s=30))) == [
        (
            "PRICE_ANOMALY",
            "price.anomaly",
            f"{BTC} has been running away for 30 s; new risk waits until it is calm.",
            "30",
            "30",
        )
    ]


# --- numbers -------------------------------------------------------------------------------------


def test_without_a_limit_there_is_no_trade(trader):
    nothing = {
        "collar_rate": D(0),
        "max_value_usd": D(0),
        "max_open_orders": 0,
        "max_leverage": D(0),
        "instrument_limit_usd": D(0),
        "account_limit_usd": D(0),
    }
    found = context(trader, limits=replace(trader.desk.rules.limits, **nothing))
    assert denials(found)[0] == (
        "NO_LIMIT",
        "ord.no_limit_no_trade",
        (
            "No limits are configured for ord.price_collar, ord.max_value, "
            "ord.max_messages.open_orders, perp.max_leverage, perp.position_limit.instrument, "
            "perp.position_limit.account: nothing is traded without."
        ),
        None,
        None,
    )
    one = context(trader, limits=replace(trader.desk.rules.limits, max_value_usd=D(0)))
    assert "for ord.max_value: nothing" in denials(one)[0][2]


def limited(trader, **limits):
    return replace(trader.desk.rules.limits, **limits)


def test_an_order_is_worth_at_most_its_limit(trader):
    assert codes(context(trader, limits=limited(trader, max_value_usd=D(60000)))) == []
    assert denials(context(trader, limits=limited(trader, max_value_usd=D(59999)))) == [
        (
            "MAX_VALUE",
            "ord.max_value",
            "The order is worth 60,000 USD; one order may be worth 59,999.",
            "59999",
            "60000",
        )
    ]


def test_an_order_is_at_most_so_many_coins(trader):
    assert codes(context(trader, limits=limited(trader, max_quantity={"BTC": D(1)}))) == []
    assert denials(context(trader, limits=limited(trader, max_quantity={"BTC": D("0.9")}))) == [
        (
            "MAX_QUANTITY",
            "ord.max_value",
            "The order is 1 BTC; one order may be 0.9 BTC.",
            "0.9",
            "1",
        )
    ]
    assert codes(context(trader, limits=limited(trader, max_quantity={}))) == []


def working(quantity, side=Side.BUY, instrument=BTC, *, reduce_only=False):
    return WorkingOrder(
        id=f"w-{quantity}",
        instrument=instrument,
        side=side,
        remaining=D(quantity),
        price=D(50000) if side is Side.BUY else D(70000),
        reduce_only=reduce_only,
    )


def test_position_and_working_orders_as_if_filled_stay_within_the_limit(trader):
    orders = (
        working("2"),
        working("9", reduce_only=True),
        working("9", Side.SELL),
        working("9", instrument=ETH),
    )
    held = {"position": D(1), "working": orders}
    # 1 held, 2 working and 1 asked for: 4 × 60,000.
    assert (
        codes(context(trader, limits=limited(trader, instrument_limit_usd=D(240000)), **held)) == []
    )
    found = context(trader, limits=limited(trader, instrument_limit_usd=D(239999)), **held)
    assert denials(found) == [
        (
            "POSITION_LIMIT",
            "perp.position_limit",
            (
                "Filled with the working orders the position would be worth 240,000 USD; the "
                "limit is 239,999."
            ),
            "239999",
            "240000",
        )
    ]


def test_a_position_is_at_most_a_share_of_the_open_interest(trader):
    held = {"position": D(1), "working": (working("2"),)}
    assert codes(context(trader, around=around(open_interest=D(80)), **held)) == []
    assert denials(context(trader, around=around(open_interest=D("79.9")), **held)) == [
        (
            "CONCENTRATION",
            "perp.position_limit",
            (
                "Filled with the working orders the position would be 4 BTC; 5% of the open "
                "interest is 3.9950."
            ),
            "3.995",
            "4",
        )
    ]


def test_the_whole_account_with_its_working_orders_stays_within_its_limit():
    trader = Trader()
    trader.deposit("1000000")
    trader.market()
    trader.sell("4", None, id="eth", instrument=ETH)
    trader.run(60)
    trader.market()
    trader.sell("6", "2550", id="more", instrument=ETH)
    trader.buy("3", "2450", id="other", instrument=ETH)
    trader.run(60)
    trader.market()
    # Ether: 4 short and 6 more to sell are worth more than buying 3 back: 10 × 2,500.
    assert codes(context(trader, limits=limited(trader, account_limit_usd=D(85000)))) == []
    assert denials(context(trader, limits=limited(trader, account_limit_usd=D(84999)))) == [
        (
            "ACCOUNT_LIMIT",
            "perp.position_limit",
            (
                "All positions together, filled with the working orders, would be worth 85,000 "
                "USD; the limit is 84,999."
            ),
            "84999",
            "85000",
        )
    ]


def test_a_day_s_loss_that_is_unknown_denies_where_it_is_limited(trader):
    assert denials(context(trader, around=around(day_loss_unknown=True))) == [
        (
            "DAY_LOSS_UNKNOWN",
            "risk.max_daily_loss",
            "A day may lose only so much, and what this one has lost is unknown.",
            None,
            None,
        )
    ]


def test_only_so_many_orders_work_and_only_so_many_are_sent_at_once(trader):
    full = context(trader, working=(working("0.001"),) * 99)
    assert codes(full) == []
    assert denials(replace(full, working=full.working[:1] * 100)) == [
        (
            "OPEN_ORDERS",
            "ord.max_messages",
            "100 orders are working; the limit is 100.",
            "100",
            "100",
        )
    ]
    assert denials(context(trader, over_rate=True)) == [
        (
            "RATE",
            "ord.max_messages",
            "Too many orders at once: 20 a second, 50 in a burst.",
            "20",
            None,
        )
    ]


def test_the_same_order_at_once_asks_first(trader):
    assert denials(context(trader, repeated_at_once=True)) == [
        (
            "REPEATED",
            "ord.repeat_throttle",
            "The same order was sent less than 1 s ago. Confirm it to send it again.",
            "1",
            None,
        )
    ]


# --- margin, buffer, loss, leverage --------------------------------------------------------------


def pool(trader, balance, mode=MarginMode.CROSS, leverage="5", **changes):
    account = trader.desk.account_input("perp-1")
    return replace(
        account,
        balances={"USDT": D(balance)},
        leverages={BTC: D(leverage)},
        modes={BTC: mode},
        terms={BTC: MarginTerms(model="binance", tiers=TIERS)},
        **changes,
    )


def test_margin_is_there_before_the_order(trader):
    # 60,000 at 5×: 12,000 of initial margin and 30 of fee.
    assert codes(context(trader, account=pool(trader, "12030"))) == []
    found = denials(context(trader, account=pool(trader, "12029.99")))
    assert [d[0] for d in found] == ["MARGIN_AFTER_FILL", "LEVERAGE_OVER_CAP"]
    assert found[0][1:] == (
        "perp.margin_first",
        "After this fill utilization would be 100.1%; the limit is 100%. 0.01 USDT is missing.",
        "0",
        "-0.01",
    )


def test_equity_keeps_the_buffer_over_the_house_s_maintenance(trader):
    # At 10× initial margin is 6,000; the house asks for 1.25 × 10 % of 60,000 = 7,500.
    limits = limited(trader, max_leverage=D(20))
    enough = pool(trader, "7530", leverage="10")
    assert codes(context(trader, account=enough, limits=limits)) == []
    short = pool(trader, "7529.99", leverage="10")
    assert denials(context(trader, account=short, limits=limits)) == [
        (
            "MAINTENANCE_BUFFER",
            "perp.maintenance_margin",
            (
                "After this fill 7,499.99 would stand behind perp-1; 1.25 times the house's "
                "maintenance margin (10% of notional) is 7,500.00."
            ),
            "7500",
            "7499.99",
        )
    ]


def test_the_venue_s_maintenance_counts_where_it_is_the_larger(trader):
    steep = tuple(replace(tier, maintenance_rate=D("0.12")) for tier in TIERS[:1])
    limits = limited(trader, max_leverage=D(20))
    account = pool(trader, "9029.99", leverage="10")
    account = replace(account, terms={BTC: MarginTerms(model="binance", tiers=steep)})
    (found,) = denials(context(trader, account=account, limits=limits))
    assert (found[0], found[3]) == ("MAINTENANCE_BUFFER", "9000")
    assert found[2].endswith("1.25 times the venue's maintenance margin is 9,000.00.")
    account = replace(account, balances={"USDT": D(9030)})
    assert codes(context(trader, account=account, limits=limits)) == []


def test_an_isolated_position_stands_on_its_own_margin(trader):
    limits = limited(trader, max_leverage=D(20))
    isolated = pool(trader, "100000", MarginMode.ISOLATED, leverage="10")
    (found,) = denials(context(trader, account=isolated, limits=limits))
    assert found[:3] == (
        "MAINTENANCE_BUFFER",
        "perp.maintenance_margin",
        (
            f"After this fill 6,000.00 would stand behind {BTC}; 1.25 times the house's "
            "maintenance margin (10% of notional) is 7,500.00."
        ),
    )


def test_slippage_of_a_close_out_is_covered_by_margin(trader):
    profile = trader.desk.rules.profile
    rules = {one.rule: one for one in profile.rules()}
    rules["perp.maintenance_margin"] = replace(rules["perp.maintenance_margin"], value=D(0))
    reserve = "perp.loss_limited_to_margin.slippage_reserve"
    rules[reserve] = replace(rules[reserve], value=D("0.25"))
    bare = Profile("test", "NONE", "Test", rules)
    assert codes(context(trader, account=pool(trader, "15030"), profile=bare)) == []
    assert denials(context(trader, account=pool(trader, "15029"), profile=bare)) == [
        (
            "LOSS_BEYOND_MARGIN",
            "perp.loss_limited_to_margin",
            (
                "After this fill a close-out of perp-1 could lose 1.00 more than its margin at a "
                "slippage of 25%."
            ),
            "0",
            "1",
        )
    ]


def test_the_setting_and_the_account_stay_within_the_cap(trader):
    found = denials(context(trader, account=pool(trader, "100000", leverage="6")))
    assert found == [
        (
            "LEVERAGE_SETTING",
            "perp.max_leverage",
            f"The leverage of {BTC} is set to 6×; the cap is 5×.",
            "5",
            "6",
        )
    ]
    # After the fee 60,000 stands behind 60,000 or a cent less does.
    limits = limited(trader, max_leverage=D(1))
    at_cap = pool(trader, "60030", leverage="1")
    assert codes(context(trader, account=at_cap, limits=limits)) == []
    over = replace(at_cap, balances={"USDT": D(59000)}, leverages={BTC: D("0.99")})
    found = denials(context(trader, account=over, limits=limits))[-1]
    assert found[:4] == (
        "LEVERAGE_OVER_CAP",
        "perp.max_leverage",
        "Leverage would be 1.02×; the cap is 1.00×.",
        "1",
    )


def test_margin_that_cannot_be_known_denies(trader):
    unknown = context(trader, account=replace(pool(trader, "100000"), terms={}))
    assert codes(unknown) == ["MARGIN_UNKNOWN"]
    assert BTC in denials(unknown)[0][2]
    nowhere = context(trader, account=None)
    assert denials(nowhere) == [
        (
            "MARGIN_UNKNOWN",
            "perp.margin_first",
            "Margin after the fill cannot be known: the account has no margin pool.",
            None,
            None,
        )
    ]


def test_spot_is_paid_for_in_full(trader):
    buy = terms(instrument=SPOT, quantity="1", price="60000")
    trader.book(SPOT)
    fee = trader.desk.catalogue.get(SPOT).taker_fee_rate
    cost = D(60000) * (1 + fee)
    assert codes(context(trader, buy, free_balance=cost)) == []
    found = denials(context(trader, buy, free_balance=cost - D("0.01")))
    assert [d[:2] for d in found] == [("INSUFFICIENT_BALANCE", "perp.margin_first")]
    assert found[0][2] == f"It needs {cost:,.8f} USDT; {cost - D('0.01'):,.8f} is free in spot-1."
    nothing = denials(context(trader, buy, free_balance=None))
    assert nothing[0][2] == "Margin after the fill cannot be known: the cost in USDT is unknown."


def test_review_returns_the_account_before_and_after(trader):
    found = review(context(trader, account=pool(trader, "100000")))
    assert (found.before.initial_margin, found.after.initial_margin) == (0, 12000)
    assert found.accepted
    assert pretrade.project(context(trader, terms(instrument=SPOT))).before is None


def test_a_sale_of_coins_that_are_spoken_for_is_no_reduction(trader):
    trader.book(SPOT)
    sell = terms(Side.SELL, instrument=SPOT, quantity="1", price="60000")
    held = {"position": D(1), "free_balance": D("0.5")}
    assert denials(context(trader, sell, **held)) == [
        (
            "INSUFFICIENT_BALANCE",
            "perp.margin_first",
            "It needs 1.00000000 BTC; 0.50000000 is free in spot-1.",
            "0.5",
            "1",
        )
    ]
    only = replace(sell, reduce_only=True)
    assert codes(context(trader, only, **held)) == []
    more = replace(only, quantity=D("1.5"))
    assert "INSUFFICIENT_BALANCE" in codes(context(trader, more, **held))


def test_one_that_is_backed_hides_none_that_is_not(trader):
    limits = limited(trader, max_leverage=D(20))
    eth = trader.desk.catalogue.get("ETHUSDT-PERP.BINANCE")
    other = PositionInput(
        instrument=eth,
        terms=MarginTerms(model="binance", tiers=TIERS),
        quantity=D(1),
        entry_price=D(2500),
        mark=D(2500),
        leverage=D(5),
    )
    isolated = pool(trader, "100000", MarginMode.ISOLATED, leverage="10")
    both = replace(isolated, positions=(other,))
    (found,) = denials(context(trader, account=both, limits=limits))
    assert (found[0], found[3], found[4]) == ("MAINTENANCE_BUFFER", "7500", "6000")


def test_margin_after_all_working_orders_is_said_as_such(trader):
    resting = OrderInput(
        instrument=trader.desk.catalogue.get(BTC), side=Side.BUY, quantity=D(1), price=D(60000)
    )
    account = replace(pool(trader, "20000"), orders=(resting,))
    found = denials(context(trader, account=account))
    after = next(one for one in found if one[0] == "MARGIN_AFTER_ORDERS")
    assert after[2].startswith("After this fill and all working orders utilization would be ")
