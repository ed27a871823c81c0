"""What a journal row changes, as typed parts of its data.

A row's type says what happened in the trader's words; its parts say what follows from it, and
the fold (`desk.engine.state`) looks at the parts alone. So a restart needs no knowledge of how
a decision was taken.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any, TypeAlias

import msgspec

from desk.engine.alert_book import AlertChange
from desk.engine.lending import LendingChange
from desk.engine.program_book import ProgramChange
from desk.engine.rule_state import RuleChange
from desk.execution.outcome import Outcome
from desk.ledger.book import Posting
from desk.model.errors import JournalBroken
from desk.model.journal import Entry, Row
from desk.model.orders import Amendment, Fill, MarginMode, OrderTerms
from desk.risk.portfolio import Portfolio

Unit: TypeAlias = tuple[str, str | None]
"""Account, and the instrument of an isolated position; None: the account's cross pool."""


class NewOrder(msgspec.Struct, frozen=True, kw_only=True):
    """An order that leaves the desk, with the price a market order may not pass."""

    terms: OrderTerms
    collar_price: Decimal | None = None


class Latch(msgspec.Struct, frozen=True, kw_only=True):
    """A reason why the desk is not ACTIVE, kept until a person lifts it."""

    key: str
    """`kill`, `heartbeat`, `journal`, `reconciliation`, `repeat`, `daily_loss`, `crash`."""
    state: str
    """`REDUCING` or `HALTED`."""
    reason: str
    since_ms: int


class CloseOut(msgspec.Struct, frozen=True, kw_only=True):
    """One close-out of a cross pool or of an isolated position, from trigger to end."""

    account: str
    instrument: str | None = None
    """The isolated position that is closed out; None: the cross pool."""
    number: int
    """Counts the close-outs of this desk."""
    triggered_ms: int
    at_trigger: dict[str, Decimal]
    """Instrument → size of the position then: a step takes a share of it."""
    reason: str
    orders: tuple[str, ...] = ()
    """Its steps, oldest first."""
    ended_ms: int | None = None
    """None while it runs."""

    @property
    def unit(self) -> Unit:
        """What is closed out."""
        return self.account, self.instrument


class Liquidation(msgspec.Struct, frozen=True, kw_only=True):
    """A liquidation by the venue, of a cross pool or of an isolated position."""

    account: str
    instrument: str | None = None
    number: int
    """Counts the venue's liquidations of this desk."""
    orders: tuple[OrderTerms, ...] = ()
    fills: tuple[Fill, ...] = ()
    """One an order: what the venue has taken over."""
    ended: bool = False

    @property
    def unit(self) -> Unit:
        """What is liquidated."""
        return self.account, self.instrument


class Change(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The parts; each is empty where a row does not touch it."""

    what: dict[str, Any] = {}
    """The command or event in plain words and numbers, for readers of the journal."""
    content: str | None = None
    """Digest of the command: the same id with another digest is denied."""
    postings: tuple[Posting, ...] = ()
    orders: tuple[NewOrder, ...] = ()
    cancels: tuple[str, ...] = ()
    """Orders whose cancel has been asked for."""
    amends: tuple[Amendment, ...] = ()
    """Amendments that have been asked for."""
    turns: tuple[str, ...] | None = None
    """The last order of this row turns a position round that these reduce-only orders stand
    behind."""
    unguarded: tuple[tuple[str, str], ...] = ()
    """Parent and role of protective legs that were refused: not asked again for these fills."""
    outcome: Outcome | None = None
    latch: Latch | None = None
    lift: bool = False
    """Removes every latch but that of a day's loss, which a person alone cannot lift."""
    unlatch: str = ""
    """The key of one latch that is lifted by itself."""
    leverage: tuple[str, str, Decimal] | None = None
    """Account, instrument, setting."""
    mode: tuple[str, str, MarginMode] | None = None
    client: dict[str, Any] | None = None
    client_cleared: bool = False
    disclosure: str | None = None
    level: tuple[str, str] | None = None
    """Account and its new level."""
    lending: LendingChange | None = None
    close_out: CloseOut | None = None
    """A close-out that begins or ends."""
    liquidation: Liquidation | None = None
    """A liquidation that begins, takes over or ends."""
    step_of: Unit | None = None
    """The close-out whose next step the order of this row is."""
    close_out_order: tuple[str, tuple[str, ...]] | None = None
    """Account and the instruments that a close-out reduces first."""
    funding: tuple[str, str, int] | None = None
    """Account, instrument and the moment (wall clock) that funding was settled or missed for."""
    rules: RuleChange | None = None
    programs: ProgramChange | None = None
    alerts: AlertChange | None = None
    imported: Portfolio | None = None
    """What is watched from now on, in place of all that was."""

    def plain(self) -> dict[str, Any]:
        """Return the parts as plain JSON values: what the journal holds and gives back."""
        return msgspec.json.decode(msgspec.json.encode(self))

    def entry(
        self,
        about: str,
        *,
        time_ms: int,
        client_id: str | None = None,
        account: str | None = None,
        reserve: bool = False,
    ) -> Entry:
        """Return the journal entry that records this change."""
        return Entry(
            type=about,
            data=self.plain(),
            id=client_id,
            account=account,
            time_ms=time_ms,
            reserve=reserve,
        )


def change_of(row: Row, path: str = "journal") -> Change:
    """Read the parts of a stored row; raise JournalBroken when they are not of this shape."""
    try:
        return msgspec.convert(row.entry.data, Change)
    except msgspec.ValidationError as error:
        raise JournalBroken(path, row.seq, f"the row holds {error}") from None
