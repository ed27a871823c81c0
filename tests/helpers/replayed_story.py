"""A small recording with orders in it, run to its journal: the same in every process.

`python -m helpers.replayed_story` prints a digest of the rows, run through and with restarts.
"""

import hashlib
import random
import sys

import msgspec
from helpers.engines import BTC, ETH, Trader

from desk.model.commands import AmendOrder, CancelOrder, ClosePosition
from desk.model.orders import OrderType, Side, TimeInForce

STEPS = 300
RESTARTS = (65, 155, 235)
"""Steps at which the desk starts anew: orders rest, wait and are on their way."""


def recording(seed=7):
    """Market moves as (what, arguments): books, prints, marks of a market that falls at the end."""
    chance = random.Random(seed)
    mid = 600_000
    moves = []
    for step in range(STEPS):
        mid += chance.choice((-30, -10, -1, 0, 1, 10, 30)) - (400 if step > 260 else 0)
        price = chance.randint(mid - 40, mid + 40)
        sizes = [f"{chance.randint(1, 900) / 100}" for _ in range(8)]
        bids = [(f"{(mid - 5 * n) / 10:.1f}", sizes[n - 1]) for n in range(1, 5)]
        asks = [(f"{(mid + 5 * n) / 10:.1f}", sizes[n + 3]) for n in range(1, 5)]
        moves.append(("book", (BTC, bids, asks)))
        moves.append(("mark", (BTC, f"{mid / 10:.1f}")))
        side = chance.choice((Side.BUY, Side.SELL))
        moves.append(("trade", (f"{price / 10:.1f}", sizes[0], side)))
        if step % 3 == 0:
            moves.append(("mark", (ETH, "2500")))
    return moves


def orders(trader, step):
    """What is asked at some steps: every kind of order, amendments, cancels, a close."""
    mark = trader.desk.mark(BTC)
    near = f"{round(mark * 10) / 10:.1f}"
    below = f"{round(mark * 10 - 25) / 10:.1f}"
    name = f"o-{step}"
    match step % 60:
        case 5:
            trader.buy("0.4", near, id=name)
        case 12:
            trader.buy("0.3", below, id=name, post_only=True)
        case 18:
            trader.give(AmendOrder(id=f"{name}-a", order_id=f"o-{step - 6}", price=mark // 1))
        case 22:
            trader.sell("0.2", None, id=name)
        case 29:
            trader.buy("3", below, id=name, tif=TimeInForce.FOK)
            trader.buy("0.1", f"{round(mark * 10 - 4000) / 10:.1f}", id=f"{name}-deep")
        case 35:
            stop = {"type": OrderType.STOP, "trigger": mark * 98 // 100, "reduce_only": True}
            trader.sell("0.1", None, id=name, **stop)
        case 41:
            trader.give(CancelOrder(id=f"{name}-c", order_id=f"o-{step - 12}-deep"))
        case 50 if step > 150:
            trader.give(ClosePosition(id=name, instrument=BTC, fraction=mark / mark / 2))


def journal(restarts=()):
    """Run it all and return the rows."""
    trader = Trader()
    trader.deposit("200000")
    trader.market()
    moves = iter(recording())
    for step in range(STEPS):
        for what, arguments in (next(moves) for _ in range(4 if step % 3 == 0 else 3)):
            getattr(trader, what)(*arguments)
        orders(trader, step)
        if step in restarts:
            now_ns, wall_ms = trader.now_ns, trader.wall_ms
            trader = Trader(trader.rows)
            trader.tick((now_ns - trader.now_ns) // 1_000_000)
            assert trader.wall_ms == wall_ms
        trader.run(100, step=50)
    return trader.rows


def digest(rows):
    return hashlib.sha256(msgspec.json.encode(rows)).hexdigest()


if __name__ == "__main__":
    sys.stdout.write(f"{digest(journal())} {digest(journal(RESTARTS))}\n")
