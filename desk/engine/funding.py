"""Funding on paper: what each position pays or receives at the stamps of its instrument.

A stamp is settled once, at the rate that was last told for it and the first fresh mark from then
on. What was not told is not invented: such a stamp is recorded as missed, and said. The journal
holds up to which stamp each position is settled, so that a restart pays nothing twice.
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import NamedTuple

from desk.engine.change import Change
from desk.engine.desk import HONG_KONG, Desk
from desk.engine.market_views import next_funding_ms
from desk.engine.plan import Plan
from desk.ledger.book import FUNDING, Posting, transfer, wallet
from desk.ledger.position import Position
from desk.margin.funding import HOUR_MS, payment, wallet_loss
from desk.market.instrument_market import InstrumentMarket
from desk.model.events import Alerted
from desk.model.numbers import POSTING_INCREMENT, ZERO, plain, round_down, round_up
from desk.model.orders import MarginMode

CLOCKS_APART_MS = 300_000
"""A stamp that is told to have passed lies no further ahead; else the interval has changed."""

MARK_WAIT_NS = 60_000_000_000
"""How long after its stamp a payment waits for a fresh mark."""


class Stamp(NamedTuple):
    """A moment at which funding is paid, and the rate told for it."""

    time_ms: int
    rate: Decimal
    passed_ns: int = 0
    """Boot-time clock when it was seen to have passed."""
    heard_ms: int = 0
    """Wall clock when it was first told."""


class FundingClock:
    """Follows the stamps of every instrument that is held; at most one plan a look."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._next: dict[str, Stamp] = {}
        self._due: dict[str, Stamp] = {}

    def look(self) -> Plan | None:
        """Return the next payment to record, or None."""
        desk = self._desk
        for (account, instrument), position in desk.state.positions.items():
            market = desk.market.get(instrument)
            if not position.quantity or market is None or desk.state.accounts[account].watched:
                continue
            self._follow(market)
            plan = self._settle(account, market, position)
            if plan is not None:
                return plan
        return None

    def _follow(self, market: InstrumentMarket) -> None:
        """Take in what the venue tells of the next stamp; one that has passed is due."""
        desk, name = self._desk, market.instrument.id
        told, rate = next_funding_ms(desk, market), market.funding_rate
        known = self._next.get(name)
        if known is not None and rate is not None and told == known.time_ms:
            known = known._replace(rate=rate)
        if known is not None and _has_passed(known, desk.wall_ms, told, _interval_ms(market)):
            self._due[name] = known._replace(passed_ns=desk.now_ns)
            del self._next[name]
        if told is not None and rate is not None and told > desk.wall_ms:
            again = known is not None and known.time_ms == told
            heard_ms = known.heard_ms if known is not None and again else desk.wall_ms
            self._next[name] = Stamp(told, rate, heard_ms=heard_ms)

    def _settle(self, account: str, market: InstrumentMarket, position: Position) -> Plan | None:
        desk, name = self._desk, market.instrument.id
        since_ms = desk.state.funded_until_ms(account, name)
        due = self._due.get(name)
        if due is not None and due.time_ms > since_ms:
            if desk.quality(name) == "LIVE":
                return self._payment(account, market, position, due)
            if desk.now_ns - due.passed_ns < MARK_WAIT_NS:
                return None
            return _missed(desk, account, name, due.time_ms, "its mark was not fresh")
        told, interval_ms = next_funding_ms(desk, market), _interval_ms(market)
        if told is None or not interval_ms:
            return None
        last_ms = told - interval_ms
        known = self._next.get(name)
        if known is not None and known.time_ms == told and known.heard_ms <= last_ms:
            return None  # it was next even then: the interval has become shorter since
        if since_ms < last_ms <= desk.wall_ms:
            return _missed(desk, account, name, last_ms, "its rate was not heard")
        return None

    def _payment(
        self, account: str, market: InstrumentMarket, position: Position, due: Stamp
    ) -> Plan:
        desk, terms = self._desk, market.instrument
        mark = market.mark_price
        assert mark is not None, "a fresh mark is known"
        received = payment(position.quantity, terms.notional(position.quantity, mark), due.rate)
        amount = round_down(received, POSTING_INCREMENT)
        verb = "receives" if amount > 0 else "pays"
        message = (
            f"{account} {verb} {abs(amount):,.2f} {terms.settle} of funding on {terms.id} "
            f"({due.rate * 100:.4f}% at {plain(mark)})."
        )
        what = {
            "rate": plain(due.rate),
            "mark": plain(mark),
            "quantity": plain(position.quantity),
            "amount": plain(amount),
        }
        change = Change(
            what=what,
            postings=_postings(desk, account, market, amount),
            funding=(account, terms.id, due.time_ms),
        )
        said = Alerted(severity="info", code="FUNDING", message=message)
        plan = Plan(about="funding", events=[said])
        plan.add("funding", change, time_ms=desk.wall_ms, account=account, reserve=True)
        return plan


def _interval_ms(market: InstrumentMarket) -> int:
    return (market.funding_interval_h or 0) * HOUR_MS


def _has_passed(stamp: Stamp, now_ms: int, told: int | None, interval_ms: int) -> bool:
    """Whether a stamp lies behind: by the clock, or because the venue tells a later one.

    One that is told anew a little later was corrected; one that lies far ahead has given way to
    another interval.
    """
    later = told is not None and told - stamp.time_ms > interval_ms // 2
    near = stamp.time_ms - now_ms <= CLOCKS_APART_MS
    return now_ms >= stamp.time_ms or (later and near)


def _postings(
    desk: Desk, account: str, market: InstrumentMarket, amount: Decimal
) -> tuple[Posting, ...]:
    """Move a payment: with the account, and what its free balance cannot pay with the wallet."""
    settle, name = market.instrument.settle, market.instrument.id
    lost = ZERO
    if desk.state.mode(account, name) is MarginMode.ISOLATED:
        available = desk.margin(account).available_margin
        lost = round_up(wallet_loss(amount, available or ZERO), POSTING_INCREMENT)
    return (
        *transfer(FUNDING, account, settle, amount + lost),
        *transfer(wallet(account, name), FUNDING, settle, lost),
    )


def _missed(desk: Desk, account: str, name: str, stamp_ms: int, why: str) -> Plan:
    at = datetime.fromtimestamp(stamp_ms / 1000, UTC).astimezone(HONG_KONG)
    message = (
        f"The funding of {name} up to {at:%d %b %H:%M} HKT is missing in {account}: {why}. "
        "Nothing was booked for it."
    )
    plan = Plan(
        about="funding",
        events=[Alerted(severity="warning", code="FUNDING_MISSED", message=message)],
    )
    change = Change(what={"missed": why}, funding=(account, name, stamp_ms))
    plan.add("funding", change, time_ms=desk.wall_ms, account=account, reserve=True)
    return plan
