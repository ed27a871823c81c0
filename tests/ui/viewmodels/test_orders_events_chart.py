from decimal import Decimal as D

import pytest
from helpers.fake_desk import DENIALS
from helpers.frames import BTC, WALL_MS, fill, frame, normal_desk, order, position

from desk.engine.order_snapshot import ProgramView
from desk.model.events import (
    Acknowledged,
    Alerted,
    Denied,
    Filled,
    LevelChanged,
    OrderChanged,
    Previewed,
    StateChanged,
)
from desk.model.orders import Fill, Liquidity, OrderStatus, OrderTerms, OrderType, Side
from ui.price_lines import tag_heights, tags_that_fit
from ui.viewmodels.chart import price_lines
from ui.viewmodels.events import LOG_LIMIT, EventLog, denial_sentence, sentence
from ui.viewmodels.forms import read_form
from ui.viewmodels.order_forms import amend_form
from ui.viewmodels.orders import fill_rows, order_rows, working_count
from ui.viewmodels.tone import Tone


def test_working_orders_stand_first_and_ended_under_a_heading():
    rows = order_rows(normal_desk())
    assert [row.heading or row.key for row in rows] == ["t-118", "t-119", "t-112", "Ended", "t-101"]
    assert [cell.text for cell in rows[0].cells] == ["BTCUSDT", "▲ 4.000", "60,900.0", "LMT PO", "",
                                                     "x"]  # fmt: skip
    assert rows[2].cells[3].text == "LMT RO"
    assert rows[-1].cells[3].text == "CXL"
    assert rows[-1].cells[-1].text == ""
    assert working_count(normal_desk()) == 3


def test_partly_filled_order_shows_how_much():
    (row,) = order_rows(frame(orders=[order(status="PARTIALLY_FILLED", filled=D("1.5"))]))
    assert row.cells[1].text == "▲ 1.500/4.000"


def test_order_that_does_not_act_yet_says_sent():
    (row,) = order_rows(frame(orders=[order(status="PENDING")]))
    assert row.cells[3].text == "SENT"
    assert row.cells[-1].text == "x"


@pytest.mark.parametrize(
    ("changes", "shown", "flags"),
    [
        ({"type": "STOP", "side": "SELL", "role": "stop_loss"}, "58,000.0", "SL RO"),
        ({"type": "TAKE_PROFIT", "side": "SELL", "role": "take_profit"}, "58,000.0", "TP RO"),
        ({"type": "STOP", "side": "BUY"}, "58,000.0", "STP RO"),
        ({"type": "STOP_LIMIT", "side": "SELL", "price": D(57900)}, "58,000.0", "STL RO"),
    ],
)
def test_an_order_that_waits_shows_the_mark_it_waits_for(changes, shown, flags):
    waiting = {"price": None, "trigger": D(58000), "status": "WAITING", "waiting": True,
               "post_only": False, "reduce_only": True}  # fmt: skip
    (row,) = order_rows(frame(orders=[order(**waiting | changes)]))
    assert [row.cells[2].text, row.cells[3].text, row.cells[-1].text] == [shown, flags, "x"]
    assert row.cells[2].tone is Tone.MUTED  # it is in no book


def test_a_triggered_stop_limit_shows_its_limit():
    triggered = {"type": "STOP_LIMIT", "price": D(57900), "trigger": D(58000), "post_only": False}
    (row,) = order_rows(frame(orders=[order(**triggered)]))
    assert [row.cells[2].text, row.cells[3].text] == ["57,900.0", "STL"]
    assert row.cells[2].tone is Tone.TEXT


def test_status_nobody_has_heard_of_is_shown_and_not_offered_for_cancel():
    rows = order_rows(frame(orders=[order(status="LOST")]))
    assert rows[-1].cells[3].text == "LOST"
    assert rows[-1].cells[-1].text == ""


def test_fills_show_time_price_and_fee():
    (row,) = fill_rows(frame(fills=[fill()]))
    assert [cell.text for cell in row.cells] == ["10:22:08", "BTCUSDT", "▲ 6.000", "60,884.1",
                                                 "73.06"]  # fmt: skip


TERMS = OrderTerms(id="t", account="perp-1", instrument=BTC, side=Side.BUY, quantity=D("4.000"),
                   type=OrderType.LIMIT, price=D("60900.0"))  # fmt: skip
FILL = Fill(id="f", order_id="t", account="perp-1", instrument=BTC, side=Side.BUY,
            quantity=D("6.000"), price=D("60884.1"), fee=D(1), fee_asset="USDT",
            liquidity=Liquidity.MAKER, time_ms=WALL_MS)  # fmt: skip


