"""Commands: what a person asks of the desk, in the imperative.

Every command that changes something carries `id`, the client id: the same id with the same
content is the same command, the same id with other content is denied.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TypeAlias

import msgspec

from desk.model.alert_commands import AcknowledgeAlert, RemoveAlert, SetAlert
from desk.model.blotter import AskBlotter, ExportBlotter
from desk.model.chart_wanted import ChartWanted
from desk.model.command import Command
from desk.model.film import AskFilm, AskMoments, CheckFilm
from desk.model.order_commands import (
    AmendOrder,
    CancelAll,
    CancelOrder,
    ClosePosition,
    Previewable,
    ReversePosition,
    SubmitLadder,
    SubmitOco,
    SubmitOrder,
    SubmitTwap,
)
from desk.model.orders import MarginMode


class Deposit(Command, frozen=True, kw_only=True, tag="deposit"):
    """Money comes in."""

    account: str
    asset: str
    quantity: Decimal


class Withdraw(Command, frozen=True, kw_only=True, tag="withdraw"):
    """Money goes out, if margin allows."""

    account: str
    asset: str
    quantity: Decimal


class Transfer(Command, frozen=True, kw_only=True, tag="transfer"):
    """Money moves between accounts of this desk, if margin allows."""

    source: str
    target: str
    asset: str
    quantity: Decimal


class Pledge(Command, frozen=True, kw_only=True, tag="pledge"):
    """Assets go from a spot account to a lender as collateral (negative: come back)."""

    account: str
    """The financing account."""
    asset: str
    quantity: Decimal
    source: str = "spot-1"


class PledgeSecurities(Command, frozen=True, kw_only=True, tag="pledge_securities"):
    """A line of securities as the broker values it; the same description replaces its line."""

    account: str
    description: str
    market_value: Decimal
    """0 takes the line away."""
    currency: str
    haircut: Decimal
    confirmed: bool = False
    """A line that brings a call or a close-out asks first; True answers that it is so."""


class Draw(Command, frozen=True, kw_only=True, tag="draw"):
    """Borrow: the money arrives in a spot account."""

    account: str
    asset: str
    quantity: Decimal
    target: str = "spot-1"
    annual_rate: Decimal | None = None
    """A fraction; holds for the whole loan in this asset from now on. None: the loan's, else the
    profile's."""


class Repay(Command, frozen=True, kw_only=True, tag="repay"):
    """Pay back: interest first, then principal, from a spot account."""

    account: str
    asset: str
    quantity: Decimal
    source: str = "spot-1"


class SetCreditLimit(Command, frozen=True, kw_only=True, tag="credit_limit"):
    """The most a client may draw, as agreed with the lender."""

    account: str
    asset: str
    quantity: Decimal


class SetFirmCapital(Command, frozen=True, kw_only=True, tag="firm_capital"):
    """The lending firm's own capital, by which its loans are measured."""

    asset: str
    quantity: Decimal


class SetExchangeRate(Command, frozen=True, kw_only=True, tag="exchange_rate"):
    """What one US dollar costs in a currency that no venue here prices; holds from today."""

    asset: str
    per_usd: Decimal


class SetCloseOutOrder(Command, frozen=True, kw_only=True, tag="close_out_order"):
    """The trader's own order of preference: which positions a close-out reduces first."""

    account: str
    instruments: tuple[str, ...]
    """Empty: by most margin relief per cost."""


class OverrideRule(Command, frozen=True, kw_only=True, tag="override"):
    """Two named people set a BENCHMARK rule aside until a moment; never one of SFC or LAW."""

    rule: str
    value: Decimal | None
    """The number that holds instead; None takes an override back."""
    reason: str
    first_name: str
    second_name: str
    expires_ms: int
    """Wall clock, UTC."""


class SetDailyLoss(Command, frozen=True, kw_only=True, tag="daily_loss"):
    """The most a day may lose; one person makes it less, two make it more or take it away."""

    limit: Decimal | None
    """USD; None: no loss of a day stops the desk."""
    first_name: str
    reason: str
    second_name: str = ""


class ImportAccounts(Command, frozen=True, kw_only=True, tag="import"):
    """The accounts of a portfolio document, to be watched; those imported before are replaced."""

    document: dict[str, object]


class Flatten(Command, frozen=True, kw_only=True, tag="flatten"):
    """Cancel every working order and close every position at market."""


class Kill(Command, frozen=True, kw_only=True, tag="kill"):
    """Halt the desk; cancel what could add risk, or everything with `everything`."""

    reason: str
    everything: bool = False


class Rearm(Command, frozen=True, kw_only=True, tag="rearm"):
    """Lift the latches: a named person with a reason of at least 10 characters."""

    name: str
    reason: str
    second_name: str | None = None


