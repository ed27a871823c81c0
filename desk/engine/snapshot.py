"""The frame: everything the screen may know, frozen at one moment.

The window computes nothing: a figure that is not here is not on the screen. Unknown is None.
Prices and money are Decimal (text on the pipe); ages are milliseconds at `ts_ns`.
"""

from __future__ import annotations

from decimal import Decimal

import msgspec

from desk.engine.alert_snapshot import AlertRuleView, AlertView
from desk.engine.chart_snapshot import CandlesView
from desk.engine.order_snapshot import ExecutionView, FillView, OrderView, ProgramView
from desk.engine.risk_snapshot import ClientView, CloseOutView, LoanView, OverrideView
from desk.engine.setting_snapshot import SettingView
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
    """In base coins, one side; None without a mark for contracts that are worth dollars."""
    spread: Decimal | None
    mark_age_ms: int | None
    book_age_ms: int | None
    book_state: str
    """`SYNCED`, `SYNCING`, `UNSYNCED`."""
    quality: str
    """`LIVE`, `STALE`, `UNKNOWN`."""
    quantity_unit: str = ""
    """What a quantity counts: a coin, or `ct` for contracts; empty: the base coin."""
    funding_interval_h: int | None = None
    """Hours that the rate is for; with no next time, funding is continuous."""
    deviation: Decimal | None = None
    """Mark ÷ consensus − 1, a fraction; None without either."""


class BookView(msgspec.Struct, frozen=True, kw_only=True):
    """Levels of the selected instrument, best first."""

    instrument: str
    bids: list[tuple[Decimal, Decimal]]
    """Price and quantity; grouped, the price is the group's edge away from the other side."""
    asks: list[tuple[Decimal, Decimal]]
    group: int = 1
    """Ticks that a level holds."""
    traded: list[tuple[Decimal, Decimal]] = []
    """Price (of the group: its lower edge) and quantity that traded there since the desk began to
    listen, highest price first, as far as the levels reach."""


class FeedView(msgspec.Struct, frozen=True, kw_only=True):
    """One lamp: a venue's connections."""

    venue: str
    age_ms: int | None
    """Age of the oldest needed mark, lost or not; None: one was never seen."""
    amber_ms: int
    stale_ms: int
    gaps: int
    rejected: int
    note: str
    skew_ms: int | None = None
    """The venue's clock minus this machine's, at the quickest message; None: it stamps nothing."""
    inactive: int = 0
    """Streams that are wanted and that the venue has not shown on the present socket."""
    down: str = ""
    """What was last said of each connection that is not up; empty: all are, or none was tried."""


class StreamView(msgspec.Struct, frozen=True, kw_only=True):
    """One stream of a connection."""

    connection: str
    name: str
    """In the venue's words."""
    kind: str
    """`book`, `top`, `trades`, `mark`, `index`, `funding`, `open_interest`, `candles`, …"""
    instrument: str | None
    active: bool
    age_ms: int | None
    """Since its last message; None: nothing was ever received."""
    limit_ms: int | None
    """Older is stale; None: it may be silent for any time."""
    messages: int
    state: str
    """`LIVE`, `STALE`, `SILENT` (nothing yet), `QUIET` (old, and may be)."""


class QualityView(msgspec.Struct, frozen=True, kw_only=True):
    """What was wrong with one instrument's data since the start, and what is now."""

    instrument: str
    quality: str
    """`LIVE`, `STALE`, `UNKNOWN`."""
    book_state: str
    mark_age_ms: int | None
    book_age_ms: int | None
    gaps: int
    crossed: int
    jumps: int
    """Marks that lay more than 2 % from the one before."""
    deviation: Decimal | None
    """Mark ÷ consensus − 1, stablecoin quotes at the stablecoin's own price; a fraction."""
    diverging: bool
    blocked: str
    """Why its data allow no new risk, a short sentence; empty: they do."""


