"""Parts of the frame about loans, close-out, the client and the rules; unknown is None."""

from __future__ import annotations

from decimal import Decimal

import msgspec


class LoanCollateralView(msgspec.Struct, frozen=True, kw_only=True):
    """One piece of collateral of a financing account; money in the account's currency."""

    asset: str | None
    """None: a line of securities."""
    description: str
    quantity: Decimal | None
    market_value: Decimal | None
    haircut: Decimal
    margin_value: Decimal | None
    """After haircut and caps."""
    share: Decimal | None
    """Of the total margin value before any cut."""
    cap: Decimal | None
    """The most that share may be; None: no cap."""
    eligible: bool


class LoanLineView(msgspec.Struct, frozen=True, kw_only=True):
    """What is owed in one asset, in that asset."""

    asset: str
    principal: Decimal
    accrued_interest: Decimal
    annual_rate: Decimal | None
    """A fraction."""
    interest_per_day: Decimal | None


class LoanView(msgspec.Struct, frozen=True, kw_only=True):
    """One financing account."""

    account: str
    lender: str
    execution: str
    """`paper`: the desk may sell pledged coins; anything else: it plans and alarms."""
    currency: str
    level: str
    market_value: Decimal | None
    margin_value: Decimal | None
    capital_value: Decimal | None
    """The firm's view: virtual assets count nothing."""
    loan: Decimal | None
    accrued_interest: Decimal | None
    loan_to_value: Decimal | None
    utilization: Decimal | None
    excess: Decimal | None
    price_fall_to_margin_call: Decimal | None
    price_fall_to_close_out: Decimal | None
    price_fall_to_shortfall: Decimal | None
    falls_known: bool
    """True with None: no fall reaches it."""
    credit_limit: Decimal | None
    securities_share: Decimal | None
    group_share: Decimal | None
    group_cap: Decimal | None
    advances_stopped_since_ms: int | None
    cure_deadline_ms: int | None
    collateral: list[LoanCollateralView]
    stress: list[tuple[Decimal, str, Decimal | None]]
    """Fall of virtual assets, level and utilization there."""
    loans: list[LoanLineView] = []
    notes: list[str] = []
    """What a reader of converted figures should know: a rate that is not set, or old."""
    watched: bool = False


class CloseOutStepView(msgspec.Struct, frozen=True, kw_only=True):
    """One step of a close-out; amounts in the account's settle asset."""

    instrument: str
    side: str
    quantity: Decimal
    expected_price: Decimal | None
    fee: Decimal | None
    margin_ratio_after: Decimal | None
    status: str = "planned"
    """`planned`, `working`, `done`."""


class CloseOutView(msgspec.Struct, frozen=True, kw_only=True):
    """What the desk would do now to bring an account back, or is doing."""

    account: str
    phase: str
    """`standing`, `confirming`, `running`, `done`."""
    reason: str
    """Why it waits or runs, a sentence."""
    triggered_ms: int | None
    steps: list[CloseOutStepView]
    preference: list[str]


class GateView(msgspec.Struct, frozen=True, kw_only=True):
    """One condition on the client, and whether it is met."""

    rule: str
    met: bool
    said: str
    origin: str
    expires: str | None
    """ISO date."""


class ClientView(msgspec.Struct, frozen=True, kw_only=True):
    """The client as the gates see him."""

    name: str
    sample: bool
    gates: list[GateView]
    disclosures: list[str]
    """Sheets acknowledged, INSTRUMENT@VERSION."""


class OverrideView(msgspec.Struct, frozen=True, kw_only=True):
    """A BENCHMARK rule that two people have set aside for a time."""

    rule: str
    value: Decimal
    normal: Decimal
    reason: str
    names: list[str]
    expires_ms: int
