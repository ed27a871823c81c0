"""Figures as screen and console show them: a view per account, position, order, market."""

from __future__ import annotations

from decimal import Decimal

from desk.engine.accounts import Account
from desk.engine.conversion import exact_worth
from desk.engine.cure_watch import deadline_of
from desk.engine.day import day_pnl
from desk.engine.desk import Desk
from desk.engine.loan_totals import firm_capital, loan_equity
from desk.engine.loan_views import loan_account_view
from desk.engine.loans import loan_of
from desk.engine.market_views import next_funding_ms
from desk.engine.snapshot import (
    AccountView,
    CollateralView,
    PositionView,
    TotalsView,
)
from desk.engine.uncertainty import pool_sigma, sigma, spans
from desk.ledger.break_even import break_even_price
from desk.ledger.position import Position
from desk.margin.funding import forecast, payment
from desk.margin.inputs import AccountFigures, PositionFigures
from desk.margin.room import in_minutes, in_sigmas
from desk.margin.rounding import ratio_up, written
from desk.market.instrument_market import InstrumentMarket
from desk.model.instrument import Instrument
from desk.model.numbers import ZERO
from desk.model.orders import MarginMode
from desk.risk.evaluation import Span
from desk.risk.portfolio import FinancingAccount

DAY_MS = 86_400_000

TOTAL_CURRENCY = "USDT"


def account_views(desk: Desk) -> list[AccountView]:
    """Return every account, in the order of the desk."""
    return [account_view(desk, account) for account in desk.state.accounts.values()]


def account_view(desk: Desk, account: Account) -> AccountView:
    """Return one account's figures."""
    if account.kind == "perpetual":
        return _perpetual_view(desk, account, desk.figures(account.id))
    if account.kind == "financing":
        return loan_account_view(desk, account)
    return _holding_view(desk, account)


def account_quality(desk: Desk, account: str) -> str:
    """Return the worst quality of the marks an account's figures stand on."""
    held = desk.state.accounts[account]
    if held.watched:
        return desk.watched.quality(account)
    if held.kind == "financing":
        return "LIVE" if loan_of(desk, held).figures.known else "UNKNOWN"
    qualities = {desk.quality(instrument) for instrument in desk.needed_marks(account)}
    return next((q for q in ("UNKNOWN", "STALE") if q in qualities), "LIVE")


def _perpetual_view(desk: Desk, account: Account, figures: AccountFigures) -> AccountView:
    move, usual = _nearer(figures), pool_sigma(desk, figures)
    room = None if move is None else abs(move)
    return AccountView(
        account=account.id,
        kind=account.kind,
        venue=account.venue,
        margin_mode="cross",
        currency=figures.settle,
        level=desk.levels.get(account.id, figures.level) if figures.known else "UNKNOWN",
        equity=figures.equity,
        collateral_value=figures.collateral_value,
        initial_margin=figures.initial_margin,
        order_margin=figures.order_margin,
        maintenance_margin=figures.maintenance_margin,
        available_margin=figures.available_margin,
        margin_utilization=figures.margin_utilization,
        margin_ratio=figures.margin_ratio,
        leverage=figures.leverage,
        common_move_down=figures.common_move_down,
        common_move_up=figures.common_move_up,
        close_out_marks=_close_out_marks(figures, desk, account),
        collateral=[
            CollateralView(
                asset=held.asset,
                quantity=held.quantity,
                price=held.price,
                haircut=held.haircut,
                value=held.value,
            )
            for held in figures.collateral
        ],
        quality=account_quality(desk, account.id),
        level_since_ms=desk.state.level_since_ms.get(account.id),
        cure_deadline_ms=deadline_of(desk, account.id),
        common_sigma=in_sigmas(room, usual),
        common_minutes=in_minutes(room, usual),
        watched=account.watched,
        venue_ratio=_venue_ratio(figures),
    )


def _venue_ratio(figures: AccountFigures) -> Decimal | None:
    equity, due = figures.equity, figures.maintenance_margin
    isolated = any(p.margin_mode is MarginMode.ISOLATED and p.quantity for p in figures.positions)
    return None if isolated or due is None or equity is None else ratio_up(due, equity)