@pytest.mark.parametrize(
    ("event", "text", "tone"),
    [
        (Filled(fill=FILL), "Filled BUY 6 BTCUSDT-PERP @ 60,884.1", Tone.TEXT),
        (
            OrderChanged(order=TERMS, status=OrderStatus.REJECTED, filled=D(0), reason="no book"),
            "BUY 4 BTCUSDT-PERP rejected by the venue: no book",
            Tone.WARNING,
        ),
        (
            OrderChanged(order=TERMS, status=OrderStatus.WAITING, filled=D(0)),
            "BUY 4 BTCUSDT-PERP waits for its trigger",
            Tone.TEXT2,
        ),
        (
            Denied(about="order", id="t", denials=DENIALS),
            "Order denied: MARGIN_CALL, MARGIN_AFTER_FILL, LEVERAGE_OVER_CAP",
            Tone.WARNING,
        ),
        (
            LevelChanged(account="perp-1", before="WARNING", after="MARGIN_CALL",
                         marks={BTC: "58412"}),
            "perp-1 WARNING → MARGIN CALL at BTCUSDT-PERP 58412",
            Tone.DANGER,
        ),
        (StateChanged(before="ACTIVE", after="HALTED", reason="kill"),
         "Desk ACTIVE → HALTED: kill", Tone.DANGER),
        (Alerted(severity="warning", message="book lost"), "book lost", Tone.WARNING),
        (Acknowledged(about="cancel_all", id="c", durable=False),
         "Cancel all c carried out but NOT durable", Tone.DANGER),
    ],
)  # fmt: skip
def test_events_are_sentences(event, text, tone):
    assert sentence(event)[:2] == (text, tone)


def test_previews_and_what_fills_say_are_not_logged():
    log = EventLog()
    preview = Previewed(id="t", accepted=True, denials=[], before=None, after=None, cost={})
    filled = OrderChanged(order=TERMS, status=OrderStatus.FILLED, filled=D(4))
    assert log.add(1, WALL_MS, preview) is None
    assert log.add(2, WALL_MS, filled) is None
    assert log.rows() == ()


def test_log_keeps_the_newest_lines_only():
    log = EventLog()
    for number in range(LOG_LIMIT + 10):
        log.add(number, WALL_MS, Alerted(severity="info", message=f"{number}"))
    assert len(log.rows()) == LOG_LIMIT
    assert log.rows()[0].cells[1].text == str(LOG_LIMIT + 9)


def test_denial_ends_in_one_full_stop():
    assert denial_sentence(DENIALS[0]).endswith("pass.")
    assert denial_sentence(DENIALS[2]).endswith("5.00×.")


def test_lines_of_the_normal_desk():
    lines = {line.key: line for line in price_lines(normal_desk(), BTC)}
    assert lines["entry perp-1"].text == "ENTRY ▲ 50"
    assert lines["liquidation perp-1 0"].shown == "30,859.4"
    assert lines["liquidation perp-1 0"].token == "danger"
    assert lines["close-out perp-1"].shown == "42,461.3"
    assert lines["close-out perp-1"].note == "−30.4%"
    assert lines["order t-118"].text == "▲ BUY 4 LMT"
    assert "order t-101" not in lines
    assert price_lines(normal_desk(), None) == ()


def test_unknown_liquidation_draws_no_line():
    held = position(liquidation_price=None, liquidation_known=False)
    lines = price_lines(frame(positions=[held], accounts=[]), BTC)
    assert [line.key for line in lines] == ["entry perp-1"]


def test_break_even_triggers_and_what_is_not_known_to_work_have_lines_of_their_own():
    held = position(break_even_price=D("60437.1"))
    stop = order("s", side="SELL", type="STOP", price=None, trigger=D(60_000), waiting=True,
                 status="WAITING", role="stop_loss", filled=D(1))  # fmt: skip
    lost = order("u", status="UNKNOWN")
    shown = price_lines(frame(positions=[held], orders=[stop, lost]), BTC)
    lines = {line.key: line for line in shown}
    assert (lines["break-even perp-1"].text, lines["break-even perp-1"].shown) == (
        "B/E", "60,437.1")  # fmt: skip
    assert (lines["order s"].text, lines["order s"].price) == ("▼ SELL 3 SL", 60_000.0)
    assert (lines["order s"].style, lines["order s"].order) == ("dot", "s")
    assert (lines["order u"].token, lines["order u"].text[-7:]) == ("warning", "unknown")
    assert lines["liquidation perp-1 0"].band == (30_821.0, 30_897.8)
    assert not lines["liquidation perp-1 0"].order


