"""Liquidation by the paper venue itself, where the desk's own close-out has not come first.

A venue does not ask. What is at stake is judged at its mark alone, confirmed by nobody, while that
is fresh: margin balance at or below maintenance margin. The desk is given its chance: the venue
begins when that has lasted `PATIENCE_NS`, `BANKRUPT_NS` where the bankruptcy price is passed too,
and `AT_WORK_NS` while the desk closes out itself.

As at Binance USDⓈ-M (liquidation protocol): it cancels the open orders first, then reduces a
position where that is enough (`desk.engine.liquidation_size`), else takes everything over at the
bankruptcy price: the whole margin is lost and no more. What roundings to the tick leave goes to
the insurance fund, which bears what is missing.

Each move is one row, and the next follows from it: a restart goes on, and doubles nothing.
"""

from __future__ import annotations

from collections.abc import Iterable

from desk.engine.change import Unit
from desk.engine.desk import Desk
from desk.engine.liquidation_rows import cancels_plan, covered_plan, open_orders, take_over_plan
from desk.engine.plan import Plan
from desk.margin.inputs import AccountInput
from desk.margin.levels import CLOSE_OUT
from desk.risk.close_out import is_due, units
from desk.risk.close_out_step import Margin, margin_of

PATIENCE_NS = 10_000_000_000
"""How long the venue looks on: the desk's own close-out begins within 250 ms, if it may."""

BANKRUPT_NS = 1_000_000_000
"""How long where nothing is left to lose: two marks of the venue, for one alone may be garbled."""

AT_WORK_NS = 60_000_000_000
"""How long while the desk's own close-out runs: its steps wait for books, and are tried again."""

WAIT_NS = 1_000_000_000
"""How long it waits for the cancels that it has sent."""


class VenueLiquidation:
    """Watches what the paper venue would liquidate; at most one plan a look."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._since_ns: dict[Unit, int] = {}
        """Since when a unit has not covered its maintenance margin, or its cancels are waited
        for."""

    def look(self) -> Plan | None:
        """Return the next move of the venue, or None."""
        desk = self._desk
        if not desk.venue.capabilities.is_paper or desk.execution.doubt(desk.venue.link):
            return None  # what the venue holds by now is not known here
        for account in desk.state.accounts.values():
            if account.kind == "perpetual" and not account.watched:
                plan = self._look_at(account.id)
                if plan is not None:
                    return plan
        return None

    def _look_at(self, account: str) -> Plan | None:
        desk, begun = self._desk, self._desk.state.liquidating
        if desk.level(account) != CLOSE_OUT and not any(u[0] == account for u in begun):
            self._forget(account, ())
            return None
        pools = {(account, i): p for i, p in units(desk.account_input(account)).items()}
        judged = {unit: (pool, margin_of(pool)) for unit, pool in pools.items() if pool.positions}
        for unit in [unit for unit in begun if unit[0] == account]:
            pool, margin = judged.get(unit, (None, None))
            if (plan := self._go_on(unit, pool, margin)) is not None:
                return plan
        due = {u: m for u, (p, m) in judged.items() if m is not None and self._is_due(p, m)}
        self._forget(account, {*due, *begun})
        for unit, margin in due.items():
            if unit not in begun and self._has_waited(unit, margin):
                return self._begin(unit, pools[unit], margin)
        return None

    def _forget(self, account: str, still: Iterable[Unit]) -> None:
        """Count from the start again where the margin is covered."""
        for unit in [u for u in self._since_ns if u[0] == account and u not in set(still)]:
            del self._since_ns[unit]

    def _is_due(self, pool: AccountInput, margin: Margin) -> bool:
        """Whether maintenance is not covered at the venue's marks, all of them fresh."""
        held = (p.instrument.id for p in pool.positions)
        return is_due(margin) and all(self._desk.quality(name) == "LIVE" for name in held)

    def _has_waited(self, unit: Unit, margin: Margin) -> bool:
        desk = self._desk
        waited_ns = desk.now_ns - self._since_ns.setdefault(unit, desk.now_ns)
        if any(one.unit == unit for one in desk.state.closing_out(unit[0])):
            return waited_ns >= AT_WORK_NS
        return waited_ns >= (BANKRUPT_NS if margin.value <= 0 else PATIENCE_NS)

    def _begin(self, unit: Unit, pool: AccountInput, margin: Margin) -> Plan:
        """Cancel the open orders; without any, take over at once."""
        desk = self._desk
        number = 1 + desk.state.liquidations
        orders = open_orders(desk, unit)
        self._since_ns[unit] = desk.now_ns
        if not orders:
            return take_over_plan(desk, unit, number, pool, margin)
        return cancels_plan(desk, unit, number, pool, margin, orders)

    def _go_on(self, unit: Unit, pool: AccountInput | None, margin: Margin | None) -> Plan | None:
        """Follow the cancels with the take-over, unless the margin is covered now."""
        desk, begun = self._desk, self._desk.state.liquidating[unit]
        waited_ns = desk.now_ns - self._since_ns.setdefault(unit, desk.now_ns)
        if pool is not None and margin is not None and is_due(margin):
            waits = (
                waited_ns < WAIT_NS or desk.venue.link.session
            )  # over a link one may have filled
            if not self._is_due(pool, margin) or (waits and open_orders(desk, unit)):
                return None
            return take_over_plan(desk, unit, begun.number, pool, margin)
        if pool is not None and margin is None:
            return None
        return covered_plan(desk, begun)
