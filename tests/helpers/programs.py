"""Ladders and TWAPs to give a desk."""

from decimal import Decimal as D

from helpers.engines import BTC

from desk.model.command import Quantity
from desk.model.events import Acknowledged, Alerted, Denied
from desk.model.order_commands import SubmitLadder, SubmitTwap
from desk.model.orders import Side


def ladder(quantity="1", first="59900", last="59500", count=5, **fields):
    given = {
        "id": "L",
        "account": None,
        "instrument": BTC,
        "side": Side.BUY,
        "quantity": Quantity(D(quantity)),
        "first_price": D(first),
        "last_price": D(last),
        "count": count,
    }
    return SubmitLadder(**{**given, **fields})


def twap(quantity="1", over_s=40, every_s=10, **fields):
    given = {
        "id": "T",
        "account": None,
        "instrument": BTC,
        "side": Side.BUY,
        "quantity": Quantity(D(quantity)),
        "over_s": over_s,
        "every_s": every_s,
    }
    return SubmitTwap(**{**given, **fields})


def codes(events):
    """The codes of a denial, in the order in which they are said."""
    return [one.code for e in events if isinstance(e, Denied) for one in e.denials]


def accepted(events):
    return any(isinstance(event, Acknowledged) for event in events)


def alerts(events, code):
    return [e.message for e in events if isinstance(e, Alerted) and e.code == code]


def live_ids(trader):
    return [order.id for order in trader.state.live_orders()]