@pytest.mark.parametrize(
    ("changes", "state", "more", "cross"),
    [
        ({"status": "UNKNOWN", "unanswered_since_ms": WALL_MS}, "UNKNOWN", "no answer since", "x"),
        ({"cancelling": True}, "CXL …", "", ""),
        ({"amending": True}, "AMD …", "", "x"),
        ({"tif": "GTD", "expires_ms": WALL_MS}, "LMT PO GTD", "until", "x"),
        ({"oco": "o-1"}, "LMT PO OCO", "OCO o-1", "x"),
        ({"program": "t-1", "queue_ahead": D("1.5")}, "LMT PO", "≈ 1.500 ahead · of t-1", "x"),
        ({"type": "TRAILING_STOP", "trail_rate": D("0.005"), "price": None, "post_only": False,
          "trigger": D(60000), "status": "WAITING", "waiting": True}, "TRL", "trails 0.5%", "x"),
    ],
)  # fmt: skip
def test_an_order_says_what_became_of_it_and_how_it_lives(changes, state, more, cross):
    (row,) = order_rows(frame(orders=[order(**changes)]))
    assert (row.cells[3].text, row.cells[-1].text) == (state, cross)
    assert row.cells[4].text.startswith(more)


def test_programs_stand_behind_the_working_orders_with_what_they_have_done():
    fields = {"kind": "twap", "account": "perp-1", "instrument": "BTCUSDT-PERP.BINANCE",
              "side": "BUY", "quantity": D(3), "sent": D(2), "filled": D("1.5"),
              "average_price": D("60000.123"), "orders": [], "note": "",
              "started_ms": 0}  # fmt: skip
    runs = ProgramView(id="t-1", state="RUNNING", **fields)
    over = ProgramView(id="t-2", state="ENDED", **{**fields, "note": "denied"})
    rows = order_rows(frame(orders=[order()], programs=[runs, over]))
    assert [row.heading or row.key for row in rows] == ["t-118", "Programs", "t-1", "t-2"]
    assert [cell.text for cell in rows[2].cells] == ["BTCUSDT", "▲ 1.5/3", "60,000.12", "TWAP", "",
                                                     "x"]  # fmt: skip
    assert [cell.text for cell in rows[3].cells[3:]] == ["TWAP ENDED", "denied", ""]


def test_only_what_was_changed_is_amended():
    form = amend_form(order())
    assert read_form(form, {"price": "60900", "quantity": "4"}, "a")[1].field == "price"
    command, _ = read_form(form, {"price": "60800", "quantity": "4.000"}, "a")
    assert (command.price, command.quantity, command.trigger) == (D(60800), None, None)
    assert read_form(form, {"price": "-1", "quantity": "4"}, "a")[1].field == "price"


@pytest.mark.parametrize(
    ("heights", "stand"),
    [
        ((100.0, 200.0), (100.0, 200.0)),
        ((100.0, 104.0), (100.0, 119.0)),
        ((100.0, 96.0), (100.0, 81.0)),
        ((100.0, 120.0, 104.0), (100.0, 138.0, 119.0)),
        ((100.0, 100.0, 100.0), (100.0, 119.0, 138.0)),
        ((), ()),
    ],
)
def test_no_price_at_the_axis_covers_another_and_the_mark_stays_in_its_place(heights, stand):
    assert tag_heights(heights) == list(stand)


def test_prices_at_the_axis_keep_their_order_and_inside_the_edges():
    assert tag_heights((60.0, 20.0, 4.0), 0.0, 400.0) == [60.0, 28.5, 9.5]
    assert tag_heights((300.0, 399.0, 385.0), 0.0, 400.0) == [300.0, 390.5, 371.5]
    # No room between the mark and the edge: the order holds, the mark stays.
    assert tag_heights((30.0, 20.0, 4.0), 0.0, 400.0) == [30.0, 11.0, -8.0]


@pytest.mark.parametrize(
    ("heights", "shown"),
    [
        # All fit, the one at the edge inside it.
        ({"": 100, "entry": 110, "b/e": 300, "stop": 3},
         {"": 100, "entry": 119, "b/e": 300, "stop": 9.5}),
        # The break-even price would push the stop's a row away, the entry is far off.
        ({"": 100, "entry": 200, "b/e": 101, "stop": 104}, {"": 100, "entry": 200, "stop": 119}),
        ({"": 100, "entry": 102, "b/e": 101, "stop": 104}, {"": 100, "stop": 119}),
        # Orders stand by their lines as well as they can, and none is cut.
        ({"": 30, "stop": 4, "order": 20}, {"": 30, "order": 11}),
        ({"": 398, "stop": 399}, {"": 390.5}),
        ({"": 100, "stop": 104, "order": 105}, {"": 100, "stop": 119, "order": 138}),
    ],
)  # fmt: skip
def test_entry_and_break_even_give_way_at_the_axis_and_no_price_is_cut(heights, shown):
    assert tags_that_fit(heights, ["entry", "b/e"], 0.0, 400.0) == shown
