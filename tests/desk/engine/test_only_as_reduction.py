"""What passes only because it reduces never opens anything, whatever closes the position first."""

from decimal import Decimal as D

import pytest
from helpers.engines import BTC, SPOT, Trader, order
from helpers.programs import ladder, twap

from desk.model.commands import ClosePosition, PreviewOrder, SetMarginMode, WindowFailed
from desk.model.events import Alerted, Denied, Previewed
from desk.model.order_commands import SubmitOco
from desk.model.orders import MarginMode, OrderType, Side


@pytest.fixture
def trader():
    """One BTC is held."""
    trader = Trader()
    trader.deposit()
    trader.market()
    trader.buy("1", "60000", id="e")
    trader.run(100)
    trader.market()
    return trader


def held(trader):
    return trader.state.position("perp-1", BTC).quantity


def denied(events):
    return [d.code for e in events if isinstance(e, Denied) for d in e.denials]


def told(trader):
    return [e.message for e in trader.events if isinstance(e, Alerted) and e.code == "REDUCE_ONLY"]


def only_reduces(trader):
    trader.give(WindowFailed(id="failed", what="a fault"))
    assert trader.state.state == "REDUCING"


def old_mark(trader):
    trader.tick(2001)


def close_then_rise(trader):
    """Close the position otherwise, and let the market come to what still works."""
    trader.give(ClosePosition(id="out", instrument=BTC, fraction=D(1)))
    trader.run(1000)
    trader.market()
    trader.trade("60200", "5", Side.BUY)
    trader.run(100)


@pytest.mark.parametrize("doubt", [only_reduces, old_mark])
def test_what_passed_as_a_reduction_alone_opens_nothing(trader, doubt):
    doubt(trader)
    assert denied(trader.sell("1", "60100", id="s")) == []
    trader.run(100)
    assert trader.state.orders["s"].terms.reduce_only
    assert told(trader) == ["s passes only because it reduces: it works as reduce-only."]
    close_then_rise(trader)
    assert held(trader) == 0


def previewed(trader, command):
    (found,) = [e for e in trader.give(PreviewOrder(order=command)) if isinstance(e, Previewed)]
    return found.accepted, found.cost["leaves_reduce_only"]


@pytest.mark.parametrize("doubt", [only_reduces, old_mark])
def test_its_preview_says_so_before_it_is_sent(trader, doubt):
    one = order(Side.SELL, "1", "60100", id="s")
    assert previewed(trader, one) == (True, False)
    doubt(trader)
    assert previewed(trader, one) == (True, True)
    assert previewed(trader, order(Side.SELL, "1", "60100", id="s", reduce_only=True)) == (
        True, False)  # fmt: skip
    parts = ladder("0.5", side=Side.SELL, first=D(60500), last=D(60900))
    assert previewed(trader, parts) == (True, True)
    accepted, leaves = previewed(trader, order(Side.SELL, "1.5", "60100", id="s"))
    assert (accepted, leaves) == (False, False)


def test_of_a_twap_no_preview_says_so_for_each_part_is_judged_when_it_is_due(trader):
    assert previewed(trader, twap("1", side=Side.SELL)) == (True, None)


def test_an_order_that_would_pass_without_it_stays_as_it_was_written(trader):
    trader.sell("1", "60100", id="s")
    trader.run(100)
    assert not trader.state.orders["s"].terms.reduce_only
    assert told(trader) == []
    close_then_rise(trader)
    assert held(trader) == -1


def test_what_works_already_as_it_was_written_stays_so(trader):
    trader.sell("0.4", "60100", id="s")
    only_reduces(trader)
    assert denied(trader.sell("0.7", "60150", id="more")) == ["STATE_REDUCING"]
    assert denied(trader.sell("0.6", "60150", id="rest")) == []
    kinds = {name: trader.state.orders[name].terms.reduce_only for name in ("s", "rest")}
    assert kinds == {"s": False, "rest": True}


def test_each_order_of_a_pair_and_of_a_ladder_is_held_so(trader):
    old_mark(trader)
    first = order(Side.SELL, "0.5", "60100", id="")
    second = order(Side.SELL, "0.5", None, id="", type=OrderType.STOP, trigger=D(59000))
    assert denied(trader.give(SubmitOco(id="x", first=first, second=second))) == []
    given = trader.give(ladder("0.5", side=Side.SELL, first=D(60500), last=D(60900)))
    assert denied(given) == []
    sent = [one.terms for one in trader.state.orders.values() if one.id != "e"]
    assert len(sent) == 7
    assert all(terms.reduce_only for terms in sent)


def test_a_part_of_a_twap_is_judged_when_it_is_due(trader):
    trader.give(twap("1", side=Side.SELL))
    assert not trader.state.orders["T-1"].terms.reduce_only
    trader.run(12_000, step=500)  # the mark is old by now
    assert trader.state.orders["T-2"].terms.reduce_only


def test_coins_are_sold_as_it_was_written(trader):
    """They are spoken for, so that no second order sells them too."""
    trader.deposit("1", "BTC", "spot-1", "coin")
    only_reduces(trader)
    assert denied(trader.sell("1", "60100", id="s", instrument=SPOT)) == []
    assert not trader.state.orders["s"].terms.reduce_only
    assert denied(trader.sell("1", "60200", id="again", instrument=SPOT)) != []


def test_the_margin_of_an_isolated_position_is_not_put_up_for_the_other_side():
    trader = Trader()
    trader.deposit()
    trader.market()
    trader.give(SetMarginMode(id="mode", instrument=BTC, mode=MarginMode.ISOLATED))
    trader.buy("1", "60000", id="e")
    trader.run(100)
    trader.market()
    only_reduces(trader)
    trader.sell("1", "60100", id="s")
    close_then_rise(trader)
    assert held(trader) == 0
    assert trader.state.ledger.balance(f"perp-1/{BTC}", "USDT") == 0


def test_a_restart_knows_it_as_it_was_sent(trader):
    only_reduces(trader)
    trader.sell("1", "60100", id="s")
    trader.run(100)
    again = trader.restarted()
    assert again.state.orders["s"].terms.reduce_only
    assert again.state.hash() == trader.state.hash()
