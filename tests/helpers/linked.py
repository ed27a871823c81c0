"""A desk whose venue is at the end of a link, and the exchange that outlives it."""

from helpers.engines import BTC, ETH, START_MS, START_NS, Trader

from desk.execution.exchange import Exchange
from desk.execution.link_faults import parse_link_faults
from desk.execution.linked import LinkedVenue
from desk.execution.wire import Wire

CANCEL_AFTER_S = 5


class Practice:
    """The exchange and the wire to it: what a desk has that goes down and comes back."""

    def __init__(self, spec="", seed=1):
        self.facts = []
        self.exchange = Exchange(self.facts.append, CANCEL_AFTER_S)
        self.wire = Wire((), seed, latency_ms=25)
        self.fault(spec)

    def fault(self, spec):
        """Let this go wrong from now on, and nothing else."""
        self.wire.heal()
        if spec:
            self.wire.suffer(parse_link_faults(spec))

    def trader(self, rows=(), *, like=None, **fields):
        """A desk on these rows; `like` another one: at the same time."""
        now_ns, wall_ms = (START_NS, START_MS) if like is None else (like.now_ns, like.wall_ms)
        venue = LinkedVenue(self.exchange, self.wire)
        return Trader(rows, venue=venue, now_ns=now_ns, wall_ms=wall_ms, **fields)

    def ready(self, **fields):
        """A desk that is reconciled, with a market and money."""
        trader = self.trader(**fields)
        trader.market()
        trader.deposit()
        trader.run(500)
        return trader


def live(trader, ms):
    """Let time pass in a quiet market whose marks stay fresh."""
    for _ in range(0, ms, 500):
        trader.mark(BTC, "60000")
        trader.mark(ETH, "2500")
        trader.run(min(500, ms))


def agree(practice, trader):
    """The desk's position and fills are the exchange's, each once."""
    ids = [fill.id for fill in trader.state.fills]
    assert sorted(ids) == sorted({*ids})
    assert {*ids} == {fill.id for fill in practice.exchange.fills}
    for account, instrument in {*trader.state.positions, *practice.exchange.positions()}:
        there = practice.exchange.held(account, instrument)
        assert trader.state.position(account, instrument).quantity == there
