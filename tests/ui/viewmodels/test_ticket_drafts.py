from decimal import Decimal as D

import pytest
from helpers.fake_desk import DENIALS
from helpers.frames import BTC, ETH, eth_market, market
from hypothesis import given
from hypothesis import strategies as st

from desk.model.command import Quantity, QuantityUnit
from desk.model.events import Acknowledged, Denial, Denied, Previewed
from desk.model.orders import OrderType, Side, TimeInForce
from ui.viewmodels.draft import Draft, Form
from ui.viewmodels.drafting import order_of
from ui.viewmodels.ticket import Staleness, add_to_quantity, needs, presets, preview_view
from ui.viewmodels.ticket_state import TicketState
from ui.viewmodels.tone import Tone
from ui.viewmodels.written import read_number, read_quantity


def draft(**changes):
    fields = {"id": "t-1", "instrument": BTC, "quantity": "2", "price": "60980"}
    return Draft(**fields | changes)


@pytest.fixture
def state():
    numbers = iter(range(1, 1_000))
    made = TicketState(lambda: f"t-{next(numbers)}")
    made.see_market(market())
    made.edit(quantity="2", price="60980")
    return made


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("0.5", Quantity(D("0.5"), QuantityUnit.BARE)),
        ("0.5btc", Quantity(D("0.5"), QuantityUnit.BASE)),
        (" 0.5 BTC ", Quantity(D("0.5"), QuantityUnit.BASE)),
        ("5,000usd", Quantity(D(5000), QuantityUnit.NOTIONAL)),
        ("12ct", Quantity(D(12), QuantityUnit.CONTRACTS)),
        ("25%", Quantity(D(25), QuantityUnit.PERCENT)),
        ("", None),
        ("0", None),
        ("-1", None),
        ("1e3", None),
        ("nan", None),
        ("0.5eth", None),
        ("1,00", None),
        ("1 2", None),
    ],
)
def test_quantity_is_read_with_its_unit_or_not_at_all(written, read):
    assert read_quantity(written, "BTC") == read


@given(st.text(max_size=12))
def test_no_text_is_too_odd_to_be_refused(written):
    for read in (read_number(written), read_quantity(written, "BTC")):
        assert read is None or read.__class__ in (D, Quantity)


def test_draft_becomes_exactly_the_order_it_says():
    order, problems = order_of(draft(side=Side.SELL, post_only=True, reduce_only=True), market())
    assert problems == []
    assert (order.id, order.instrument, order.side) == ("t-1", BTC, Side.SELL)
    assert order.quantity == Quantity(D(2))
    assert (order.type, order.price, order.tif) == (OrderType.LIMIT, D(60980), TimeInForce.GTC)
    assert order.post_only
    assert order.reduce_only


def test_market_order_carries_no_price_and_no_limit_flags():
    order, _ = order_of(draft(form=Form.MARKET, post_only=True), market())
    assert (order.price, order.tif, order.post_only) == (None, None, False)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"quantity": ""}, "quantity"),
        ({"quantity": "abc"}, "quantity"),
        ({"price": ""}, "price"),
        ({"price": "0"}, "price"),
        ({"price": "1e5"}, "price"),
    ],
)
def test_unreadable_draft_is_no_order_and_says_which_field(changes, field):
    order, problems = order_of(draft(**changes), market())
    assert order is None
    assert [problem.field for problem in problems] == [field]
    assert problems[0].text.endswith(".")


def test_without_an_instrument_there_is_no_order():
    assert order_of(draft(), None)[0] is None


def test_double_submit_is_the_same_order(state):
    first = state.submission()
    state.sent(7)
    assert not state.submit_state(armed=True, connected=True).enabled
    assert state.submission() == first
    assert state.submission().id == first.id


def test_acknowledged_order_leaves_an_empty_draft_under_a_new_id(state):
    before = state.draft.id
    state.sent(7)
    assert state.take_event(Acknowledged(command=7, about="order", id=before))
    assert (state.draft.quantity, state.draft.price) == ("", "60980")
    assert state.draft.id != before
    assert not state.submit_state(armed=True, connected=True).enabled


def test_denied_order_keeps_its_words_under_a_new_id(state):
    before = state.draft.id
    state.sent(7)
    state.take_event(Denied(command=7, about="order", id=before, denials=DENIALS))
    assert state.draft.quantity == "2"
    assert state.draft.id != before
    assert state.denials() == tuple(DENIALS)
    state.edit(quantity="1")
    assert state.denials() == ()


