"""The desk as a machine: whatever is done to it in whatever order, some things always hold.

It judges by its own book of what it did: when a mark was last heard, what an order would do to the
position, what a fill did.
"""

from decimal import Decimal as D

import pytest
from helpers.engines import BTC, ETH, Trader, full, order, unwritable
from helpers.loans import LOAN_RULES
from helpers.odd_commands import commands, named
from helpers.programs import ladder, twap
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from hypothesis.stateful import run_state_machine_as_test as run_machine

from desk.engine.account_inputs import AccountInputs
from desk.engine.frame import build_frame
from desk.margin.account import account_figures, margin_figures
from desk.model.command import Quantity
from desk.model.commands import (
    AddMargin,
    AmendOrder,
    CancelAll,
    CancelOrder,
    ClosePosition,
    Flatten,
    Kill,
    NextFrame,
    Rearm,
    ReversePosition,
    SetLeverage,
    SetMarginMode,
    Transfer,
    Withdraw,
)
from desk.model.events import Acknowledged, Answered, Denied, Previewed
from desk.model.orders import MarginMode, OrderType, Side, TimeInForce

FRESH_MS = 2_000
START = {BTC: D(60_000), ETH: D(2_500)}
SEVERITY = ("NORMAL", "WARNING", "MARGIN_CALL", "CLOSE_OUT")

instruments = st.sampled_from([BTC, BTC, ETH])
sides = st.sampled_from(Side)
small = st.integers(1, 150).map(lambda n: D(n) / 100)


def answered(events):
    return any(isinstance(event, Acknowledged) for event in events)


