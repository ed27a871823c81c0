from decimal import Decimal as D

import pytest
from paper_stage import BUY, INVERSE, OTHER, PERP, SELL, SPOT, Stage, fills, reasons, terms, words

from desk.execution.liquidity import TakenLiquidity, is_usable
from desk.execution.outcome import Filled
from desk.model.orders import Liquidity, OrderStatus, TimeInForce

BIDS = [("100.0", "1"), ("99.9", "2"), ("99.5", "4")]
ASKS = [("100.1", "0.5"), ("100.2", "1.5"), ("100.4", "3")]

IOC, FOK = TimeInForce.IOC, TimeInForce.FOK


@pytest.fixture
def stage():
    stage = Stage()
    stage.snapshot(BIDS, ASKS)
    return stage


@pytest.mark.parametrize(
    ("order", "collar", "expected", "status"),
    [
        pytest.param(
            terms("a", BUY, "0.4"), "103", [("0.400", "100.1")], "FILLED", id="within-a-level"
        ),
        pytest.param(
            terms("a", BUY, "2.5"),
            "103",
            [("0.500", "100.1"), ("1.500", "100.2"), ("0.500", "100.4")],
            "FILLED",
            id="market-buy-walks-three-levels",
        ),
        pytest.param(
            terms("a", SELL, "3.5"),
            "99.9",
            [("1.000", "100.0"), ("2.000", "99.9")],
            "CANCELLED",
            id="market-sell-stops-at-its-collar",
        ),
        pytest.param(
            terms("a", BUY, "9"),
            "100.39",
            [("0.500", "100.1"), ("1.500", "100.2")],
            "CANCELLED",
            id="a-buy-collar-off-the-tick-is-rounded-down",
        ),
        pytest.param(
            terms("a", SELL, "9"),
            "99.91",
            [("1.000", "100.0")],
            "CANCELLED",
            id="a-sell-collar-off-the-tick-is-rounded-up",
        ),
        pytest.param(terms("a", BUY, "1"), "100.0", [], "CANCELLED", id="collar-below-the-ask"),
        pytest.param(
            terms("a", BUY, "1", "100.1"), None, [("0.500", "100.1")], "PARTIALLY_FILLED", id="gtc"
        ),
        pytest.param(terms("a", BUY, "1", "100.0"), None, [], "WORKING", id="gtc-rests"),
        pytest.param(
            terms("a", SELL, "1.5", "99.9", tif=IOC),
            None,
            [("1.000", "100.0"), ("0.500", "99.9")],
            "FILLED",
            id="ioc-filled",
        ),
        pytest.param(
            terms("a", BUY, "1", "100.1", tif=IOC),
            None,
            [("0.500", "100.1")],
            "CANCELLED",
            id="ioc-cut",
        ),
        pytest.param(
            terms("a", BUY, "2", "100.2", tif=FOK),
            None,
            [("0.500", "100.1"), ("1.500", "100.2")],
            "FILLED",
            id="fok-exactly-there",
        ),
        pytest.param(terms("a", BUY, "2.001", "100.2", tif=FOK), None, [], "CANCELLED", id="fok"),
        pytest.param(terms("a", BUY, "6", tif=FOK), "103", [], "CANCELLED", id="market-fok"),
        pytest.param(
            terms("a", BUY, "1", "100.0", post_only=True), None, [], "WORKING", id="post-only"
        ),
        pytest.param(
            terms("a", BUY, "1", "100.1", post_only=True), None, [], "REJECTED", id="post-crosses"
        ),
    ],
)
def test_an_arriving_order_takes_what_the_book_shows(stage, order, collar, expected, status):
    outcomes = stage.place(order, collar)
    assert fills(outcomes) == [("a", *row) for row in expected]
    assert stage.orders["a"].status is OrderStatus[status]
    assert all(o.fill.liquidity is Liquidity.TAKER for o in outcomes if isinstance(o, Filled))


