"""`desk order` that is told to stop before the venue has answered is no success, and says so."""

import asyncio
from contextlib import asynccontextmanager

import pytest

from desk.app import consoles
from desk.app.options import Options
from desk.model.errors import DeskError


class Waiting:
    """A desk whose market is not there yet."""

    seq = 0

    def __init__(self, given):
        self.given = given

    def listen(self, listener):
        """Nothing is ever said."""

    def missing(self, instruments):
        return [*instruments]

    def give(self, command, number):
        self.given.append(command)


def test_an_order_that_was_stopped_before_it_was_given_is_not_done(monkeypatch):
    given = []

    @asynccontextmanager
    async def opened(*_, **__):
        yield Waiting(given)

    def told():
        stop = asyncio.Event()
        stop.set()
        return stop

    monkeypatch.setattr(consoles, "open_session", opened)
    monkeypatch.setattr(consoles, "stop_signal", told)
    chosen = Options(one="buy 0.5btc BTCUSDT-PERP.BINANCE market")
    with pytest.raises(DeskError, match="stopped before its end"):
        asyncio.run(consoles.order(chosen, None, None))
    assert given == []
