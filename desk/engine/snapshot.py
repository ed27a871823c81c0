"""The frame: everything the screen may know, frozen at one moment.

The window computes nothing: a figure that is not here is not on the screen. Unknown is None.
Prices and money are Decimal (text on the pipe); ages are milliseconds at `ts_ns`.
"""

from __future__ import annotations

from decimal import Decimal

import msgspec

from desk.model.events import AnyEvent


class MarketView(msgspec.Struct, frozen=True, kw_only=True):
    """One instrument as the venue shows it now."""

    instrument: str
    venue: str
    kind: str
    base: str
    tick_size: Decimal
    lot_size: Decimal
    bid: Decimal | None
    ask: Decimal | None
    bid_quantity: Decimal | None
    ask_quantity: Decimal | None
    last: Decimal | None
    mark: Decimal | None
    index: Decimal | None
    basis_rate: Decimal | None
    """(perpetual − spot) / spot of the same venue, a fraction; None for spot."""
    funding_rate: Decimal | None
    next_funding_ms: int | None
    change_24h_rate: Decimal | None
    open_interest: Decimal | None
    spread: Decimal | None
    mark_age_ms: int | None
    book_age_ms: int | None
    book_state: str
    """`SYNCED`, `SYNCING`, `UNSYNCED`."""
    quality: str
    """`LIVE`, `STALE`, `UNKNOWN`."""
    quantity_unit: str = ""
    """What a quantity counts: a coin, or `ct` for contracts; empty: the base coin."""


class BookView(msgspec.Struct, frozen=True, kw_only=True):
    """Levels of the selected instrument, best first."""

    instrument: str
    bids: list[tuple[Decimal, Decimal]]
    asks: list[tuple[Decimal, Decimal]]


class SeriesView(msgspec.Struct, frozen=True, kw_only=True):
    """Points of the selected instrument since the time asked for, one a second."""

    instrument: str
    time_ms: list[int]
    mark: list[float | None]
    last: list[float | None]


class FeedView(msgspec.Struct, frozen=True, kw_only=True):
    """One lamp: a venue's connections."""

    venue: str
    age_ms: int | None
    """Age of the oldest needed stream; None: nothing was ever seen."""
    amber_ms: int
    stale_ms: int
    gaps: int
    rejected: int
    note: str


class PositionView(msgspec.Struct, frozen=True, kw_only=True):
    """One open position with what margin makes of it."""

    account: str
    instrument: str
    quantity: Decimal
    entry_price: Decimal
    mark_price: Decimal | None
    notional: Decimal | None
    unrealized_pnl: Decimal | None
    realized_pnl: Decimal
    margin_mode: str
    leverage: Decimal | None
    initial_margin: Decimal | None
    maintenance_margin: Decimal | None
    isolated_wallet: Decimal | None
    margin_ratio: Decimal | None
    level: str
    liquidation_price: Decimal | None
    liquidation_price_upper: Decimal | None
    liquidation_distance: Decimal | None
    common_move: Decimal | None
    """The account's common move to close-out, the nearer side, signed; None when isolated."""
    liquidation_known: bool
    """False: the figures above are unknown; True with None: no liquidation price exists."""
    uncertainty_low: Decimal | None
    uncertainty_high: Decimal | None
    bankruptcy_price: Decimal | None
    funding_rate: Decimal | None
    next_funding_ms: int | None
    funding_per_day: Decimal | None
    """Settle asset a day at the present rate and mark; negative is paid."""
    mark_age_ms: int | None
    quality: str
    settle: str


class CollateralView(msgspec.Struct, frozen=True, kw_only=True):
    """One asset of an account's collateral."""

    asset: str
    quantity: Decimal
    price: Decimal | None
    haircut: Decimal | None
    value: Decimal | None


