"""The ladder without Qt: which price stands where, what is pinned, what a gesture would send."""

from decimal import Decimal as D

import pytest
from helpers.frames import BTC, account, frame, later, market, order, position

from desk.engine.snapshot import BookView
from desk.model.command import QuantityUnit
from desk.model.commands import AmendOrder
from desk.model.orders import OrderType, Side
from ui.viewmodels.gestures import Move, Terms, intent_at, take_up
from ui.viewmodels.ladder import ladder_view, usual_group
from ui.viewmodels.ladder_pins import gap
from ui.viewmodels.own_orders import chip_of
from ui.viewmodels.scale import Scale, next_group

SCALE = Scale(D("0.1"), 100, 6_105, 10)  # 61,050 down to 60,960
BOOK = BookView(
    instrument=BTC,
    bids=[(D("61010.4"), D(2)), (D("61003.0"), D(3)), (D("60990.0"), D(10))],
    asks=[(D("61010.5"), D(1)), (D("61020.0"), D(4)), (D("61020.1"), D(5))],
    traded=[(D("61011.0"), D("7.25")), (D("61010.0"), D(1))],
)


def view(*orders, scale=SCALE, book=BOOK, positions=(), accounts=(), **changes):
    shown = frame(book=book, orders=list(orders), positions=list(positions),
                  accounts=list(accounts))  # fmt: skip
    return ladder_view(scale, shown, market(**changes))


def row(shown, price):
    return next(one for one in shown.rows if one.shown == price)


def test_prices_run_down_by_the_step_and_the_mark_has_its_row():
    shown = view()
    assert [one.shown for one in shown.rows][:3] == ["61,050", "61,040", "61,030"]
    assert [one.shown for one in shown.rows if one.is_mark] == ["61,010"]
    assert [one.shown for one in shown.rows if one.is_last] == ["61,010"]


def test_a_finer_book_is_summed_bids_downwards_and_asks_upwards():
    shown = view()
    assert (row(shown, "61,010").bid, row(shown, "61,000").bid) == ("2.000", "3.000")
    assert (row(shown, "61,020").ask, row(shown, "61,030").ask) == ("5.000", "5.000")
    assert row(shown, "61,010").ask == ""
    assert (row(shown, "61,010").traded, row(shown, "61,010").traded_short) == ("8.2", "8")
    assert row(shown, "60,990").bid_share == 100


@pytest.mark.parametrize(
    ("traded", "words"), [("0.4", ("0.4", "")), ("193.8", ("193.8", "194")), ("2e3", ("2.0K",) * 2)]
)
def test_a_volume_without_decimals_is_never_nothing(traded, words):
    book = BookView(instrument=BTC, bids=[], asks=[], traded=[(D("61010.0"), D(traded))])
    found = row(view(book=book), "61,010")
    assert (found.traded, found.traded_short) == words


def test_a_book_of_coarser_levels_or_of_another_instrument_is_not_shown():
    for book in (
        BookView(instrument=BTC, bids=BOOK.bids, asks=BOOK.asks, group=1_000),
        BookView(instrument="ETHUSDT-PERP.BINANCE", bids=BOOK.bids, asks=BOOK.asks),
        None,
    ):
        assert all(not one.bid and not one.ask for one in view(book=book).rows)


@pytest.mark.parametrize(("direction", "end"), [(1, 100), (-1, 1)])
def test_grouping_ends_at_its_ends(direction, end):
    group = 5
    for _ in range(9):
        group = next_group(group, direction)
    assert group == end


def test_usual_rows_hold_about_a_basis_point():
    assert usual_group(D(61_010), D("0.1")) == 100
    assert usual_group(D(2_602), D("0.01")) == 50
    assert usual_group(D("0.5"), D("0.0001")) == 1