@pytest.mark.parametrize(
    ("order", "collar", "reason"),
    [
        (terms("a", BUY, "9"), "100.2", "market order: nothing more in the book up to the collar"),
        (terms("a", BUY, "9", "100.2", tif=IOC), None, "nothing more in the book within the limit"),
        (terms("a", BUY, "3", "100.2", tif=FOK), None, "2 of 3 available at 100.2 or better"),
        (terms("a", BUY, "3", "100.2", post_only=True), None, "would take liquidity at 100.2"),
    ],
    ids=["market", "ioc", "fok", "post-only"],
)
def test_an_order_that_ends_unfilled_says_why(stage, order, collar, reason):
    stage.place(order, collar)
    assert reason in stage.orders["a"].reason


@pytest.mark.parametrize(
    ("order", "collar", "reason"),
    [
        (terms("a", BUY, "1"), None, "needs a collar price"),
        (terms("a", BUY, "1"), "NaN", "no number"),
        (terms("a", BUY, "1"), "Infinity", "no number"),
        (terms("a", BUY, "1"), "-5", "needs a collar price"),
        (terms("a", BUY, "1", "0"), None, "needs a positive price"),
        (terms("a", BUY, "1", "100.05"), None, "off the 0.1 tick"),
        (terms("a", BUY, "1", "1e60"), None, "no number"),
        (terms("a", BUY, "0.0005", "100"), None, "off the 0.001 lot"),
        (terms("a", BUY, "0", "100"), None, "not positive"),
        (terms("a", BUY, "-1", "100"), None, "not positive"),
        (terms("a", BUY, "NaN", "100"), None, "off the"),
        (terms("a", BUY, "1", "99", tif=IOC, post_only=True), None, "post-only"),
        (terms("a", BUY, "1", post_only=True), "100", "post-only"),
    ],
)
def test_an_order_that_makes_no_sense_is_rejected_and_raises_nothing(stage, order, collar, reason):
    outcomes = stage.place(order, collar)
    assert words(outcomes) == ["Rejected"]
    assert reason in outcomes[0].reason
    assert not stage.cancel("a")


def test_an_order_for_another_instrument_than_the_one_given_is_rejected(stage):
    stage.submit(terms("a", BUY, "1", "100"))
    stage.venue.submit(terms("b", BUY, "1", "100"), OTHER, 0)
    decision = stage.venue.on_time(10**9, 0, stage.books, stage)
    assert words(decision.outcomes) == ["Accepted", "Rejected"]


def test_what_is_taken_stays_taken_until_its_level_changes(stage):
    buy = [terms(f"b{n}", BUY, "0.3", "100.1", tif=IOC) for n in range(5)]
    assert fills(stage.place(buy[0])) == [("b0", "0.300", "100.1")]
    assert fills(stage.place(buy[1])) == [("b1", "0.200", "100.1")]
    assert fills(stage.place(buy[2])) == []
    stage.delta(asks=[("100.2", "7"), ("100.1", "0.5")])  # the level itself is confirmed, no more
    assert fills(stage.place(buy[3])) == []
    stage.delta(asks=[("100.1", "0.4")])
    assert fills(stage.place(buy[4])) == [("b4", "0.300", "100.1")]


def test_a_level_that_comes_back_at_its_old_quantity_is_new(stage):
    stage.place(terms("a", BUY, "0.5", "100.1"))
    stage.delta(asks=[("100.1", "0")])
    stage.delta(asks=[("100.1", "0.5")])
    assert fills(stage.place(terms("b", BUY, "0.5", "100.1"))) == [("b", "0.500", "100.1")]


def test_one_level_is_released_while_another_stays_taken(stage):
    stage.place(terms("a", BUY, "2", "100.2"))
    stage.delta(asks=[("100.1", "9")])
    stage.delta(asks=[("100.1", "0.5")])
    assert fills(stage.place(terms("b", BUY, "9", "100.2"))) == [("b", "0.500", "100.1")]


def test_a_snapshot_without_a_level_releases_it(stage):
    stage.place(terms("a", BUY, "0.5", "100.1"))
    stage.snapshot(BIDS, [])
    stage.delta(asks=[("100.1", "0.5")])
    assert fills(stage.place(terms("b", BUY, "9", "100.2"))) == [("b", "0.500", "100.1")]


