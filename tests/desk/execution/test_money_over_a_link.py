"""No money leaves, and no margin is set free, while nobody knows what the venue has filled."""

from decimal import Decimal as D

from helpers.engines import BTC, SPOT
from helpers.linked import Practice, live

from desk.model.commands import SetLeverage, Transfer, Withdraw
from desk.model.events import Denied
from desk.model.orders import OrderStatus


def said(events):
    return [(d.code, d.message) for e in events if isinstance(e, Denied) for d in e.denials]


def codes(events):
    return [code for code, _ in said(events)]


def withdraw(number, account="perp-1", asset="USDT", quantity="5000"):
    return Withdraw(id=f"w-{number}", account=account, asset=asset, quantity=D(quantity))


def away(trader, practice):
    practice.fault("down:at=0s:for=60s")
    live(trader, 4_000)
    assert not trader.desk.venue.link.up


def test_no_money_leaves_an_account_whose_venue_cannot_be_reached():
    practice = Practice()
    trader = practice.ready()
    trader.buy("1", "60000", id="e")
    trader.run(500)
    assert codes(trader.give(withdraw(0))) == []
    away(trader, practice)
    message = (
        "The venue cannot be reached: the connection broke: no money leaves and no margin is set "
        "free until it is reconciled."
    )
    assert said(trader.give(withdraw(1))) == [("VENUE_DOWN", message)]
    higher = SetLeverage(id="lev", instrument=BTC, leverage=D(3))
    assert codes(trader.give(higher)) == []
    given = trader.give(SetLeverage(id="lev-2", instrument=BTC, leverage=D(4)))
    assert codes(given) == ["VENUE_DOWN"]
    practice.fault("")
    live(trader, 6_000)
    assert codes(trader.give(withdraw(2))) == []


def test_money_that_no_order_and_no_position_stands_on_leaves_although_the_venue_is_away():
    practice = Practice()
    trader = practice.ready()
    trader.deposit("1000", "USDT", "spot-1", "spot")
    away(trader, practice)
    assert codes(trader.give(withdraw(1))) == []
    assert codes(trader.give(withdraw(2, "spot-1", quantity="1000"))) == []


def test_no_money_leaves_beside_an_order_that_nobody_has_answered():
    practice = Practice()
    trader = practice.ready()
    practice.fault("lose:p=1")
    trader.buy("1", "60000", id="o")
    live(trader, 4_000)
    assert trader.state.orders["o"].status is OrderStatus.UNKNOWN
    back = Transfer(id="t", source="perp-1", target="spot-1", asset="USDT", quantity=D(10))
    message = (
        "The venue has not answered o: no money leaves perp-1 and no margin is set free until it "
        "is known what became of it."
    )
    assert said(trader.give(back)) == [("ORDER_UNKNOWN", message)]


def test_coins_that_may_have_been_sold_by_now_do_not_leave():
    """A reduce-only sale speaks for nothing, and fills while nobody hears of it."""
    practice = Practice()
    trader = practice.ready()
    trader.deposit("1", "BTC", "spot-1", "coin")
    for _ in range(2):
        trader.book(SPOT, bids=(("59999.99", "10"),), asks=(("60000.01", "10"),))
        trader.tick(100)
    trader.sell("1", "61000", id="tp", instrument=SPOT, reduce_only=True)
    trader.run(500)
    practice.fault("down:at=0s:for=60s")
    trader.run(200)
    trader.book(SPOT, bids=(("61000.5", "10"),), asks=(("61000.6", "10"),))
    trader.run(200)
    assert practice.exchange.orders["tp"].filled == 1
    given = trader.give(withdraw(1, "spot-1", "BTC", "1"))
    assert codes(given) == ["VENUE_DOWN"]