class SetLeverage(Command, frozen=True, kw_only=True, tag="leverage"):
    """Set the leverage of an instrument."""

    instrument: str
    leverage: Decimal
    account: str | None = None


class SetMarginMode(Command, frozen=True, kw_only=True, tag="mode"):
    """Set cross or isolated; only while flat and without working orders."""

    instrument: str
    mode: MarginMode
    account: str | None = None


class AddMargin(Command, frozen=True, kw_only=True, tag="margin"):
    """Move margin into (positive) or out of (negative) an isolated position."""

    instrument: str
    amount: Decimal
    account: str | None = None


class SetClient(Command, frozen=True, kw_only=True, tag="client"):
    """Replace the client record; None clears it."""

    record: dict[str, object] | None


class AcknowledgeDisclosure(Command, frozen=True, kw_only=True, tag="acknowledge"):
    """The client has read the disclosure sheet of an instrument."""

    disclosure: str
    """`INSTRUMENT@VERSION`."""


class TypedLine(Command, frozen=True, kw_only=True, tag="line"):
    """A line typed into the window, in the console's words: read and carried out by the desk.

    Answered like the command that it is. `armed`: the surface it was typed into may add risk; if
    not, only what reduces, cancels or asks is carried out.
    """

    text: str
    armed: bool = False


class Heartbeat(Command, frozen=True, kw_only=True, tag="heartbeat"):
    """The attached window is alive."""


class WindowClosing(Command, frozen=True, kw_only=True, tag="goodbye"):
    """The trader closes the window; `choice` is None while only asking.

    `cancel_all`: cancel every working order and leave; `leave_positions`: cancel orders that
    could add risk, leave positions and protective orders; `stay`: do not leave; `reopen`: another
    window at once, with nothing left, cancelled or journaled.
    """

    choice: str | None = None


class WindowFailed(Command, frozen=True, kw_only=True, tag="failed"):
    """The window has an error that nobody took: what it shows may be wrong."""

    what: str


class PreviewOrder(Command, frozen=True, kw_only=True, tag="preview"):
    """What would this order do? Nothing is journaled."""

    order: Previewable


AccountCommand: TypeAlias = SetLeverage | SetMarginMode | AddMargin | Withdraw | Transfer
"""What changes the terms of an account, and is judged with the account before and after."""


class PreviewChange(Command, frozen=True, kw_only=True, tag="preview_change"):
    """What would this change of an account do? Nothing is journaled."""

    change: AccountCommand


class Ask(Command, frozen=True, kw_only=True, tag="ask"):
    """A question: `status`, `positions`, `orders`, `risk`, `rules`, `client`, `sync`, …"""

    about: str
    """Also `explain`, `disclosure`, `stress`, `rehearse`, `cure`; of a line being typed `line`
    (what it would do) and `complete` (how it may go on); `blotter`."""
    of: str = ""
    """The figure (`perp-1.margin_ratio`), instrument or account that is meant."""
    shocks: dict[str, Decimal] = msgspec.field(default_factory=dict[str, Decimal])
    """For `rehearse`: coin → relative move."""


class NextFrame(Command, frozen=True, kw_only=True, tag="frame"):
    """The window has painted and may have the next frame."""

    selected: str | None = None
    """The instrument whose book the window shows."""
    streams: bool = False
    """Every stream of every connection is wanted: somebody looks at them."""
    levels: int = 20
    """Levels of each side of the selected book that are wanted, after grouping."""
    group: int = 1
    """Ticks that a level of the selected book holds."""
    charts: list[ChartWanted] = msgspec.field(default_factory=list[ChartWanted])
    """One a chart that can be seen."""


AnyCommand: TypeAlias = (
    Deposit
    | Withdraw
    | Transfer
    | Pledge
    | PledgeSecurities
    | Draw
    | Repay
    | SetCreditLimit
    | SetFirmCapital
    | SetExchangeRate
    | SetCloseOutOrder
    | OverrideRule
    | SetDailyLoss
    | ImportAccounts
    | SubmitOrder
    | SubmitOco
    | SubmitLadder
    | SubmitTwap
    | AmendOrder
    | CancelOrder
    | CancelAll
    | ClosePosition
    | ReversePosition
    | Flatten
    | Kill
    | Rearm
    | SetLeverage
    | SetMarginMode
    | AddMargin
    | SetClient
    | AcknowledgeDisclosure
    | SetAlert
    | RemoveAlert
    | AcknowledgeAlert
    | TypedLine
    | Heartbeat
    | WindowClosing
    | WindowFailed
    | PreviewOrder
    | PreviewChange
    | Ask
    | AskBlotter
    | ExportBlotter
    | AskMoments
    | AskFilm
    | CheckFilm
    | NextFrame
)