class IndexSourceView(msgspec.Struct, frozen=True, kw_only=True):
    """How one venue took part in a consensus index."""

    venue: str
    price: Decimal | None
    standing: str
    """`counted`, `held` (a jump that nobody confirms), `left out`, `silent`."""
    deviation: Decimal | None
    """Price ÷ index − 1, a fraction."""
    assumed: bool
    """Converted at par, for want of the stablecoin's own price."""
    age_ms: int | None


class IndexView(msgspec.Struct, frozen=True, kw_only=True):
    """The consensus index of one underlying in US dollars."""

    base: str
    value: Decimal | None
    state: str
    """`CONSENSUS` (three votes or more) or `THIN`."""
    votes: int
    sources: list[IndexSourceView]


class RateView(msgspec.Struct, frozen=True, kw_only=True):
    """What a currency is worth in US dollars."""

    asset: str
    usd: Decimal
    assumed: bool
    """Par, because live books gave no price, or none that they agree on."""


class PositionView(msgspec.Struct, frozen=True, kw_only=True):
    """One open position with what margin makes of it."""

    account: str
    instrument: str
    quantity: Decimal
    entry_price: Decimal
    mark_price: Decimal | None
    notional: Decimal | None
    unrealized_pnl: Decimal | None
    realized_pnl: Decimal | None
    """None: of a watched position nobody has said it."""
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
    distance_sigma: Decimal | None = None
    """Liquidation distance in standard deviations of one hour; None without history."""
    distance_minutes: Decimal | None = None
    """60 × (distance / σ)²."""
    uncertainty_causes: list[str] = []
    break_even_price: Decimal | None = None
    """Where closing now would leave nothing, fees of entry and exit and funding included."""


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
    common_sigma: Decimal | None = None
    """The nearer common move in standard deviations of one hour; None without history."""
    common_minutes: Decimal | None = None
    watched: bool = False
    venue_ratio: Decimal | None = None
    """The venue's own ratio, which knows no haircut: maintenance ÷ equity; None where isolated
    positions stand outside the pool."""


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
    day_realized: Decimal | None = None
    """Parts of `day_pnl`, since 00:00 HKT."""
    day_unrealized: Decimal | None = None
    day_fees: Decimal | None = None
    day_funding: Decimal | None = None


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
    accounts: list[AccountView]
    positions: list[PositionView]
    orders: list[OrderView]
    """Working first, then the last ones that ended."""
    fills: list[FillView]
    """Newest first."""
    rules: list[RuleView]
    totals: TotalsView | None = None
    indices: list[IndexView] = []
    """One an underlying: BTC, ETH."""
    rates: list[RateView] = []
    streams: list[StreamView] = []
    quality: list[QualityView] = []
    """One an instrument that is fed."""
    loans: list[LoanView] = []
    close_outs: list[CloseOutView] = []
    """One an account with positions."""
    client_gates: ClientView | None = None
    overrides: list[OverrideView] = []
    programs: list[ProgramView] = []
    """Running first, then the last ones that ended."""
    executions: list[ExecutionView] = []
    alert_rules: list[AlertRuleView] = []
    alerts: list[AlertView] = []
    """Newest first: all that nobody has seen, and the last ones that somebody has."""
    setting: SettingView | None = None
    """Of the selected instrument."""
    charts: list[CandlesView] = []
    """In the order in which they were wanted."""


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
    settings: dict[str, str] = {}
    """What this desk goes by of its folder's `settings.toml`, read at its start."""


class FilmFrame(msgspec.Struct, frozen=True, kw_only=True, tag="film"):
    """A picture of the past, as it was asked for: never to be taken for a live one."""

    number: int
    """Of the command that asked for it."""
    frame: DeskFrame
    next_ms: int | None
    """Wall clock of the picture after it; None: it is the last."""


PipeMessage = Hello | DeskFrame | EventMessage | FilmFrame


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """What the window sends: a numbered command, so that the answer can name it."""

    number: int
    payload: msgspec.Raw
    """An encoded command of `desk.model.commands`."""