def _holding_view(desk: Desk, account: Account) -> AccountView:
    """Return an account without leverage: what it holds, valued in USDT.

    A watched one is valued in the document's currency.
    """
    currency = account.currency if account.watched else TOTAL_CURRENCY
    rows = [
        CollateralView(
            asset=asset,
            quantity=quantity,
            price=price,
            haircut=None,
            value=None if price is None else quantity * price,
        )
        for asset, quantity in balances(desk, account).items()
        for price in (_price(desk, account, asset),)
    ]
    values = [row.value for row in rows]
    known = [value for value in values if value is not None]
    return AccountView(
        account=account.id,
        kind=account.kind,
        venue=account.venue,
        margin_mode=None,
        currency=currency,
        level="NORMAL",
        equity=sum(known, ZERO) if len(known) == len(values) else None,
        collateral_value=None,
        initial_margin=None,
        order_margin=None,
        maintenance_margin=None,
        available_margin=None,
        margin_utilization=None,
        margin_ratio=None,
        leverage=None,
        common_move_down=None,
        common_move_up=None,
        collateral=rows,
        quality=(
            account_quality(desk, account.id)
            if account.watched
            else "LIVE"
            if len(known) == len(values)
            else "UNKNOWN"
        ),
        watched=account.watched,
    )


def balances(desk: Desk, account: Account) -> dict[str, Decimal]:
    """Return what an account holds by asset; of a loan, what is pledged."""
    if not account.watched:
        return dict(desk.state.ledger.balances(account.id))
    row = desk.watched.row(account.id)
    if isinstance(row, FinancingAccount):
        pledged = [(piece.asset, piece.quantity) for piece in row.collateral]
        return {asset: held for asset, held in pledged if asset is not None and held is not None}
    return {held.asset: held.quantity for held in row.balances}


def _price(desk: Desk, account: Account, asset: str) -> Decimal | None:
    if account.watched:
        return desk.watched.price(asset, account.currency)
    return exact_worth(desk, asset, TOTAL_CURRENCY)


def position_views(desk: Desk) -> list[PositionView]:
    """Return every open position of every perpetual account."""
    return [
        _position_view(desk, account, figures, position, span)
        for account in desk.state.accounts.values()
        if account.kind == "perpetual"
        for figures in (desk.figures(account.id),)
        if figures.positions
        for known in (spans(desk, account.id),)
        for position in figures.positions
        for span in (known[position.instrument],)
    ]


def _position_view(
    desk: Desk, account: Account, figures: AccountFigures, position: PositionFigures, span: Span
) -> PositionView:
    instrument, watched = _instrument(desk, account, position.instrument), account.watched
    market = desk.market.get(position.instrument)
    held = desk.state.position(account.id, position.instrument)
    isolated = position.margin_mode is MarginMode.ISOLATED
    usual = sigma(desk, position.instrument)
    return PositionView(
        account=account.id,
        instrument=position.instrument,
        quantity=position.quantity,
        entry_price=position.entry_price,
        mark_price=position.mark,
        notional=position.notional,
        unrealized_pnl=position.unrealized_pnl,
        realized_pnl=None if watched else held.realized_pnl,
        margin_mode=position.margin_mode.value,
        leverage=position.leverage,
        initial_margin=position.initial_margin,
        maintenance_margin=position.maintenance_margin,
        isolated_wallet=position.isolated_wallet,
        margin_ratio=position.margin_ratio,
        level=position.level,
        liquidation_price=position.liquidation_price,
        liquidation_price_upper=position.liquidation_price_upper,
        liquidation_distance=position.liquidation_distance,
        common_move=None if isolated else _nearer(figures),
        liquidation_known=position.liquidation_known,
        uncertainty_low=span.low,
        uncertainty_high=span.high,
        uncertainty_causes=list(span.causes),
        bankruptcy_price=position.bankruptcy_price,
        break_even_price=None if watched else _break_even(held, instrument),
        funding_rate=None if market is None else market.funding_rate,
        next_funding_ms=None if market is None else next_funding_ms(desk, market),
        funding_per_day=_funding_a_day(market, position),
        mark_age_ms=(
            desk.watched.mark_age_ms(position.instrument)
            if watched
            else desk.market.mark_age_ms(position.instrument, desk.now_ns)
        ),
        quality=(
            desk.watched.mark_quality(position.instrument)
            if watched
            else desk.quality(position.instrument)
        ),
        settle=instrument.settle,
        distance_sigma=in_sigmas(position.liquidation_distance, usual),
        distance_minutes=in_minutes(position.liquidation_distance, usual),
    )


