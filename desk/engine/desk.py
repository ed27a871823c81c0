"""The desk as deciders see it: state, market, venue, rules and time, and the figures they give."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING

import msgspec

from desk.engine.account_inputs import AccountInputs
from desk.engine.change import Unit
from desk.engine.execution_state import ExecutionState
from desk.engine.order_inputs import spoken_for
from desk.engine.pace import Pace
from desk.engine.settings import Rules, Settings
from desk.engine.state import DeskState, Key
from desk.engine.wall_clock import WallClock
from desk.execution.port import BookLevels, ExecutionClient
from desk.ledger.position import Position
from desk.margin.account import Measured, all_figures, measure
from desk.margin.inputs import AccountFigures, AccountInput, MarginFigures, MarginTerms
from desk.market.book import Book
from desk.market.mark_window import MarkWindow
from desk.market.reference import Reference
from desk.market.state import MarketState
from desk.model.catalogue import Catalogue
from desk.model.instrument import Kind
from desk.model.market_data import FeedStatus, InstrumentListed, MarketEvent, MarkPrice
from desk.model.numbers import POSTING_INCREMENT, ZERO, plain, round_down, round_up
from desk.model.orders import MarginMode, OrderTerms, Side
from desk.risk.client import ClientRecord, sample_client
from desk.risk.close_out import StandingPlan
from desk.risk.override import Override

if TYPE_CHECKING:
    from desk.engine.watched import Watched

HONG_KONG = timezone(timedelta(hours=8), "HKT")
DAY_MS = 86_400_000


class Desk:
    """Everything a decision may read. Only the engine writes to it."""

    def __init__(
        self,
        *,
        catalogue: Catalogue,
        terms: Callable[[date], Mapping[str, MarginTerms]],
        rules: Rules,
        settings: Settings,
        venue: ExecutionClient,
    ) -> None:
        self.catalogue = catalogue
        self._terms = terms
        self.rules = rules
        self.settings = settings
        self.venue = venue
        self.pace = Pace(messages_per_s=rules.messages_per_s, burst=rules.message_burst)
        """Of what leaves for the venue by a trader's hand or a program."""
        self.execution = ExecutionState()
        self.state = DeskState(catalogue)
        self.market = MarketState(catalogue)
        self.reference = Reference(
            m for m in self.market.all() if m.instrument.connection in settings.fed
        )
        """What all venues together say."""
        self.now_ns = 0
        self.clock = WallClock()
        self.wall_ms = 0
        self.levels: dict[str, str] = {}
        """Account → level as the monitor holds it, with its memory."""
        self.plans: dict[str, StandingPlan] = {}
        """Account → the close-out that stands ready."""
        self.waits: dict[Unit, str] = {}
        """Why a close-out that is due does not begin, or one that runs does not go on."""
        self.journal_note = ""
        """Why nothing more, or nothing that adds risk, can be made durable; empty when it can."""
        self.window_attached = False
        self.changes = 0
        """Counts changes of state, durable or not."""
        self._inputs = AccountInputs(self)
        self._measured: dict[str, Measured] = {}
        self._figures: dict[str, tuple[Measured, AccountFigures]] = {}
        self._today = date.min
        self._today_ends_ms = 0
        self.windows: dict[str, MarkWindow] = {}
        """The last minute's marks of each perpetual."""
        self.anomalies: dict[str, int] = {}
        self.ran_ns: dict[str, int] = {}
        """Instrument whose price runs away → since when, boot-time nanoseconds."""
        self.parts_due_ns: dict[str, tuple[int, int]] = {}
        """TWAP → its next part and when that is due, boot-time nanoseconds."""

    @property
    def today(self) -> date:
        """The date in Hong Kong."""
        if not self._today_ends_ms - DAY_MS <= self.wall_ms < self._today_ends_ms:
            here = datetime.fromtimestamp(self.wall_ms / 1000, UTC).astimezone(HONG_KONG)
            begins = datetime.combine(here, time(), HONG_KONG)
            self._today = here.date()
            self._today_ends_ms = int(begins.timestamp()) * 1000 + DAY_MS
        return self._today

    @property
    def terms(self) -> Mapping[str, MarginTerms]:
        """How each instrument is margined, by the venues' rules in force today."""
        return self._terms(self.today)

    @cached_property
    def watched(self) -> Watched:
        """What was imported to be watched, as it is now."""
        from desk.engine.watched import Watched  # which looks at this desk

        return Watched(self)

    @property
    def sample(self) -> bool:
        """Whether the sample client stands in, because nobody has set a record."""
        return self.settings.sample_client and not self.state.client_set

    @property
    def client(self) -> ClientRecord | None:
        """The client record that gates are evaluated on."""
        record = self.state.client
        if self.sample:
            record = sample_client(self.catalogue.all(), self.today)
        if record is None or not self.state.disclosures:
            return record
        merged = tuple(sorted({*record.disclosures, *self.state.disclosures}))
        return msgspec.structs.replace(record, disclosures=merged)

    @property
    def overrides(self) -> dict[str, Override]:
        """Rule → the override that holds now; one whose time is up holds no more."""
        known = self.state.rules.overrides
        return {rule: one for rule, one in known.items() if self.wall_ms < one.expires_ms}

    @property
    def overridden(self) -> dict[str, str]:
        """What every decision records of the overrides that hold: rule → number."""
        return {rule: plain(one.value) for rule, one in self.overrides.items()}

    def number(self, rule: str, parameter: str | None = None) -> Decimal:
        """Return a limit as it holds now: what two people have put in its place, else the rule."""
        found = self.overrides.get(rule if parameter is None else f"{rule}.{parameter}")
        return self.rules.profile.number(rule, parameter) if found is None else found.value

    def mark(self, instrument_id: str) -> Decimal | None:
        """Return the last mark, fresh or not; `quality` says which."""
        return self.market.mark_price(instrument_id)

    def quality(self, instrument_id: str) -> str:
        """Return LIVE, STALE or UNKNOWN for an instrument's mark."""
        return self.market.quality(instrument_id, self.now_ns)

    def index(self, instrument_id: str) -> Decimal | None:
        """Return the venue's index, as it came with the mark."""
        market = self.market.get(instrument_id)
        return None if market is None else market.index_price

    def book(self, instrument_id: str) -> Book | None:
        """Return an instrument's book."""
        market = self.market.get(instrument_id)
        return None if market is None else market.book

    def book_state(self, instrument_id: str) -> str:
        """Return SYNCED, SYNCING or UNSYNCED."""
        book = self.book(instrument_id)
        return "UNSYNCED" if book is None else book.state

    def needed_marks(self, account: str) -> set[str]:
        """Return the instruments whose marks an account's figures stand on."""
        if self.state.accounts[account].watched:
            return self.watched.instruments_of(account)
        held = {i for (a, i), p in self.state.positions.items() if a == account and p.quantity}
        return held | {order.terms.instrument for order in self.state.live_orders(account)}

    def leverage(self, account: str, instrument_id: str) -> Decimal:
        """Return the leverage setting; the profile's cap where nobody set one."""
        set_to = self.state.leverages.get((account, instrument_id))
        return self.rules.default_leverage if set_to is None else set_to

    def held(self, account: str, instrument_id: str) -> Decimal:
        """Return the signed position; of spot, the coins: reduce-only orders are held to it."""
        instrument = self.catalogue.get(instrument_id)
        if instrument is not None and instrument.kind is Kind.SPOT:
            return self.state.ledger.balance(account, instrument.base)
        return self.state.position(account, instrument_id).quantity

    def cross_pnl(self, account: str, positions: Mapping[Key, Position]) -> Decimal:
        """Return what the cross positions of an account would bring at the last marks, some of
        them as they are given."""
        found = ZERO
        for (name, instrument_id), position in {**self.state.positions, **positions}.items():
            instrument, mark = self.catalogue.get(instrument_id), self.mark(instrument_id)
            cross = self.state.mode(name, instrument_id) is MarginMode.CROSS
            if name == account and cross and instrument is not None and mark is not None:
                found += position.unrealized_pnl(instrument, mark)
        return round_down(found, POSTING_INCREMENT)

    def fresh_mark(self, instrument_id: str) -> Decimal | None:
        """Return the mark while it is fresh, else None."""
        return self.mark(instrument_id) if self.quality(instrument_id) == "LIVE" else None

    def filled(self, order_id: str) -> Decimal:
        """Return what is known to have filled of an order."""
        order = self.state.orders.get(order_id)
        return Decimal(0) if order is None else order.filled

    def guarded(self, order: OrderTerms) -> Decimal | None:
        """Return what the legs of a bracket still stand behind; None for any other order."""
        return None if order.parent is None else self.state.brackets.left(order.parent)

    def lacks_margin(self, order: OrderTerms) -> bool:
        """Whether what is free of a margin pool is negative while an order that adds reserves
        its part of it, or spot cannot be paid for; what only reduces lacks nothing."""
        if order.reduce_only:
            return False
        if self.state.accounts[order.account].kind != "perpetual":
            return self._lacks_cash(order)
        held = self.held(order.account, order.instrument) * order.side.sign
        free = self.margin(order.account).available_margin
        return free is not None and free < 0 and order.quantity > -held

    def _lacks_cash(self, order: OrderTerms) -> bool:
        """Whether a buy that takes at market could cost more than its account has free for it:
        the mark may have jumped far beyond its trigger."""
        instrument, worst = self.catalogue.get(order.instrument), self.collar(order)
        if instrument is None or worst is None or order.side is Side.SELL:
            return False
        cost = instrument.notional(order.quantity, worst) * (1 + instrument.taker_fee_rate)
        return cost > self.free_balance(order.account, instrument.quote, without=order.id)

    def collar(self, order: OrderTerms) -> Decimal | None:
        """Return the worst price an order may take at market: the mark ± collar, on the tick,
        inside.

        Without a fresh mark the last best opposite price stands in for it, for orders that
        reduce: it must always be possible to get out.
        """
        instrument = self.catalogue.get(order.instrument)
        if order.type.has_price or instrument is None:
            return None
        reference, book = self.fresh_mark(instrument.id), self.book(instrument.id)
        if reference is None and book is not None:
            best = next(iter(book.levels(order.side.opposite)), None)
            reference = instrument.price(best[0]) if best is not None else None
        reference = reference or self.mark(instrument.id)
        if reference is None:
            return None
        worst = reference * (1 + self.rules.limits.collar_rate * order.side.sign)
        rounded = round_down if order.side is Side.BUY else round_up
        return rounded(worst, instrument.tick_size)

    def hear(self, event: MarketEvent) -> None:
        """Take in what a venue said."""
        if type(event) is InstrumentListed:
            self.catalogue.replace(event.terms)
            self.changes += 1
        self.market.apply(event)
        if type(event) is MarkPrice:
            self._inputs.heard_mark(event.instrument)
            if event.mark.is_finite() and event.mark > 0:
                window = self.windows.setdefault(event.instrument, MarkWindow())
                window.add(event.ts_recv_ns, event.mark)

    def pass_time(self, boot_ns: int, wall_ms: int) -> None:
        """Take the time, and look at what all venues say."""
        self.now_ns, self.wall_ms = max(self.now_ns, boot_ns), self.clock.tell(boot_ns, wall_ms)
        self.reference.look(self.now_ns)

    def skew_ms(self, connection: str) -> int | None:
        """Return the venue's clock minus this machine's, at the quickest message so far."""
        offset_ms = self.market.connection(connection).clock.offset_ms
        return None if offset_ms is None else self.now_ns // 1_000_000 - offset_ms - self.wall_ms

    def book_of(self, event: MarketEvent) -> BookLevels | None:
        """Return the book that an event is about."""
        return None if isinstance(event, FeedStatus) else self.book(event.instrument)

    def account_input(self, account: str, *, without: str | None = None) -> AccountInput:
        """Return a perpetual account for margin; `without` leaves one order out."""
        if self.state.accounts[account].watched:
            return self.watched.account_input(account)
        return self._inputs.without(account, without)

    def level(self, account: str) -> str:
        """Return the margin level of a perpetual account at the last marks."""
        return self._measure(account).level

    def margin(self, account: str) -> MarginFigures:
        """Return what decides about a perpetual account at the last marks."""
        return self._measure(account).figures

    def figures(self, account: str) -> AccountFigures:
        """Return all figures of a perpetual account at the last marks, for those who read them."""
        measured = self._measure(account)
        known = self._figures.get(account)
        if known is None or known[0] is not measured:
            known = self._figures[account] = (measured, all_figures(measured))
        return known[1]

    def _measure(self, account: str) -> Measured:
        """Measure an account, once for all that goes into it."""
        given = self.account_input(account)
        known = self._measured.get(account)
        if known is None or (known.given is not given and known.given != given):
            known = self._measured[account] = measure(given, known)
        return known

    def has_traded(self, instrument_id: str) -> bool:
        """Whether the journal holds anything that is read by the terms of an instrument."""
        state = self.state
        return any(held == instrument_id for _, held in state.positions) or any(
            order.terms.instrument == instrument_id for order in state.orders.values()
        )

    def free_balance(self, account: str, asset: str, *, without: str | None = None) -> Decimal:
        """Return a spot balance less what working orders will pay; `without` leaves one out."""
        spoken = spoken_for(self, account, asset, without)
        return self.state.ledger.balance(account, asset) - spoken