def test_answers_to_others_are_not_ours(state):
    state.sent(7)
    assert not state.take_event(Acknowledged(command=8, about="order", id="x"))
    assert not state.take_event(Acknowledged(command=None, about="order", id="x"))
    assert state.sent_number == 7


def test_question_about_repetition_is_answered_with_confirmed(state):
    state.sent(7)
    again = Denial(code="REPEATED", rule="ord.repeat_throttle", message="Again?")
    state.take_event(Denied(command=7, about="order", id="t", denials=[again]))
    assert state.submit_state(armed=True, connected=True).enabled
    assert state.submission().confirmed
    assert not TicketState(lambda: "x").asks_to_confirm()


@pytest.mark.parametrize(
    ("armed", "connected", "text"),
    [
        (False, True, "Disarmed: preview only"),
        (True, False, "Cannot send: the desk does not answer"),
        (True, True, "BUY 2 BTCUSDT-PERP @ 60,980.0"),
    ],
)
def test_submit_button_names_the_first_obstacle(state, armed, connected, text):
    shown = state.submit_state(armed=armed, connected=connected)
    assert (shown.text, shown.enabled) == (text, armed and connected)


def test_denied_preview_disables_submit_and_counts_the_reasons(state):
    order = state.wants_preview()
    state.asked(3, order)
    assert state.wants_preview() is None
    state.take_event(
        Previewed(command=3, id=order.id, accepted=False, denials=DENIALS, before=None, after=None,
                  cost={})
    )  # fmt: skip
    shown = state.submit_state(armed=True, connected=True)
    assert (shown.text, shown.enabled) == ("Cannot send: 3 reasons above", False)


def passing(state, number):
    """The desk looks at the draft and says that it would pass."""
    order = state.wants_preview()
    state.asked(number, order)
    state.take_event(
        Previewed(
            command=number, id=order.id, accepted=True, denials=[], before={}, after={}, cost={}
        )
    )


def test_a_refusal_holds_until_the_same_draft_would_pass(state):
    """It held until a field was edited: a mark that was late once stopped the ticket for good."""
    passing(state, 3)
    state.sent(7)
    state.take_event(Denied(command=7, about="order", id="t", denials=DENIALS))
    assert state.denials() == tuple(DENIALS), "the preview was of before the refusal"
    assert not state.submit_state(armed=True, connected=True).enabled
    passing(state, 8)
    assert state.denials() == ()
    assert state.submit_state(armed=True, connected=True).enabled


def test_a_question_about_repetition_stands_beside_a_preview_that_passes_and_is_asked_once(state):
    again = Denial(code="REPEATED", rule="ord.repeat_throttle", message="Again?")
    state.keeps_quantity = True
    state.sent(7)
    state.take_event(Denied(command=7, about="order", id="t", denials=[again]))
    passing(state, 8)
    assert state.denials() == (again,)
    assert state.submission().confirmed
    state.sent(9)
    state.take_event(Acknowledged(command=9, about="order", id="t"))
    assert not state.submission().confirmed, "the next one is asked about again"


def test_preview_of_an_older_draft_is_not_current(state):
    order = state.wants_preview()
    state.asked(3, order)
    state.edit(quantity="3")
    state.take_event(
        Previewed(command=3, id=order.id, accepted=True, denials=[], before={}, after={}, cost={})
    )
    assert not state.is_preview_current
    assert state.wants_preview().quantity == Quantity(D(3))


def test_another_instrument_begins_with_an_empty_draft(state):
    before = state.draft.id
    state.see_market(eth_market())
    assert (state.draft.quantity, state.draft.price) == ("", "")
    assert state.draft.instrument == ETH
    assert state.draft.id != before


def test_what_was_written_before_any_instrument_was_known_stays():
    early = TicketState(lambda: "t-1")
    early.edit(quantity="1", price="60980")
    assert early.order is None
    early.see_market(market())
    assert (early.draft.quantity, early.draft.price) == ("1", "60980")
    assert early.order.instrument == BTC


def test_instrument_that_vanishes_for_a_frame_takes_no_words_along(state):
    state.see_market(None)
    assert state.order is None
    state.see_market(market())
    assert state.draft.quantity == "2"
    assert state.order is not None