def _break_even(held: Position, instrument: Instrument) -> Decimal | None:
    price = break_even_price(held, instrument)
    return None if price is None else written(price)


def _instrument(desk: Desk, account: Account, name: str) -> Instrument:
    """Return an instrument in the terms that hold for an account: a document may have its own."""
    if account.watched:
        return desk.watched.instrument(name)
    instrument = desk.catalogue.get(name)
    assert instrument is not None, f"a position in {name}, which is unknown"
    return instrument


def _nearer(figures: AccountFigures) -> Decimal | None:
    """Return the nearer side of the joint move to close-out, signed."""
    moves = [m for m in (figures.common_move_down, figures.common_move_up) if m is not None]
    return min(moves, key=abs, default=None)


def _close_out_marks(figures: AccountFigures, desk: Desk, account: Account) -> dict[str, Decimal]:
    """Return the mark each coin of the pool would have at the nearer common move."""
    move = _nearer(figures)
    if move is None:
        return {}
    marks: dict[str, Decimal] = {}
    for position in figures.positions:
        if position.mark is not None:
            base = _instrument(desk, account, position.instrument).base
            marks.setdefault(base, position.mark * (1 + move))
    return marks


def totals_view(desk: Desk, accounts: list[AccountView], held: list[PositionView]) -> TotalsView:
    """Return the whole desk in USDT; a figure that any part leaves unknown is None.

    What is only watched is not this desk's money, and no part of it.
    """
    accounts = [account for account in accounts if not account.watched]
    own = {account.account for account in accounts}
    held = [position for position in held if position.account in own]
    day = day_pnl(desk)
    return TotalsView(
        currency=TOTAL_CURRENCY,
        equity=_sum([_in_total(desk, account) for account in accounts]),
        btc_delta=_delta(desk, held, "BTC"),
        eth_delta=_delta(desk, held, "ETH"),
        day_pnl=day.total,
        day_realized=day.realized,
        day_unrealized=day.unrealized,
        day_fees=day.fees,
        day_funding=day.funding,
        funding_per_day=_sum([position.funding_per_day for position in held]),
        firm_capital=firm_capital(desk, TOTAL_CURRENCY),
    )


def _in_total(desk: Desk, view: AccountView) -> Decimal | None:
    """Return an account's equity; what cannot be converted exactly is unknown."""
    if view.kind == "financing" and not view.watched:
        return loan_equity(desk, view.account, TOTAL_CURRENCY)
    if not view.equity:
        return view.equity
    rate = exact_worth(desk, view.currency, TOTAL_CURRENCY)
    return None if rate is None else view.equity * rate


def _sum(values: list[Decimal | None]) -> Decimal | None:
    known = [value for value in values if value is not None]
    return sum(known, ZERO) if len(known) == len(values) else None


def _delta(desk: Desk, held: list[PositionView], coin: str) -> Decimal | None:
    """Return coin held plus the coin that perpetuals stand for."""
    parts: list[Decimal | None] = [
        desk.state.ledger.balance(account, coin) for account in desk.state.accounts
    ]
    for position in held:
        instrument = desk.catalogue.get(position.instrument)
        assert instrument is not None
        if instrument.base != coin:
            continue
        mark = position.mark_price
        parts.append(None if mark is None else instrument.base_quantity(position.quantity, mark))
    return _sum(parts)


def _funding_a_day(market: InstrumentMarket | None, position: PositionFigures) -> Decimal | None:
    """Return what funding brings in a day at the present rate and mark; longs pay when positive."""
    rate = None if market is None else market.funding_rate
    interval = None if market is None else market.funding_interval_h
    if rate is None or position.notional is None or not interval:
        return None
    one = payment(position.quantity, position.notional, rate)
    return forecast(one, interval, 0, DAY_MS, None)
