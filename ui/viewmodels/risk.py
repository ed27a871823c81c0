"""The risk panel: one card an account, the worst first and in full."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

import msgspec

from desk.engine.risk_snapshot import LoanView
from desk.engine.snapshot import AccountView, CollateralView, DeskFrame, PositionView, TotalsView
from ui.viewmodels.close_out_card import CloseOut, alone, away, close_out_of
from ui.viewmodels.figure import Figure, Gauge, figure_of
from ui.viewmodels.loan_figures import fall_words, loan_figures
from ui.viewmodels.missing import missing_for_totals
from ui.viewmodels.names import word
from ui.viewmodels.position_totals import is_live
from ui.viewmodels.text import (
    UNKNOWN,
    change,
    countdown,
    decimals_of,
    moment,
    money,
    number,
    ratio,
    signed,
)
from ui.viewmodels.tone import LEVEL_TONES, LEVEL_WORDS, Tone, of_profit, rank
from ui.viewmodels.translation import tr

_CENT = Decimal("0.01")
_KINDS = {"perpetual": 1, "financing": 2}
"""Among accounts that are equally calm the one that trades stands first."""


class CollateralRow(msgspec.Struct, frozen=True):
    """One asset with what of it counts, and its share of the bar."""

    asset: str
    quantity: str
    price: str
    haircut: str
    counted: str
    share: float
    cut: float


class AccountCard(msgspec.Struct, frozen=True):
    """One account."""

    account: str
    subtitle: str
    level: str
    level_word: str
    tone: Tone
    utilization: str
    margin_ratio: str
    gauge: Gauge
    figures: tuple[Figure, ...]
    close_out: CloseOut | None
    collateral: tuple[CollateralRow, ...]
    collateral_total: str
    cure_within: str
    """Countdown of a margin call; empty when none runs."""
    is_margined: bool
    is_idle: bool
    """Nothing at stake: no figure is owed, so none is unknown."""
    holdings: str
    is_stale: bool
    since: str = ""
    """When a level began that is not normal."""
    is_watched: bool = False
    venue_ratio: str = ""
    """The venue's own, which knows no haircut; empty: it is not known."""
    cure_by: str = ""
    """When the countdown of a call ends; empty when none runs."""
    note: str = ""
    """What else is worth a word where there is little room: `call at −8.3%`."""


class RiskView(msgspec.Struct, frozen=True):
    """All cards and the desk's totals."""

    cards: tuple[AccountCard, ...]
    totals: tuple[Figure, ...]
    missing: str
    """Why a total is unknown; empty: all are known."""
    called: str = ""
    """The worst account that needs a cure."""

    @property
    def is_calm(self) -> bool:
        """Whether every account is known to be far from a call."""
        return all(card.level == "NORMAL" for card in self.cards)


def risk_view(frame: DeskFrame) -> RiskView:
    """Make the cards of a frame, worst first, accounts without leverage last."""
    ordered = sorted(frame.accounts, key=_badness)
    missing = missing_for_totals(frame)
    return RiskView(
        tuple(account_card(account, frame) for account in ordered),
        _totals(frame.totals, missing, live=is_live(frame)) if frame.totals else (),
        _first_missing(missing),
        next((a.account for a in ordered if needs_cure(a)), ""),
    )


def needs_cure(account: AccountView) -> bool:
    """Whether there is something to cure, and it is this desk's to cure."""
    return account.level in {"MARGIN_CALL", "CLOSE_OUT"} and not account.watched


def _badness(account: AccountView) -> tuple[bool, int, float, str]:
    used = float(account.margin_utilization or 0)
    place = _KINDS.get(account.kind, 0)
    return account.kind == "spot", -rank(account.level), -used, f"{place} {account.account}"


def account_card(account: AccountView, frame: DeskFrame) -> AccountCard:
    """One account's words."""
    left = None if account.cure_deadline_ms is None else account.cure_deadline_ms - frame.wall_ms
    positions = [p for p in frame.positions if p.account == account.account]
    ticks = {m.instrument: m.tick_size for m in frame.markets}
    watched = tr("WATCHED") if account.watched else ""
    parts = [watched, account.venue or word(account.kind), word(account.margin_mode or "")]
    loan = next((one for one in frame.loans if one.account == account.account), None)
    rows = _collateral(account.collateral)
    return AccountCard(
        account=account.account,
        subtitle=" · ".join(part for part in parts if part),
        level=account.level,
        level_word=LEVEL_WORDS.get(account.level, account.level),
        tone=LEVEL_TONES.get(account.level, Tone.DANGER),
        utilization=ratio(account.margin_utilization),
        margin_ratio=ratio(account.margin_ratio),
        gauge=Gauge(
            _float(account.margin_utilization),
            _float(account.margin_ratio),
            account.kind == "perpetual",
            account.level,
            is_loan=account.kind == "financing",
        ),
        figures=_figures(account) if loan is None else loan_figures(loan)[:6],
        close_out=close_out_of(account, positions, ticks, frame) if positions else None,
        collateral=rows,
        collateral_total=f"{_sum_text(account.collateral)} {account.currency}",
        cure_within="" if left is None else countdown(left),
        is_margined=account.kind != "spot",
        is_idle=account.level == "NORMAL" and account.margin_utilization is None,
        holdings=" · ".join(
            f"{_held(row.quantity)} {row.asset}" for row in account.collateral if row.quantity
        ),
        is_stale=account.quality != "LIVE",
        since=_since(account),
        is_watched=account.watched,
        venue_ratio="" if account.venue_ratio is None else ratio(account.venue_ratio),
        cure_by=cure_by(account.cure_deadline_ms),
        note=_note(loan, positions, ticks),
    )


