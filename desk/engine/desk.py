"""The desk as deciders see it: state, market, venue, rules and time, and the figures they give."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING

import msgspec

from desk.engine.change import Unit
from desk.engine.execution_state import ExecutionState
from desk.engine.order_inputs import order_inputs, spoken_for
from desk.engine.pace import Pace
from desk.engine.settings import Rules, Settings
from desk.engine.state import DeskState
from desk.engine.wall_clock import WallClock
from desk.execution.port import BookLevels, ExecutionClient
from desk.ledger.book import wallet
from desk.margin.account import account_figures
from desk.margin.inputs import (
    AccountFigures,
    AccountInput,
    MarginTerms,
    PositionInput,
)
from desk.market.book import Book
from desk.market.mark_window import MarkWindow
from desk.market.reference import Reference
from desk.market.state import MarketState
from desk.model.catalogue import Catalogue
from desk.model.instrument import Instrument, Kind
from desk.model.market_data import FeedStatus, InstrumentListed, MarketEvent, MarkPrice
from desk.model.numbers import plain, round_down, round_up
from desk.model.orders import MarginMode, OrderTerms, Side
from desk.risk.client import ClientRecord, sample_client
from desk.risk.close_out import StandingPlan
from desk.risk.override import Override

if TYPE_CHECKING:
    from desk.engine.watched import Watched

HONG_KONG = timezone(timedelta(hours=8), "HKT")


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
        self._figures: dict[str, tuple[object, AccountFigures]] = {}
        self.windows: dict[str, MarkWindow] = {}
        """The last minute's marks of each perpetual."""
        self.anomalies: dict[str, int] = {}
        self.ran_ns: dict[str, int] = {}
        """Instrument whose price runs away → since when, boot-time nanoseconds."""
        self._positions: dict[tuple[str, str], PositionInput] = {}
        """Account and instrument → the position as margin last saw it."""
        self.parts_due_ns: dict[str, tuple[int, int]] = {}
        """TWAP → its next part and when that is due, boot-time nanoseconds."""
        self.marks_version = 0
        """Counts changes of any perpetual's mark: figures are computed once for each."""

    @property
    def today(self) -> date:
        """The date in Hong Kong."""
        return datetime.fromtimestamp(self.wall_ms / 1000, UTC).astimezone(HONG_KONG).date()

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

    def fresh_mark(self, instrument_id: str) -> Decimal | None:
        """Return the mark while it is fresh, else None."""
        return self.mark(instrument_id) if self.quality(instrument_id) == "LIVE" else None

    def guarded(self, order: OrderTerms) -> Decimal | None:
        """Return what the legs of a bracket still stand behind; None for any other order."""
        return None if order.parent is None else self.state.brackets.left(order.parent)

    def lacks_margin(self, order: OrderTerms) -> bool:
        """Whether what is free of a margin pool is negative while an order that adds reserves
        its part of it; what only reduces lacks nothing."""
        if self.state.accounts[order.account].kind != "perpetual" or order.reduce_only:
            return False
        held = self.held(order.account, order.instrument) * order.side.sign
        free = self.figures(order.account).available_margin
        return free is not None and free < 0 and order.quantity > -held

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
        if isinstance(event, InstrumentListed):
            self.catalogue.replace(event.terms)
        self.market.apply(event)
        if isinstance(event, MarkPrice) and event.mark.is_finite() and event.mark > 0:
            window = self.windows.setdefault(event.instrument, MarkWindow())
            window.add(event.ts_recv_ns, event.mark)
        if isinstance(event, MarkPrice | InstrumentListed):
            self.marks_version += 1

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
        settle = self.state.accounts[account].settle
        assert settle is not None, f"{account} has no margin pool"
        tradeable = [i for i in self.catalogue.all() if i.kind is Kind.PERPETUAL]
        pool = [i for i in tradeable if i.settle == settle]
        terms = self.terms
        return AccountInput(
            id=account,
            settle=settle,
            balances=self.state.ledger.balances(account),
            haircuts={},
            prices={},
            positions=tuple(
                position
                for instrument in pool
                if (position := self._position_input(account, instrument)) is not None
            ),
            orders=order_inputs(self, account, without),
            marks={i.id: mark for i in pool if (mark := self.mark(i.id)) is not None},
            terms={i.id: terms[i.id] for i in pool if i.id in terms},
            leverages={i.id: self.leverage(account, i.id) for i in pool},
            modes={i.id: self.state.mode(account, i.id) for i in pool},
            collar_rate=self.rules.limits.collar_rate,
        )

    def _position_input(self, account: str, instrument: Instrument) -> PositionInput | None:
        held = self.state.position(account, instrument.id)
        entry = held.entry_price(instrument)
        if entry is None:
            return None
        mode = self.state.mode(account, instrument.id)
        isolated = mode is MarginMode.ISOLATED
        pocket = self.state.ledger.balance(wallet(account, instrument.id), instrument.settle)
        given = PositionInput(
            instrument=instrument,
            terms=self.terms.get(instrument.id, MarginTerms(model="binance")),
            quantity=held.quantity,
            entry_price=entry,
            mark=self.mark(instrument.id),
            leverage=self.leverage(account, instrument.id),
            margin_mode=mode,
            isolated_margin=pocket if isolated else None,
        )
        before = self._positions.get((account, instrument.id))
        if before == given:
            return before  # it carries with it what it requires
        self._positions[account, instrument.id] = given
        return given

    def figures(self, account: str) -> AccountFigures:
        """Return a perpetual account's figures at the last marks; computed once a change."""
        watched = self.state.accounts[account].watched
        given = self.account_input(account) if watched else None
        # The prices of what is watched change without a mark, too: all that goes in is compared.
        version: object = (self.changes, self.marks_version) if given is None else given
        known = self._figures.get(account)
        if known is not None and known[0] == version:
            return known[1]
        figures = account_figures(given or self.account_input(account))
        self._figures[account] = (version, figures)
        return figures

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