def test_a_level_that_shows_another_quantity_is_free_even_if_nobody_said_so():
    taken = TakenLiquidity()
    taken.take(PERP.id, SELL, 1001, 5, 3)
    assert [taken.taken(PERP.id, SELL, 1001, shown) for shown in (5, 6)] == [3, 0]


@pytest.mark.parametrize(
    ("bid", "ask", "synced", "usable"),
    [
        (100, 101, True, True),
        (100, 101, False, False),
        (101, 101, True, False),
        (102, 101, True, False),
        (None, 101, True, True),
        (100, None, True, True),
    ],
)
def test_only_a_synced_book_that_is_not_crossed_is_used(bid, ask, synced, usable):
    class Shown:
        best_bid, best_ask = (None if best is None else (best, 1) for best in (bid, ask))

    Shown.synced = synced
    assert is_usable(Shown()) is usable


def test_what_is_taken_stays_taken_through_a_gap_in_the_feed(stage):
    stage.place(terms("a", BUY, "0.5", "100.1"))
    stage.lose()
    stage.delta(asks=[("100.1", "9")])  # a book that is lost learns nothing
    stage.snapshot(BIDS, ASKS)
    assert fills(stage.place(terms("b", BUY, "1", "100.2", tif=IOC))) == [("b", "1.000", "100.2")]


def test_two_orders_due_together_do_not_take_the_same_quantity(stage):
    stage.submit(terms("a", BUY, "0.4", "100.2"))
    stage.submit(terms("b", BUY, "0.4", "100.2"))
    assert fills(stage.at(50)) == [
        ("a", "0.400", "100.1"),
        ("b", "0.100", "100.1"),
        ("b", "0.300", "100.2"),
    ]


def test_a_post_only_order_may_rest_where_the_desk_itself_has_taken_everything(stage):
    stage.place(terms("a", BUY, "0.5", "100.1"))
    assert words(stage.place(terms("b", BUY, "1", "100.1", post_only=True))) == ["Accepted"]
    assert stage.delta(bids=[("99.0", "1")]) == []


def test_own_orders_never_meet_each_other(stage):
    stage.place(terms("a", SELL, "1", "100.1"))
    assert fills(stage.place(terms("b", BUY, "1", "100.1"))) == [("b", "0.500", "100.1")]
    assert stage.orders["a"].filled == 0


@pytest.mark.parametrize(
    ("instrument", "quantity", "price", "fee", "asset"),
    [
        # 0.5 BTC × 60,900.0 × 0.05 %
        (PERP, "0.5", "60900.0", "15.225", "USDT"),
        # 0.001 × 61,234.7 × 0.05 % = 0.03061735
        (PERP, "0.001", "61234.7", "0.03061735", "USDT"),
        # 10 contracts × 100 USD ÷ 60,000 × 0.05 % = 0.0000083333… BTC, rounded up
        (INVERSE, "10", "60000.0", "0.00000834", "BTC"),
        # spot pays in the quote currency
        (SPOT, "2", "100.1", "0.1001", "USDT"),
    ],
    ids=["perpetual", "smallest-lot", "inverse", "spot"],
)
def test_a_taker_pays_its_rate_on_the_notional(instrument, quantity, price, fee, asset):
    stage = Stage(instruments=(instrument,))
    stage.snapshot([], [(price, "100")], instrument)
    outcomes = stage.place(terms("a", BUY, quantity, price, instrument))
    fill = outcomes[1].fill
    assert (fill.fee, fill.fee_asset, fill.id) == (D(fee), asset, "a-1")


def test_fills_are_numbered_and_stamped_with_the_wall_clock(stage):
    outcomes = stage.place(terms("a", BUY, "1", "100.1"))
    more = stage.trade("100.0", "9", SELL)
    ids = [o.fill.id for o in [*outcomes, *more] if isinstance(o, Filled)]
    assert ids == ["a-1", "a-2"]
    assert more[0].fill.time_ms == 1_800_000_000_050


def test_nothing_is_taken_from_a_side_that_is_empty():
    stage = Stage()
    stage.snapshot([], [])
    assert reasons(stage.place(terms("a", BUY, "1"), "100"))
    assert words(stage.place(terms("b", BUY, "1", "100"))) == ["Accepted"]
