"""A desk to which anything happens, drawn from one seed: orders of every kind, moving and dying
markets, a full disk, a lost window, settings, restarts."""

import random
from decimal import Decimal as D

from helpers.engines import BTC, ETH, Trader, full, order
from helpers.programs import ladder, twap

from desk.engine.message import WindowChanged
from desk.model.command import Quantity
from desk.model.commands import (
    AddMargin,
    CancelAll,
    ClosePosition,
    Deposit,
    Flatten,
    Rearm,
    ReversePosition,
    SetLeverage,
    SetMarginMode,
    Transfer,
    Withdraw,
)
from desk.model.orders import MarginMode, OrderType, Side

START = {BTC: D(60_000), ETH: D(2_500)}
TICK = {BTC: D("0.1"), ETH: D("0.01")}
SIZE = {BTC: "10", ETH: "500"}


class WildDesk:
    """Drives a trader; every step is one happening. The same seed gives the same history."""

    def __init__(self, seed, trader=None):
        self.dice = random.Random(seed)
        self.trader = trader or Trader()
        self.trader.deposit("200000")
        self.prices = dict(START)
        self.number = 0
        self.market()

    def new_id(self):
        self.number += 1
        return f"w-{self.number}"

    def give(self, kind, **fields):
        return self.trader.give(kind(id=self.new_id(), **fields))

    def held(self, instrument):
        return self.trader.state.position("perp-1", instrument).quantity

    # --- what happens --------------------------------------------------------------------------

    def step(self, *happenings):
        """Let one thing happen, of those that are named or of all."""
        self.dice.choice(happenings or self.HAPPENINGS)(self)

    def market(self):
        """Fresh marks and whole books."""
        for name, price in self.prices.items():
            self.trader.mark(name, str(price))
            self.trader.book(
                name,
                bids=((price - TICK[name], SIZE[name]),),
                asks=((price, SIZE[name]),),
            )

    def marks_move(self):
        for name, price in self.prices.items():
            self.prices[name] = price + self.dice.randint(-300, 300) * TICK[name]
        self.market()

    def somebody_trades(self):
        price = self.prices[BTC] + self.dice.randint(-300, 300) * TICK[BTC]
        self.trader.trade(str(price), "2", self.dice.choice(list(Side)))

    def time_passes(self):
        self.trader.run(self.dice.choice([20, 60, 200, 900]))

    def marks_fall_silent(self):
        self.trader.run(2_200, step=550)

    def an_hour_passes(self):
        self.trader.tick(3_600_000)
        self.market()

    def order(self, **fields):
        """An order for either instrument at or around its price, or at the market."""
        name, side = self.dice.choice([BTC, BTC, ETH]), self.dice.choice(list(Side))
        lots = D(self.dice.randint(10, 900)) / 1000 * (1 if name == BTC else 20)
        price = self.prices[name] + self.dice.randint(-400, 400) * TICK[name]
        given = {"instrument": name, "confirmed": True, "id": self.new_id(), **fields}
        at = None if self.dice.random() < 0.4 else price
        return order(side, Quantity(lots), at, **given)

    def an_order(self):
        self.trader.give(self.order(reduce_only=self.dice.random() < 0.2))

    def a_bracket(self):
        side, mark = self.dice.choice(list(Side)), self.prices[BTC]
        away = side.sign * mark / 100
        legs = {"stop_loss": round(mark - away, 1), "take_profit": round(mark + away, 1)}
        given = {"id": self.new_id(), "confirmed": True, **legs}
        self.trader.give(order(side, Quantity(D("0.1")), mark, **given))

    def a_stop(self):
        name, side = self.dice.choice([BTC, ETH]), self.dice.choice(list(Side))
        trigger = round(self.prices[name] * (100 + self.dice.randint(-3, 3)) / 100, 1)
        self.trader.give(
            order(
                side,
                Quantity(D("0.2")),
                None,
                id=self.new_id(),
                instrument=name,
                type=OrderType.STOP,
                trigger=trigger,
                confirmed=True,
            )
        )

    def a_twap(self):
        self.trader.give(twap("0.5", id=self.new_id(), side=self.dice.choice(list(Side))))

    def a_ladder(self):
        mark = self.prices[BTC]
        self.trader.give(ladder("0.5", str(mark - 10), str(mark - 50), id=self.new_id()))

    def a_close(self):
        name = self.dice.choice([BTC, ETH])
        self.give(ClosePosition, instrument=name, fraction=D(self.dice.choice(["0.5", "1"])))

    def a_reversal(self):
        self.give(ReversePosition, instrument=self.dice.choice([BTC, ETH]))

    def a_flatten(self):
        self.give(Flatten)

    def all_is_cancelled(self):
        self.give(CancelAll)

    def settings_change(self):
        name = self.dice.choice([BTC, ETH])
        self.give(SetLeverage, instrument=name, leverage=D(self.dice.randint(1, 5)))
        self.give(SetMarginMode, instrument=name, mode=self.dice.choice(list(MarginMode)))
        self.give(AddMargin, instrument=name, amount=D(self.dice.choice(["500", "-200"])))

    def money_moves(self):
        money = {"asset": "USDT", "quantity": D(self.dice.randint(1, 20_000)) / 7}
        money["quantity"] = round(money["quantity"], 2)
        way = self.dice.randrange(4)
        if way < 2:
            self.give((Deposit, Withdraw)[way], account="perp-1", **money)
        else:
            places = ("perp-1", "spot-1") if way == 2 else ("spot-1", "perp-1")
            self.give(Transfer, source=places[0], target=places[1], **money)

    def the_disk_is_full(self):
        self.trader.refuse = full()

    def the_disk_has_room(self):
        self.trader.refuse = None

    def the_window_is_lost(self):
        self.trader.process(WindowChanged(attached=True))
        self.trader.run(3_300, step=100)
        self.trader.process(WindowChanged(attached=False))

    def somebody_rearms(self):
        self.give(Rearm, name="Ada", reason="all is well again")

    def the_desk_restarts(self):
        refuse, wall_ms, now_ns = self.trader.refuse, self.trader.wall_ms, self.trader.now_ns
        self.trader = self.trader.restarted(wall_ms=wall_ms, now_ns=now_ns)
        self.trader.refuse = refuse
        self.market()

    TRADING = (marks_move, somebody_trades, time_passes, an_order, an_order, an_order)
    ASKED = (a_bracket, a_stop, a_twap, a_ladder, a_close, a_reversal, settings_change)
    ENDED = (a_flatten, all_is_cancelled, somebody_rearms, the_disk_has_room, money_moves)
    TROUBLE = (marks_fall_silent, the_disk_is_full, the_window_is_lost, the_desk_restarts)
    HAPPENINGS = (*TRADING, *TRADING, *ASKED, *ENDED, *TROUBLE)
