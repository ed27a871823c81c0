"""A trader made of dice: commands of every kind, sound ones and foolish ones, in any order."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from itertools import count
from random import Random
from typing import Any

from desk.engine.state import DeskState
from desk.model.alert_commands import AlertKind, SetAlert
from desk.model.command import Quantity, QuantityUnit
from desk.model.commands import (
    AddMargin,
    AmendOrder,
    AnyCommand,
    Ask,
    CancelAll,
    CancelOrder,
    ClosePosition,
    Deposit,
    Draw,
    Flatten,
    Kill,
    Pledge,
    PreviewOrder,
    Rearm,
    Repay,
    ReversePosition,
    SetLeverage,
    SetMarginMode,
    SubmitLadder,
    SubmitOco,
    SubmitOrder,
    SubmitTwap,
    Transfer,
    Withdraw,
)
from desk.model.instrument import Instrument
from desk.model.numbers import round_down
from desk.model.order_commands import CancelScope, LadderWeight
from desk.model.orders import MarginMode, OrderType, Side, TimeInForce

REARM_CHANCE = 0.12
"""Of a command while the desk is not ACTIVE: somebody lifts what holds it."""

_T = OrderType
_TYPES = (
    (_T.LIMIT,) * 6 + (_T.MARKET,) * 5 + (_T.STOP, _T.STOP_LIMIT, _T.TAKE_PROFIT, _T.TRAILING_STOP)
)
_TIFS = (None, None, None, TimeInForce.GTC, TimeInForce.IOC, TimeInForce.FOK, TimeInForce.GTD)


class Trader:
    """Draws one command after another; `price` is what an instrument costs now, outside the desk.

    Now and then an earlier command comes again, word for word or under the same id with other
    content: nobody may do it twice.
    """

    def __init__(
        self,
        dice: Random,
        instruments: list[Instrument],
        price: Callable[[str], Decimal],
    ) -> None:
        self._dice = dice
        self._instruments = instruments
        self._price = price
        self._numbers = count(1)
        self._given: list[AnyCommand] = []
        self._state: DeskState | None = None
        drawn: list[tuple[int, Callable[[], AnyCommand]]] = [
            (30, self._order),
            (6, self._bracket),
            (3, self._oco),
            (3, self._ladder),
            (4, self._twap),
            (10, self._amend),
            (8, self._cancel),
            (2, self._cancel_all),
            (6, self._close),
            (3, self._reverse),
            (1, self._flatten),
            (2, self._kill),
            (1, self._rearm),
            (6, self._setting),
            (8, self._money),
            (3, self._loan),
            (2, self._alert),
            (4, self._question),
            (4, self._again),
        ]
        self._makers = [make for _, make in drawn]
        self._weights = [weight for weight, _ in drawn]

    def first(self) -> list[AnyCommand]:
        """Return what a new desk needs: money."""
        return [
            Deposit(id=self._id(), account="perp-1", asset="USDT", quantity=Decimal(400_000)),
            Deposit(id=self._id(), account="spot-1", asset="USDT", quantity=Decimal(200_000)),
        ]

    def next(self, state: DeskState) -> AnyCommand:
        """Draw one, knowing how the desk stands."""
        self._state = state
        if state.state != "ACTIVE" and self._dice.random() < REARM_CHANCE:
            return self._rearm()
        (make,) = self._dice.choices(self._makers, self._weights)
        wants_position = make in {self._close, self._reverse}
        held = any(position.quantity for position in state.positions.values())
        wants_order = make in {self._amend, self._cancel}
        if (wants_position and not held) or (wants_order and not state.live_orders()):
            make = self._dice.choice((make, self._order, self._order))
        command = make()
        if command.id:
            self._given.append(command)
        return command

    # ------------------------------------------------------------------ what is drawn with

    def _id(self) -> str:
        return f"t-{next(self._numbers)}"

    def _pick(self) -> Instrument:
        return self._dice.choice(self._instruments)

    def _side(self) -> Side:
        return self._dice.choice((Side.BUY, Side.SELL))

    def _at(self, instrument: Instrument, bps: float) -> Decimal:
        """Return a price so far from the market, on the tick."""
        price = self._price(instrument.id) * Decimal(round(10_000 + bps)) / 10_000
        return round_down(price, instrument.tick_size)

    def _lots(self, instrument: Instrument) -> Quantity:
        """Return a quantity worth from a little to more than the desk allows."""
        worth = Decimal(round(10 ** self._dice.uniform(2, 5.5)))
        value = round_down(worth / self._price(instrument.id), instrument.lot_size)
        if self._dice.random() < 0.05:
            return Quantity(Decimal(self._dice.randint(1, 30)), QuantityUnit.PERCENT)
        return Quantity(max(value, instrument.lot_size))

    def _terms(self, **fixed: Any) -> SubmitOrder:
        dice, instrument, side = self._dice, self._pick(), self._side()
        kind = dice.choice(_TYPES)
        away = dice.gauss(0, 40)
        given: dict[str, Any] = {
            "id": self._id(),
            "account": None,
            "instrument": instrument.id,
            "side": side,
            "quantity": self._lots(instrument),
            "type": kind,
            "reduce_only": dice.random() < 0.15,
            "confirmed": dice.random() < 0.8,
        }
        if kind.has_price:
            given["price"] = self._at(instrument, away)
            given["tif"] = tif = dice.choice(_TIFS)
            given["post_only"] = dice.random() < 0.15
            if tif is TimeInForce.GTD:
                given["good_for_s"] = dice.randint(1, 60)
        if kind is _T.TRAILING_STOP:
            given["trail_rate"] = Decimal(dice.randint(1, 100)) / 10_000
        elif kind.has_trigger:
            given["trigger"] = self._at(instrument, dice.gauss(0, 30))
        return SubmitOrder(**given | fixed)

    # ------------------------------------------------------------------ commands

    def _order(self) -> AnyCommand:
        return self._terms()

    def _bracket(self) -> AnyCommand:
        instrument, side = self._pick(), self._side()
        near = self._dice.randint(5, 100) * side.sign
        return self._terms(
            instrument=instrument.id,
            side=side,
            quantity=self._lots(instrument),
            type=_T.MARKET,
            price=None,
            trigger=None,
            trail_rate=None,
            tif=None,
            good_for_s=None,
            post_only=False,
            reduce_only=False,
            stop_loss=self._at(instrument, -near),
            take_profit=self._at(instrument, near) if self._dice.random() < 0.7 else None,
        )

    def _oco(self) -> AnyCommand:
        instrument, side = self._pick(), self._side()
        common: dict[str, Any] = {
            "id": "",
            "account": None,
            "instrument": instrument.id,
            "side": side,
            "quantity": self._lots(instrument),
        }
        away = self._dice.randint(1, 60) * side.sign
        limit = SubmitOrder(**common, type=_T.LIMIT, price=self._at(instrument, -away))
        stop = SubmitOrder(**common, type=_T.STOP, trigger=self._at(instrument, away))
        return SubmitOco(id=self._id(), first=limit, second=stop)

    def _ladder(self) -> AnyCommand:
        instrument, side = self._pick(), self._side()
        near, far = sorted(self._dice.sample(range(1, 80), 2))
        return SubmitLadder(
            id=self._id(),
            account=None,
            instrument=instrument.id,
            side=side,
            quantity=self._lots(instrument),
            first_price=self._at(instrument, -near * side.sign),
            last_price=self._at(instrument, -far * side.sign),
            count=self._dice.randint(2, 6),
            weight=self._dice.choice(tuple(LadderWeight)),
            confirmed=True,
        )

    def _twap(self) -> AnyCommand:
        instrument = self._pick()
        every_s = self._dice.randint(5, 10)
        return SubmitTwap(
            id=self._id(),
            account=None,
            instrument=instrument.id,
            side=self._side(),
            quantity=self._lots(instrument),
            over_s=every_s * self._dice.randint(1, 6),
            every_s=every_s,
            reduce_only=self._dice.random() < 0.2,
            confirmed=True,
        )

    def _live(self) -> str:
        """Return the id of a live order, or of none."""
        live = [] if self._state is None else self._state.live_orders()
        return self._dice.choice(live).id if live else "none"

    def _amend(self) -> AnyCommand:
        order_id = self._live()
        known = None if self._state is None else self._state.orders.get(order_id)
        if known is None:
            return AmendOrder(id=self._id(), order_id=order_id, price=Decimal(1))
        named = next((i for i in self._instruments if i.id == known.terms.instrument), None)
        instrument = named or self._pick()
        more: dict[str, Any] = {}
        if known.terms.price is not None and self._dice.random() < 0.7:
            more["price"] = self._at(instrument, self._dice.gauss(0, 40))
        if known.terms.trigger is not None and self._dice.random() < 0.5:
            more["trigger"] = self._at(instrument, self._dice.gauss(0, 30))
        if self._dice.random() < 0.5 or not more:
            more["quantity"] = self._lots(instrument)
        return AmendOrder(id=self._id(), order_id=order_id, **more)

    def _cancel(self) -> AnyCommand:
        return CancelOrder(id=self._id(), order_id=self._live())

    def _cancel_all(self) -> AnyCommand:
        return CancelAll(id=self._id(), scope=self._dice.choice(tuple(CancelScope)))

    def _close(self) -> AnyCommand:
        share = Decimal(self._dice.choice(("0.25", "0.5", "1")))
        return ClosePosition(id=self._id(), instrument=self._pick().id, fraction=share)

    def _reverse(self) -> AnyCommand:
        return ReversePosition(id=self._id(), instrument=self._pick().id)

    def _flatten(self) -> AnyCommand:
        return Flatten(id=self._id())

    def _kill(self) -> AnyCommand:
        return Kill(id=self._id(), reason="a drill", everything=self._dice.random() < 0.3)

    def _rearm(self) -> AnyCommand:
        return Rearm(id=self._id(), name="Ada", reason="all is well again")

    def _setting(self) -> AnyCommand:
        instrument = self._pick().id
        which = self._dice.randrange(3)
        if which == 0:
            leverage = Decimal(self._dice.randint(1, 6))
            return SetLeverage(id=self._id(), instrument=instrument, leverage=leverage)
        if which == 1:
            mode = self._dice.choice(tuple(MarginMode))
            return SetMarginMode(id=self._id(), instrument=instrument, mode=mode)
        amount = Decimal(self._dice.randint(-2_000, 5_000))
        return AddMargin(id=self._id(), instrument=instrument, amount=amount)

    def _money(self) -> AnyCommand:
        amount = Decimal(self._dice.randint(1, 5_000_000)) / 100
        fields: dict[str, Any] = {"id": self._id(), "asset": "USDT", "quantity": amount}
        way = self._dice.randrange(4)
        if way == 0:
            return Deposit(account=self._dice.choice(("perp-1", "spot-1")), **fields)
        if way == 1:
            return Withdraw(account=self._dice.choice(("perp-1", "spot-1")), **fields)
        places = ("perp-1", "spot-1") if way == 2 else ("spot-1", "perp-1")
        return Transfer(source=places[0], target=places[1], **fields)

    def _loan(self) -> AnyCommand:
        fields: dict[str, Any] = {"id": self._id(), "account": "loan-1"}
        way = self._dice.randrange(3)
        if way == 0:
            return Pledge(asset="BTC", quantity=Decimal(self._dice.randint(1, 50)) / 100, **fields)
        amount = Decimal(self._dice.randint(1, 200_000))
        made = Draw if way == 1 else Repay
        return made(asset="HKD", quantity=amount, **fields)

    def _alert(self) -> AnyCommand:
        instrument = self._pick()
        above = self._at(instrument, self._dice.gauss(0, 20))
        return SetAlert(
            id=self._id(), kind=AlertKind.PRICE, instrument=instrument.id, above=above, repeats=True
        )

    def _question(self) -> AnyCommand:
        if self._dice.random() < 0.5:
            return PreviewOrder(order=self._terms())
        return Ask(about=self._dice.choice(("status", "positions", "orders", "risk", "rules")))

    def _again(self) -> AnyCommand:
        """The same once more; or the same id for something else."""
        if not self._given:
            return self._rearm()
        before = self._dice.choice(self._given)
        if self._dice.random() < 0.6:
            return before
        return Deposit(
            id=before.id, account="perp-1", asset="USDT", quantity=Decimal(self._dice.randint(1, 9))
        )