class AccountView(msgspec.Struct, frozen=True, kw_only=True):
    """One account's figures, in `currency`; None is unknown."""

    account: str
    kind: str
    venue: str | None
    margin_mode: str | None
    currency: str
    level: str
    """`NORMAL`, `WARNING`, `MARGIN_CALL`, `CLOSE_OUT`, `UNKNOWN`."""
    equity: Decimal | None
    collateral_value: Decimal | None
    initial_margin: Decimal | None
    order_margin: Decimal | None
    maintenance_margin: Decimal | None
    available_margin: Decimal | None
    margin_utilization: Decimal | None
    margin_ratio: Decimal | None
    leverage: Decimal | None
    common_move_down: Decimal | None
    """Joint relative move of BTC and ETH (negative) at which close-out begins."""
    common_move_up: Decimal | None
    collateral: list[CollateralView]
    quality: str
    close_out_marks: dict[str, Decimal] = {}
    """By base asset: the mark it would have at the nearer common move."""
    level_since_ms: int | None = None
    """Wall clock at which the present level began."""
    cure_deadline_ms: int | None = None
    """Wall clock at which the countdown of a margin call ends; None: none runs."""


class TotalsView(msgspec.Struct, frozen=True, kw_only=True):
    """The whole desk in its reporting currency; None where a conversion is missing."""

    currency: str
    equity: Decimal | None
    btc_delta: Decimal | None
    eth_delta: Decimal | None
    day_pnl: Decimal | None
    funding_per_day: Decimal | None
    firm_capital: Decimal | None
    """The firm's capital view: virtual assets count nothing there."""


class OrderView(msgspec.Struct, frozen=True, kw_only=True):
    """One order, working or recently ended."""

    id: str
    account: str
    instrument: str
    side: str
    type: str
    quantity: Decimal
    filled: Decimal
    price: Decimal | None
    tif: str
    reduce_only: bool
    post_only: bool
    status: str
    reason: str
    time_ms: int


class FillView(msgspec.Struct, frozen=True, kw_only=True):
    """One recent fill."""

    id: str
    order_id: str
    account: str
    instrument: str
    side: str
    quantity: Decimal
    price: Decimal
    fee: Decimal
    fee_asset: str
    liquidity: str
    time_ms: int


class RuleView(msgspec.Struct, frozen=True, kw_only=True):
    """One rule as it stands now."""

    rule: str
    status: str
    value: str | None
    limit: str | None
    origin: str
    message: str


class DeskFrame(msgspec.Struct, frozen=True, kw_only=True, tag="frame"):
    """One picture of the whole desk."""

    seq: int
    """Counts frames."""
    ts_ns: int
    """Boot-time clock when the frame was built."""
    wall_ms: int
    data_ns: int
    """Boot-time clock of the newest market message in this frame (0: none yet)."""
    mode: str
    """`SIMULATED`, `PAPER`, `REPLAY`."""
    state: str
    latches: list[str]
    """Why the desk is not ACTIVE, a sentence each."""
    durable: bool
    client: str
    """What is known about the client; contains SAMPLE for the sample client."""
    profile: str
    profile_hash: str
    journal_seq: int
    engine_ms: float
    """Time the engine took to build the last frame."""
    messages: int
    """Market messages since start."""
    feeds: list[FeedView]
    markets: list[MarketView]
    book: BookView | None
    series: SeriesView | None
    accounts: list[AccountView]
    positions: list[PositionView]
    orders: list[OrderView]
    """Working first, then the last ones that ended."""
    fills: list[FillView]
    """Newest first."""
    rules: list[RuleView]
    totals: TotalsView | None = None


class EventMessage(msgspec.Struct, frozen=True, kw_only=True, tag="event"):
    """An event on its way to the window; `number` counts without holes."""

    number: int
    sent_ns: int
    """Boot-time clock when the engine sent it."""
    event: AnyEvent


class Hello(msgspec.Struct, frozen=True, kw_only=True, tag="hello"):
    """The first message on the pipe: what the window needs before any frame."""

    engine_pid: int
    desk_folder: str
    restart_argv: list[str]
    """The command that starts a new desk on the same folder, should this engine die."""
    crash_report: str
    """Of the window before this one; empty if it did not crash."""


PipeMessage = Hello | DeskFrame | EventMessage


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """What the window sends: a numbered command, so that the answer can name it."""

    number: int
    payload: msgspec.Raw
    """An encoded command of `desk.model.commands`."""