def test_regrouping_and_resizing_keep_prices_where_the_hand_is():
    assert SCALE.resized(5).price(0) == SCALE.price(0)
    middle = SCALE.price(SCALE.count // 2)
    for group in (1, 2, 5, 10, 50):
        finer = SCALE.grouped(group)
        assert abs(finer.price(finer.count // 2) - middle) < finer.step


def test_prices_never_reach_zero_however_far_it_is_scrolled():
    assert SCALE.scrolled(10**9).price(SCALE.count - 1) == SCALE.step


def test_own_orders_stand_with_what_is_left_and_who_is_ahead():
    chips = row(
        view(order(price=D("61003.0"), filled=D("1.500"), queue_ahead=D("12.30"))), "61,000"
    ).chips
    assert [(c.size, c.ahead, c.role, c.waits) for c in chips] == [("2.5", "12.3", "LMT", False)]


def test_a_sell_stands_in_the_row_above_its_price_as_the_book_has_it():
    shown = view(order(side="SELL", price=D("61020.1")))
    assert row(shown, "61,030").chips
    assert not row(shown, "61,020").chips


def test_a_trigger_stands_at_its_trigger_and_says_what_it_is():
    stop = order(side="SELL", type="STOP", price=None, trigger=D(60_970), waiting=True,
                 status="WAITING", role="stop_loss")  # fmt: skip
    (chip,) = row(view(stop), "60,970").chips
    assert (chip.role, chip.waits, chip.words()) == ("SL", True, "SELL 4 SL")


@pytest.mark.parametrize(
    ("changes", "state"),
    [
        ({"status": "PENDING"}, "sent"),
        ({"status": "UNKNOWN"}, "unknown"),
        ({"amending": True}, "moving"),
        ({"cancelling": True}, "cancelling"),
        ({}, ""),
    ],
)
def test_an_order_says_how_it_stands(changes, state):
    assert chip_of(order(**changes)).state == state


def test_what_has_ended_is_not_on_the_ladder():
    for status in ("FILLED", "CANCELLED", "REJECTED"):
        shown = view(order(price=D(61_000), status=status))
        assert not any(one.chips for one in shown.rows)


def test_what_is_out_of_sight_is_pinned_with_its_distance():
    held = position(break_even_price=D("60437.1"))
    stop = order(side="SELL", type="STOP", price=None, trigger=D(57_200), waiting=True,
                 status="WAITING")  # fmt: skip
    far = [order("a", side="SELL", price=D(62_200)), order("b", side="SELL", price=D(62_100))]
    shown = view(stop, *far, positions=[held], accounts=[account()])
    assert [(pin.text, pin.note) for pin in shown.above] == [("2 LMT from 62,100.0", "+1.7%")]
    assert [pin.text for pin in shown.below] == [
        "B/E 60,437.1",
        "ENTRY 60,412.3",
        "SELL 4 STP 57,200.0",
        "CLOSE-OUT 42,461.3",
        "LIQ 30,859.4",
    ]
    assert [pin.note for pin in shown.below][-2:] == ["−30.4%", "−49.4%"]
    assert {pin.token for pin in shown.below[-2:]} == {"danger"}


def test_every_line_is_either_in_a_row_or_pinned_wherever_the_ladder_stands():
    held = position(break_even_price=D("60437.1"))
    orders = [order(f"o{n}", price=D(60_000 + 37 * n)) for n in range(40)]
    for top in (6_040, 6_105, 6_300, 3_100):
        scale = Scale(D("0.1"), 100, top, 12)
        seen = ladder_view(scale, frame(orders=orders, positions=[held], accounts=[account()]),
                           market(), covered=(1, 3))  # fmt: skip
        rows = seen.rows[1:-3]
        lines = {mark.word for one in rows for mark in one.marks}
        pinned = {pin.text.split()[0] for pin in (*seen.above, *seen.below)}
        assert {"ENTRY", "B/E", "LIQ", "CLOSE-OUT"} <= lines | pinned
        in_rows = sum(len(one.chips) for one in rows)
        counts = [
            int(p.text.split()[0]) for p in (*seen.above, *seen.below) if "LMT from" in p.text
        ]
        singles = sum(" LMT 6" in p.text for p in (*seen.above, *seen.below))
        assert in_rows + sum(counts) + singles == 40


def test_unknown_marks_and_unknown_prices_draw_nothing():
    held = position(liquidation_price=None, liquidation_known=False)
    shown = view(positions=[held], mark=None, last=None)
    assert not any(one.is_mark or one.is_last for one in shown.rows)
    assert [pin.text for pin in shown.below] == ["ENTRY 60,412.3"]
    assert gap(D(60_000), None) == ""


# ---- gestures ------------------------------------------------------------------------------------

HALF = Terms(D("0.5"))


def test_a_click_says_what_it_would_send_before_it_does():
    aim = intent_at(Side.BUY, D(60_900), market(), Terms(D("0.50"), post_only=False))
    assert aim.words(market()) == "BUY 0.5 LIMIT 60,900.0"
    sent = aim.order("w-1", market())
    assert (sent.id, sent.side, sent.type, sent.price) == (
        "w-1", Side.BUY, OrderType.LIMIT, D(60_900))  # fmt: skip
    assert (sent.quantity.value, sent.quantity.unit) == (D("0.50"), QuantityUnit.BARE)


def test_without_a_quantity_nothing_can_be_meant():
    assert "quantity" in intent_at(Side.BUY, D(60_900), market(), Terms()).refusal


def test_a_limit_beyond_the_other_side_is_said_to_take():
    assert intent_at(Side.BUY, D("61010.5"), market(), HALF).note == "takes now"
    assert intent_at(Side.BUY, D("61010.4"), market(), HALF).note == ""
    assert intent_at(Side.SELL, D("61010.4"), market(), HALF).note == "takes now"


@pytest.mark.parametrize(
    ("side", "at", "refused"),
    [
        (Side.BUY, "61100", False),
        (Side.BUY, "60900", True),
        (Side.BUY, "61010.5", True),
        (Side.SELL, "60900", False),
        (Side.SELL, "61100", True),
    ],
)
def test_a_stop_stands_beyond_the_mark_or_is_refused(side, at, refused):
    aim = intent_at(side, D(at), market(), HALF, stop=True)
    assert bool(aim.refusal) is refused
    sent = aim.order("w-1", market())
    assert (sent.type, sent.trigger, sent.price, sent.post_only) == (
        OrderType.STOP, D(at), None, False)  # fmt: skip


def test_without_a_mark_no_stop_is_placed():
    assert intent_at(Side.BUY, D(61_100), market(mark=None), HALF, stop=True).refusal


def test_contracts_are_sent_as_contracts():
    aim = intent_at(Side.BUY, D(60_900), market(quantity_unit="ct"), HALF)
    assert aim.order("w", market(quantity_unit="ct")).quantity.unit is QuantityUnit.CONTRACTS


def test_letting_go_elsewhere_is_one_amendment_and_where_it_stood_none():
    held = take_up(order())
    assert held.amendment("w") is None
    assert held.to(None).amendment("w") is None
    assert held.to(D(60_880)).amendment("w") == AmendOrder(
        id="w", order_id="t-118", price=D(60_880))  # fmt: skip
    assert held.to(D(60_880)).words(D("0.1")) == "MOVE BUY 4 LMT 60,900.0 → 60,880.0"


def test_a_stop_is_moved_by_its_trigger_and_its_limit_goes_along():
    stop = order(type="STOP_LIMIT", side="SELL", trigger=D(60_000), price=D(59_990), waiting=True,
                 status="WAITING")  # fmt: skip
    moved = take_up(stop).to(D(60_100)).amendment("w")
    assert (moved.trigger, moved.price) == (D(60_100), D(60_090))


@pytest.mark.parametrize(
    "changes",
    [
        {"type": "TRAILING_STOP", "trigger": D(60_000), "price": None, "waiting": True},
        {"status": "UNKNOWN"},
        {"amending": True},
        {"cancelling": True},
        {"type": "MARKET", "price": None},
    ],
)
def test_what_cannot_be_moved_says_why(changes):
    assert isinstance(take_up(order(**changes)), str)


@pytest.mark.parametrize(
    "changes",
    [{"status": "CANCELLED"}, {"status": "FILLED"}, {"filled": D(1)}, {"price": D(60_901)},
     {"cancelling": True}],
)  # fmt: skip
def test_an_order_that_changed_in_the_hand_ends_the_move_in_words(changes):
    held = take_up(order())
    assert isinstance(held, Move)
    assert held.ended(frame(orders=[order()])) == ""
    assert held.ended(frame(orders=[order(**changes)]))
    assert held.ended(later(frame(), orders=[]))