def cure_by(deadline_ms: int | None) -> str:
    """When a call must be met."""
    return "" if deadline_ms is None else tr("by {time}", time=moment(deadline_ms))


def _note(loan: LoanView | None, positions: list[PositionView], ticks: dict[str, Decimal]) -> str:
    """How far a loan is from its call, or one isolated position from its liquidation."""
    if loan is not None:
        fall = loan.price_fall_to_margin_call
        return tr("call at {fall}", fall=fall_words(loan, fall)) if fall else ""
    if len(positions) != 1 or positions[0].margin_mode != "isolated":
        return ""
    (held,) = positions
    shown = alone(held, ticks, held.instrument).value
    return tr("liq. {price}  {distance}", price=shown, distance=away(held))


def _since(account: AccountView) -> str:
    if account.level == "NORMAL" or account.level_since_ms is None:
        return ""
    level = LEVEL_WORDS.get(account.level, account.level)
    return tr("{level} since {time}", level=level, time=moment(account.level_since_ms))


def _figures(account: AccountView) -> tuple[Figure, ...]:
    available = account.available_margin
    low = available is not None and available < 0

    def figure(label: str, name: str, tone: Tone = Tone.TEXT) -> Figure:
        value: Decimal | None = getattr(account, name)
        return figure_of(label, money(value), tone, f"{account.account}.{name}", _why(account))

    return (
        figure(tr("Equity"), "equity"),
        figure(tr("Collateral value"), "collateral_value"),
        figure(tr("Available"), "available_margin", Tone.DANGER if low else Tone.TEXT),
        figure(tr("Initial margin"), "initial_margin"),
        figure(tr("Order margin"), "order_margin"),
        figure(tr("Maintenance"), "maintenance_margin"),
    )


def _why(account: AccountView) -> str:
    """Why a figure of the account may be unknown."""
    reasons = {"STALE": tr("a mark or a price is too old"), "UNKNOWN": tr("a mark is missing")}
    return reasons.get(account.quality, tr("it does not apply to this account"))


def _collateral(assets: list[CollateralView]) -> tuple[CollateralRow, ...]:
    gross = {row.asset: _gross(row) for row in assets}
    total = sum(gross.values())
    return tuple(
        CollateralRow(
            asset=row.asset,
            quantity=number(row.quantity, 0 if abs(row.quantity) >= 10_000 else 2),
            price=UNKNOWN if row.price is None else f"× {money(row.price, 2)}",
            haircut=UNKNOWN if row.haircut is None else change(-row.haircut, 0),
            counted=money(row.value),
            share=gross[row.asset] / total if total else 0.0,
            cut=_float(row.haircut) or 0.0,
        )
        for row in assets
        if row.quantity
    )


def _held(quantity: Decimal) -> str:
    """Every decimal that is there: `200,000`, `0.25`."""
    return number(quantity, decimals_of(quantity))


def _gross(row: CollateralView) -> float:
    """Length of an asset's segment: its counted value with the haircut added back."""
    kept = 1 - float(row.haircut or 0)
    return max(0.0, float(row.value or 0)) / kept if kept > 0 else 0.0


def _sum_text(assets: list[CollateralView]) -> str:
    values = [row.value for row in assets if row.quantity]
    if any(value is None for value in values):
        return UNKNOWN
    return money(sum((value for value in values if value is not None), Decimal(0)))


def _first_missing(missing: Mapping[str, str]) -> str:
    """What most figures lack, once."""
    reasons = list(dict.fromkeys(missing.values()))
    return max(reasons, key=list(missing.values()).count, default="")


def _totals(totals: TotalsView, missing: Mapping[str, str], *, live: bool) -> tuple[Figure, ...]:
    """The desk's figures; one that is unknown says what is missing."""
    plain = Tone.TEXT if live else Tone.STALE

    def figure(label: str, name: str, value: str, of: str = "", tone: Tone = plain) -> Figure:
        return figure_of(label, value, tone, of, missing.get(name, ""))

    unit = totals.currency
    return (
        figure(tr("Equity {currency}", currency=unit), "equity", money(totals.equity),
               "totals.equity"),
        figure(tr("BTC delta"), "btc_delta", signed(totals.btc_delta, 2), "totals.btc_delta"),
        figure(tr("ETH delta"), "eth_delta", signed(totals.eth_delta, 1), "totals.eth_delta"),
        figure(tr("Day P&L {currency}", currency=unit), "day_pnl", signed(totals.day_pnl),
               tone=of_profit(totals.day_pnl, live=live)),
        figure(tr("Funding / day"), "funding_per_day", signed(totals.funding_per_day)),
        figure(tr("Firm capital"), "firm_capital", money(totals.firm_capital),
               "totals.capital_view"),
    )  # fmt: skip


def _float(value: Decimal | None) -> float | None:
    return None if value is None else float(value)