def test_preview_rows_read_as_in_the_picture():
    row = {"margin_utilization": "0.63874", "margin_ratio": "0.01757", "leverage": "2.959",
           "available_margin": "613875.56", "common_move_to_close_out": "-0.30403",
           "maintenance_margin": "1", "positions": [
               {"instrument": BTC, "quantity": "50", "liquidation_price": "30859.40"}]}  # fmt: skip
    after = row | {"margin_utilization": "1.0831", "positions": [
        {"instrument": BTC, "quantity": "52", "liquidation_price": "31916.53"}]}  # fmt: skip
    cost = {"notional": "121960", "slippage_bps": None, "fee": "24.39"}
    previewed = Previewed(id="t", accepted=False, denials=DENIALS, before=row, after=after,
                          cost=cost)  # fmt: skip
    view = preview_view(previewed, market())
    assert [(r.label, r.before, r.after) for r in view.rows] == [
        ("Utilization", "63.9%", "108.3%"),
        ("Margin ratio", "1.76%", "1.76%"),
        ("Available", "613,876", "613,876"),
        ("Close-out common", "−30.4%", "−30.4%"),
        ("Liq. BTC alone", "30,859.4", "31,916.6"),
        ("Leverage", "2.96×", "2.96×"),
    ]
    assert view.rows[0].tone is Tone.DANGER
    assert view.rows[1].tone is Tone.TEXT
    assert view.costs == (("Cost", "121,960.00"), ("Slip", "—"), ("Fee", "24.39"))


@pytest.mark.parametrize("value", [None, "NaN", "Infinity", "abc", [], {}])
def test_figure_that_is_no_number_is_unknown(value):
    previewed = Previewed(id="t", accepted=True, denials=[], before={"margin_utilization": value},
                          after={"margin_utilization": value}, cost={"fee": value})  # fmt: skip
    view = preview_view(previewed, market())
    assert (view.rows[0].before, view.rows[0].after) == ("—", "—")
    assert view.costs[2] == ("Fee", "—")


def test_liquidation_that_does_not_exist_is_none_not_unknown():
    flat = {"maintenance_margin": "0", "positions": []}
    held = {"maintenance_margin": "9", "positions": [
        {"instrument": BTC, "quantity": "1", "liquidation_price": None}]}  # fmt: skip
    previewed = Previewed(id="t", accepted=True, denials=[], before=flat, after=held, cost={})
    row = preview_view(previewed, market()).rows[4]
    assert (row.before, row.after) == ("none", "none")


@pytest.mark.parametrize(
    ("down", "up", "shown"),
    [("-0.3", None, "−30.0%"), ("-0.3", "0.2", "+20.0%"), (None, None, "none")],
)
def test_nearer_common_move_is_shown_and_none_is_said(down, up, shown):
    row = {"maintenance_margin": "5", "common_move_to_close_out": down,
           "common_move_to_close_out_up": up}  # fmt: skip
    previewed = Previewed(id="t", accepted=True, denials=[], before=None, after=row, cost={})
    common = preview_view(previewed, market()).rows[3]
    assert (common.before, common.after) == ("—", shown)


def test_presets_add_to_what_is_written():
    assert add_to_quantity("2", D("0.1")) == "2.1"
    assert add_to_quantity("25%", D(1)) == "1"
    assert presets(market(quantity_unit="ct"))[0] == 1


def test_needs_say_what_is_missing():
    assert needs(market()) == (("mark", "38 ms", Tone.TEXT2), ("book", "41 ms", Tone.TEXT2))
    stale = needs(market(quality="STALE", mark_age_ms=6_400, book_state="UNSYNCED"))
    assert stale == (("mark", "6.4 s", Tone.DANGER), ("book", "UNSYNCED", Tone.WARNING))


@pytest.mark.parametrize(("age_ms", "stale"), [(5_000, False), (5_001, True)])
def test_surface_is_stale_after_five_seconds(age_ms, stale):
    assert Staleness().is_stale(market(mark_age_ms=age_ms), 0) is stale


@pytest.mark.parametrize("unknown", [None, market(mark_age_ms=None)], ids=["no market", "no mark"])
def test_unknown_mark_is_stale_five_seconds_after_it_was_first_seen_so(unknown):
    seen = Staleness()
    assert not seen.is_stale(unknown, 1_000)
    assert not seen.is_stale(unknown, 6_000)
    assert seen.is_stale(unknown, 6_001)
    assert not seen.is_stale(market(), 6_002)
    assert not seen.is_stale(unknown, 6_003)
    assert seen.is_stale(unknown, 11_004)
    seen.forget()
    assert not seen.is_stale(unknown, 11_005)
