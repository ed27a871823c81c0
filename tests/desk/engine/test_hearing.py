"""What a venue says twice is journaled once; what cannot be true latches the desk."""

from decimal import Decimal as D

import pytest
from helpers.engines import BTC, Trader

from desk.execution.outcome import Accepted, Cancelled, Filled, Rejected, Unanswered
from desk.execution.port import Decision
from desk.model.events import Acknowledged
from desk.model.orders import Fill, Liquidity, OrderStatus, Side


@pytest.fixture
def trader():
    desk = Trader()
    desk.market()
    desk.deposit()
    return desk


def fill(number=1, quantity="0.4", order_id="o"):
    return Filled(
        fill=Fill(
            id=f"{order_id}-{number}",
            order_id=order_id,
            account="perp-1",
            instrument=BTC,
            side=Side.BUY,
            quantity=D(quantity),
            price=D(59000),
            fee=D(1),
            fee_asset="USDT",
            liquidity=Liquidity.MAKER,
            time_ms=1_795_000_001_000,
        )
    )


def say(trader, monkeypatch, *outcomes):
    """Let the venue say something at the next tick, whatever it would have said."""
    said = [Decision(outcomes)]
    with monkeypatch.context() as patched:
        patched.setattr(trader.desk.venue, "on_time", lambda *_: said.pop() if said else Decision())
        patched.setattr(trader.desk.venue, "commit", lambda _: None)
        before = len(trader.events)
        trader.tick()
        return trader.events[before:]


def test_a_word_said_twice_in_one_breath_and_once_more_is_one_row_and_one_posting(
    trader, monkeypatch
):
    trader.buy("1", "59000", id="o")
    trader.run(100)
    rows, paid = len(trader.rows), trader.state.ledger.balance("perp-1", "USDT")
    say(trader, monkeypatch, fill(), fill(), Accepted(order_id="o", time_ms=1_795_000_009_000))
    assert len(trader.rows) == rows + 1
    assert say(trader, monkeypatch, fill()) == []
    assert len(trader.rows) == rows + 1
    assert trader.state.position("perp-1", BTC).quantity == D("0.4")
    assert trader.state.ledger.balance("perp-1", "USDT") == paid - 1
    assert trader.restarted().state.hash() == trader.state.hash()


@pytest.mark.parametrize(
    ("outcomes", "said"),
    [
        ([fill(1, "1.4")], "order o: filled 1.4 of 1"),
        ([fill(1), fill(1, "0.5")], "order o: first"),
        ([fill(1), Rejected(order_id="o", reason="no", time_ms=1)], "rejected, yet filled"),
        ([Cancelled(order_id="o", filled=D(3), reason="?", time_ms=1)], "cancelled with 3 filled"),
        ([fill(1, order_id="strange")], "order strange, never sent from here"),
    ],
    ids=["overfilled", "two-contents", "rejected-and-filled", "cancelled-too-much", "stranger"],
)
def test_a_contradiction_latches_the_desk_with_the_figures_and_is_said_once(
    trader, monkeypatch, outcomes, said
):
    trader.buy("1", "59000", id="o")
    trader.run(100)
    events = say(trader, monkeypatch, *outcomes)
    latch = trader.state.latches["reconciliation"]
    assert (latch.state, trader.state.state) == ("REDUCING", "REDUCING")
    assert said in latch.reason
    assert [e.code for e in events if hasattr(e, "code")] == ["RECONCILIATION"]
    rows = len(trader.rows)
    say(trader, monkeypatch, *outcomes)
    assert len(trader.rows) == rows
    back = trader.restarted()
    assert (back.state.hash(), back.state.state) == (trader.state.hash(), "REDUCING")


def test_no_answer_is_said_in_words_shown_and_denies_new_risk_in_its_account_alone(
    trader, monkeypatch
):
    trader.buy("1", "60000", id="in")
    trader.run(100)
    trader.buy("0.5", "59000", id="o")
    since = trader.wall_ms
    said = say(trader, monkeypatch, Unanswered(order_id="o", since_ms=since, time_ms=since + 2000))
    assert trader.state.orders["o"].status is OrderStatus.UNKNOWN
    alert = next(event for event in said if getattr(event, "code", "") == "ORDER_UNKNOWN")
    assert alert.message == (
        "o (BUY 0.5 BTCUSDT-PERP.BINANCE) is UNKNOWN: no answer for 2.0 s. The venue is being "
        "asked; until it says, the order counts in full and perp-1 takes no new risk."
    )
    denied = trader.buy("0.1", "59000", id="more")[-1]
    assert [(d.code, d.message) for d in denied.denials] == [
        (
            "ORDER_UNKNOWN",
            (
                "The venue has not answered o: no new risk in perp-1 until it is known what "
                "became of it."
            ),
        )
    ]
    denied = trader.sell("2", "60000", id="flip")[-1]
    assert "Up to 1 reduces the position and would pass." in denied.denials[0].message
    assert isinstance(trader.sell("0.2", "60010", id="out", reduce_only=True)[-1], Acknowledged)
    with_it = trader.desk.figures("perp-1").available_margin
    say(trader, monkeypatch, Rejected(order_id="o", reason="never had", time_ms=since + 3000))
    assert with_it < trader.desk.figures("perp-1").available_margin
    assert isinstance(trader.buy("0.1", "59000", id="more-2")[-1], Acknowledged)