class Machine(RuleBasedStateMachine):
    steps = runs = 0

    @initialize()
    def open(self):
        self.trader = Trader(rules=LOAN_RULES)
        self.trader.deposit("60000")
        self.prices = dict(START)
        self.marked_ms = {}
        self.number = 0
        self.seen_fills = 0
        self.market()

    # --- what the test knows by itself ---------------------------------------------------------

    def new_id(self):
        self.number += 1
        return f"m-{self.number}"

    def reborn(self, wall_ms):
        return self.trader.restarted(wall_ms=wall_ms, rules=LOAN_RULES)

    def now_ms(self):
        return self.trader.now_ns // 1_000_000

    def is_fresh(self, instrument):
        heard = self.marked_ms.get(instrument)
        return heard is not None and self.now_ms() - heard <= FRESH_MS

    def held(self, instrument):
        return self.trader.state.position("perp-1", instrument).quantity

    def strictly_reduces(self, terms):
        held = self.held(terms.instrument)
        if held * terms.side.sign >= 0 or terms.quantity > abs(held):
            return False
        working = {}
        for known in self.trader.state.live_orders("perp-1"):
            if (
                known.terms.instrument == terms.instrument
                and known.terms.side is terms.side
                and not known.terms.reduce_only
                and known.terms.id != terms.id
                and (known.terms.oco is None or known.terms.oco != terms.oco)
            ):
                pair = known.terms.oco or known.terms.id  # of a pair one alone fills
                left = known.terms.quantity - known.filled
                working[pair] = max(working.get(pair, D(0)), left)
        return terms.reduce_only or terms.quantity + sum(working.values()) <= abs(held)

    def give(self, command):
        """Give a command and hold every order that it newly brings in to the rules."""
        before = set(self.trader.state.orders)
        state, levels = self.trader.state.state, dict(self.trader.desk.levels)
        fresh = {name: self.is_fresh(name) for name in START}
        carried = {name for name in START if self.held(name)}
        events = self.trader.give(command)
        for name in set(self.trader.state.orders) - before:
            terms = self.trader.state.orders[name].terms
            if self.strictly_reduces(terms) or terms.parent is not None:
                continue
            assert not terms.reduce_only or self.held(terms.instrument) * terms.side.sign < 0, terms
            assert all(fresh[one] for one in {*carried, terms.instrument}), terms
            assert state == "ACTIVE", (state, terms)
            assert levels.get("perp-1", "NORMAL") in {"NORMAL", "WARNING"}, terms
        return events

    # --- the market ----------------------------------------------------------------------------

    def market(self):
        for name, price in self.prices.items():
            self.mark(name, price)
            tick = D("0.1") if name == BTC else D("0.01")
            size = "10" if name == BTC else "500"
            self.trader.book(name, bids=((price - tick, size),), asks=((price, size),))

    def mark(self, instrument, price):
        self.prices[instrument] = price
        self.trader.mark(instrument, str(price))
        self.marked_ms[instrument] = self.now_ms()

    @rule(instrument=instruments, move=st.integers(-200, 200))
    def a_mark_comes(self, instrument, move):
        step = D("0.1") if instrument == BTC else D("0.01")
        self.mark(instrument, self.prices[instrument] + move * step)

    @rule(percent=st.sampled_from([-30, -15, -5, 5, 15, 30]))
    def the_market_breaks(self, percent):
        """Often enough for a venue's mark to be confirmed: three times in a row, when THIN."""
        for name, price in self.prices.items():
            moved = price * (100 + percent) / 100
            self.prices[name] = max(START[name] / 10, min(START[name] * 3, round(moved, 1)))
        for _ in range(4):
            self.market()
            self.trader.run(100, step=25)

    @rule()
    def the_market_is_quiet(self):
        self.market()

    @rule(side=sides, ticks=st.integers(-300, 300))
    def somebody_trades(self, side, ticks):
        self.trader.trade(str(self.prices[BTC] + D(ticks) / 10), "2", side)

    @rule(ms=st.sampled_from([20, 60, 200, 900]))
    def time_passes(self, ms):
        self.trader.run(ms, step=max(20, ms // 4))

    @rule()
    def marks_fall_silent(self):
        self.trader.run(FRESH_MS + 200, step=550)

    @rule()
    def an_hour_passes_and_funding_is_due(self):
        self.trader.tick(3_600_000)
        self.trader.run(100, step=25)
        self.market()

    # --- orders --------------------------------------------------------------------------------

    @rule(
        instrument=instruments,
        side=sides,
        quantity=small,
        ticks=st.one_of(st.none(), st.integers(-100, 100)),
        reduce_only=st.booleans(),
        tif=st.sampled_from([None, None, TimeInForce.IOC]),
        bracket=st.booleans(),
    )
    def an_order_is_given(self, instrument, side, quantity, ticks, reduce_only, tif, bracket):
        mark, more = self.prices[instrument], {}
        if bracket and not reduce_only:
            away = side.sign * mark / 100
            more = {"stop_loss": round(mark - away, 1), "take_profit": round(mark + away, 1)}
        step = D("0.1") if instrument == BTC else D("0.01")
        price = None if ticks is None else mark + ticks * step
        self.give(
            order(
                side,
                Quantity(quantity),
                price,
                id=self.new_id(),
                instrument=instrument,
                reduce_only=reduce_only,
                confirmed=True,
                tif=None if price is None else tif,
                **more,
            )
        )
        self.trader.run(60)

    @rule(instrument=instruments, side=sides, lots=st.integers(10, 40))
    def a_position_is_taken(self, instrument, side, lots):
        """Close to what the account can bear, in a fresh market, by an armed desk."""
        if self.trader.state.latches:
            self.rearm()
        self.market()
        quantity = D(lots) / 10 * (1 if instrument == BTC else 20)
        taken = order(
            side, Quantity(quantity), None, id=self.new_id(), instrument=instrument, confirmed=True
        )
        self.give(taken)
        self.trader.run(80)

    @rule(instrument=instruments, side=sides, quantity=small, percent=st.integers(-3, 3))
    def a_stop_is_given(self, instrument, side, quantity, percent):
        trigger = round(self.prices[instrument] * (100 + percent) / 100, 1)
        stop = order(side, Quantity(quantity), None, id=self.new_id(), instrument=instrument)
        fields = {name: getattr(stop, name) for name in stop.__struct_fields__}
        self.give(type(stop)(**fields | {"type": OrderType.STOP, "trigger": trigger}))

    @rule(instrument=instruments, side=sides, quantity=small, reduce_only=st.booleans())
    def a_twap_is_given(self, instrument, side, quantity, reduce_only):
        fields = {"instrument": instrument, "side": side, "reduce_only": reduce_only}
        self.give(twap(quantity, id=self.new_id(), over_s=15, every_s=5, **fields))

    @rule(instrument=instruments, side=sides, quantity=small, ticks=st.integers(2, 200))
    def a_ladder_is_given(self, instrument, side, quantity, ticks):
        step = D("0.1") if instrument == BTC else D("0.01")
        mark = round(self.prices[instrument], 1)
        fields = {"instrument": instrument, "side": side, "count": 3}
        last = mark - side.sign * ticks * step
        self.give(ladder(quantity, str(mark), str(last), id=self.new_id(), **fields))

    @rule(instrument=instruments)
    def a_position_is_reversed(self, instrument):
        held = self.held(instrument)
        events = self.give(ReversePosition(id=self.new_id(), instrument=instrument))
        if answered(events):
            (known,) = [o for o in self.trader.state.orders.values() if o.id == f"m-{self.number}"]
            assert known.terms.quantity == abs(held)

    @rule(ms=st.sampled_from([4_900, 5_100, 20_000]))
    def time_passes_for_a_part(self, ms):
        """In steps in which marks stay fresh."""
        for _ in range(ms // 700):
            self.trader.tick(700)
            self.market()

    @precondition(lambda self: self.trader.state.live_orders("perp-1"))
    @rule(data=st.data(), quantity=small, ticks=st.integers(-50, 50))
    def an_order_is_amended(self, data, quantity, ticks):
        live = self.trader.state.live_orders("perp-1")
        known = data.draw(st.sampled_from(live), label="order")
        before = known.terms
        price = None if before.price is None else before.price + D(ticks) / 10
        self.give(
            AmendOrder(
                id=self.new_id(), order_id=before.id, price=price, quantity=Quantity(quantity)
            )
        )

    @rule(data=st.data())
    def a_cancel_always_passes(self, data):
        live = self.trader.state.live_orders()
        if not live or self.trader.refuse is not None:
            return
        known = data.draw(st.sampled_from(live), label="order")
        assert answered(self.trader.give(CancelOrder(id=self.new_id(), order_id=known.terms.id)))

    # --- the ways out --------------------------------------------------------------------------

    @rule(instrument=instruments, share=st.sampled_from(["0.5", "1"]))
    def closing_always_passes(self, instrument, share):
        held = self.held(instrument)
        events = self.give(
            ClosePosition(id=self.new_id(), instrument=instrument, fraction=D(share))
        )
        if abs(held) >= D("0.05") and self.trader.refuse is None:
            assert answered(events), [e for e in events if isinstance(e, Denied)]

    @rule(instrument=instruments)
    def a_strictly_reducing_order_always_passes(self, instrument):
        if self.trader.refuse is not None or self.trader.state.state == "HALTED":
            return
        self.trader.give(CancelAll(id=self.new_id()))
        self.trader.run(120, step=30)
        held = self.held(instrument)
        if abs(held) < D("0.05"):
            return
        side = Side.SELL if held > 0 else Side.BUY
        exit_order = order(
            side, Quantity(abs(held)), None, id=self.new_id(), instrument=instrument, confirmed=True
        )
        events = self.give(exit_order)
        assert answered(events), [e for e in events if isinstance(e, Denied)]

    @rule()
    def flatten(self):
        self.give(Flatten(id=self.new_id()))

    @rule(everything=st.booleans(), meant=st.integers(0, 3))
    def kill(self, everything, meant):
        if meant:
            return
        self.give(Kill(id=self.new_id(), reason="drill", everything=everything))
        if self.trader.refuse is None:
            assert self.trader.state.state == "HALTED"

    @rule()
    def rearm(self):
        self.give(Rearm(id=self.new_id(), name="Ada", reason="all is well again"))

    # --- settings and money --------------------------------------------------------------------

    @rule(instrument=instruments, leverage=st.integers(1, 6))
    def leverage_is_set(self, instrument, leverage):
        self.give(SetLeverage(id=self.new_id(), instrument=instrument, leverage=D(leverage)))

    @rule(instrument=instruments, mode=st.sampled_from(MarginMode))
    def a_mode_is_set(self, instrument, mode):
        self.give(SetMarginMode(id=self.new_id(), instrument=instrument, mode=mode))

    @rule(instrument=instruments, amount=st.sampled_from(["500", "-200"]))
    def margin_is_moved(self, instrument, amount):
        self.give(AddMargin(id=self.new_id(), instrument=instrument, amount=D(amount)))

    @rule(quantity=st.sampled_from(["1000", "20000", "70000"]), out=st.booleans())
    def money_is_moved(self, quantity, out):
        fields = {"id": self.new_id(), "asset": "USDT", "quantity": D(quantity)}
        if out:
            self.give(Withdraw(account="perp-1", **fields))
        else:
            self.give(Transfer(source="perp-1", target="spot-1", **fields))

    @rule(command=commands, look=st.booleans())
    def anything_is_asked(self, command, look):
        """Of every kind, sound and odd: it is answered, and no exception ends the desk."""
        events = self.give(named(command, self.new_id()))
        answers = (Acknowledged, Answered, Denied, Previewed)
        assert any(isinstance(event, answers) for event in events), command
        if look:
            build_frame(self.trader.desk, NextFrame(), number=1, engine_ms=0, notes={})

    # --- faults --------------------------------------------------------------------------------

    @rule()
    def the_disk_is_full_for_a_while(self):
        self.trader.refuse = full()
        self.market()
        self.trader.run(60)
        self.trader.refuse = None

    @rule(instrument=instruments, side=sides)
    def the_disk_breaks_and_nothing_is_begun_until_a_restart(self, instrument, side):
        """What the disk refused is not in the journal: only the desk that was is compared."""
        self.trader.refuse = unwritable()
        before = set(self.trader.state.orders)
        self.trader.give(
            order(side, Quantity(D("0.5")), None, id=self.new_id(), instrument=instrument)
        )
        for name in set(self.trader.state.orders) - before:
            assert self.strictly_reduces(self.trader.state.orders[name].terms)
        self.trader = self.reborn(self.trader.wall_ms)
        self.marked_ms = {}
        self.market()

    @rule()
    def the_desk_restarts(self):
        before = self.trader.state.hash()
        levels = dict(self.trader.state.levels)
        now_ns, wall_ms = self.trader.now_ns, self.trader.wall_ms
        again = self.reborn(wall_ms)
        assert again.state.hash() == before
        assert again.state.levels == levels
        assert again.now_ns <= now_ns
        self.trader = again
        self.marked_ms = {}
        self.market()

    # --- what always holds ---------------------------------------------------------------------

    @invariant()
    def steps_are_counted(self):
        Machine.steps += 1

    @invariant()
    def every_asset_sums_to_zero(self):
        sums = {}
        for assets in self.trader.state.ledger.document().values():
            for asset, amount in assets.items():
                sums[asset] = sums.get(asset, D(0)) + D(amount)
        assert all(total == 0 for total in sums.values()), sums

    @invariant()
    def positions_are_their_fills_and_reduce_only_never_turns_one(self):
        held = {}
        state = self.trader.state
        for fill in state.fills:
            terms = state.orders[fill.order_id].terms
            key = (fill.account, fill.instrument)
            before = held.get(key, D(0))
            after = before + fill.quantity * fill.side.sign
            if terms.reduce_only:
                assert before * after >= 0, fill
                assert abs(after) < abs(before), fill
            held[key] = after
        assert len({fill.id for fill in state.fills}) == len(state.fills)
        for name in START:
            assert held.get(("perp-1", name), D(0)) == self.held(name)

    @invariant()
    def a_program_never_sends_more_than_it_is(self):
        state = self.trader.state
        for one in state.programs.all():
            sent = [o for o in state.orders.values() if o.terms.program == one.program.id]
            assert len(sent) == one.reached - one.missed
            # One that a person has amended since is what that person wants.
            as_sent = [order.terms.quantity for order in sent if not order.amendments]
            assert sum(as_sent) <= one.program.quantity
        if state.latches:
            assert all(one.program.reduce_only for one in state.programs.running)

    @invariant()
    def of_two_that_cancel_each_other_one_alone_fills(self):
        for name in self.trader.state.pairs:
            assert len([one for one in self.trader.state.pair(name) if one.filled]) <= 1

    @invariant()
    def no_order_fills_beyond_itself(self):
        for known in self.trader.state.orders.values():
            assert D(0) <= known.filled <= known.terms.quantity

    @invariant()
    def what_margin_is_given_mark_by_mark_is_what_would_be_made_anew(self):
        desk = self.trader.desk
        assert desk.account_input("perp-1") == AccountInputs(desk).of("perp-1")
        assert desk.figures("perp-1") == account_figures(desk.account_input("perp-1"))
        assert desk.margin("perp-1") == margin_figures(AccountInputs(desk).of("perp-1"))

    @invariant()
    def a_level_is_never_milder_than_its_figures(self):
        trader = self.trader
        assert set(trader.desk.levels.values()) <= set(SEVERITY)
        if trader.refuse is not None:
            return
        for _ in range(8):
            trader.tick(1)
        figures = trader.desk.figures("perp-1")
        if figures.known:
            level = trader.desk.levels.get("perp-1", "NORMAL")
            assert SEVERITY.index(level) >= SEVERITY.index(figures.level)

    def teardown(self):
        Machine.runs += 1
        if hasattr(self, "trader"):
            assert self.reborn(self.trader.wall_ms).state.hash() == self.trader.state.hash()


COMMON = {
    "deadline": None,
    "suppress_health_check": list(HealthCheck),
    "phases": [Phase.explicit, Phase.generate, Phase.shrink],
}


def held(figure, desks, steps):
    """Run so many desks through so many steps each at most."""
    steps_before, runs_before = Machine.steps, Machine.runs
    run_machine(Machine, settings=settings(max_examples=desks, stateful_step_count=steps, **COMMON))
    figure(
        f"{Machine.steps - steps_before} steps in {Machine.runs - runs_before} desks: "
        "0 promises broken, each desk the same after a restart"
    )


@pytest.mark.thorough
@pytest.mark.fault("T07")
def test_the_desk_keeps_its_promises_whatever_happens(figure):
    held(figure, 20, 30)


@pytest.mark.fault("T07")
@pytest.mark.slow
def test_the_desk_keeps_its_promises_for_long(figure):
    held(figure, 1500, 80)
