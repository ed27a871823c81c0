"""How the figures of a perpetual account came about: its cross pool, and its isolated positions.

Account figures are in the report's currency, and so is what their formulas come to: the price of
the settle asset stands in them where it is not 1.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import NamedTuple

from desk.margin.account import market_of
from desk.margin.collateral import price_of
from desk.margin.common_move import MOVING, Leg
from desk.margin.curve import Piece, piece_at
from desk.margin.inputs import AccountFigures, AccountInput, OrderInput
from desk.margin.pool import Pool, cross_exposure, isolated_exposure, isolated_of, joint_of, pool_of
from desk.margin.requirement import Requirement, order_margin, requirement
from desk.margin.rounding import finely
from desk.model.numbers import ONE, ZERO
from desk.model.orders import MarginMode
from desk.risk.evaluation import Evaluation
from desk.risk.explain_position import Held, explain_position
from desk.risk.filled import UNKNOWN, Explained, Inputs, added, num, times
from desk.risk.report_rows import NO_SPAN, text


class Account(NamedTuple):
    """One perpetual account with all that its figures stand on."""

    evaluation: Evaluation
    given: AccountInput
    figures: AccountFigures
    measured: Sequence[Requirement]
    pool: Pool
    rate: Decimal | None
    """Its settle asset's price in the report's currency."""

    def converted(self, position: Requirement, amount: Decimal | None) -> str:
        """Write an amount in a position's settle asset in the account's."""
        return times(num(amount), price_of(self.given, position.position.instrument.settle))

    def reported(self, amount: str) -> str:
        """Write an amount of the account in the report's currency."""
        return times(amount, self.rate)

    @property
    def price(self) -> Inputs:
        """The price of the settle asset, for the inputs."""
        return {f"price of {self.given.settle}": text(self.rate)}


@finely
def explain_account(evaluation: Evaluation, name: str) -> list[Explained]:
    """Return the explanation of every figure of an account and its positions."""
    given = evaluation.situation.accounts[name]
    measured = [requirement(position) for position in given.positions]
    cross = [m for m in measured if m.position.margin_mode is MarginMode.CROSS]
    pool = pool_of(given, cross)
    figures, rate = evaluation.perpetual[name], evaluation.rate(name)
    account = Account(evaluation, given, figures, measured, pool, rate)
    told = [*_values(account), *_margins(account), *_ratios(account), *_moves(account)]
    for held in _held(account):
        instrument = held.position.instrument.id
        told += [
            one._replace(figure=f"{instrument}.{one.figure}") for one in explain_position(held)
        ]
    return told


def _values(account: Account) -> Iterator[Explained]:
    rows, pool, figures = account.figures.collateral, account.pool, account.figures
    gains = [account.converted(m, m.unrealized_pnl) for m in pool.cross if m.position.quantity]
    inputs: Inputs = {
        **{row.asset: text(row.value) for row in rows},
        **{f"haircut of {row.asset}": text(row.haircut) for row in rows},
        **{f"price of {row.asset}": text(row.price) for row in rows},
        **{
            f"{m.position.instrument.id} unrealized_pnl": text(m.unrealized_pnl) for m in pool.cross
        },
        **account.price,
    }
    counted = [
        f"{num(row.quantity)} × {num(row.price)} × (1 − {num(row.haircut)})"
        for row in rows
        if row.haircut is not None
    ]
    yield Explained(
        "collateral_value",
        "sum of balance × price × (1 − haircut) + unrealized P&L of cross positions",
        account.reported(added([*counted, *gains])),
        inputs,
    )
    held = [f"{num(row.quantity)} × {num(row.price)}" for row in rows]
    alone = [
        account.converted(m, isolated_of(m).equity)
        for m in account.measured
        if m.position.margin_mode is MarginMode.ISOLATED
    ]
    wallets: Inputs = {
        f"{p.instrument} isolated_wallet": text(p.isolated_wallet)
        for p in figures.positions
        if p.isolated_wallet is not None
    }
    yield Explained(
        "equity",
        "sum of balance × price + unrealized P&L of cross positions + isolated wallets and their "
        "unrealized P&L",
        account.reported(added([*held, *gains, *alone])),
        {**inputs, **wallets},
    )


def _margins(account: Account) -> Iterator[Explained]:
    cross = [m for m in account.pool.cross if m.position.quantity]
    yield Explained(
        "initial_margin",
        "sum over cross positions of notional × max(1 / leverage, the tier's initial rate)",
        account.reported(added(account.converted(m, m.initial) for m in cross)),
        {**{m.position.instrument.id: text(m.initial) for m in cross}, **account.price},
    )
    yield Explained(
        "maintenance_margin",
        "sum over cross positions of max over tiers of notional × rate − amount, at the mark",
        account.reported(added(account.converted(m, m.maintenance) for m in cross)),
        {**{m.position.instrument.id: text(m.maintenance) for m in cross}, **account.price},
    )
    amounts = dict(_order_margins(account.given))
    settles: dict[str, str] = {
        order.instrument.id: order.instrument.settle for order in account.given.orders
    }
    yield Explained(
        "order_margin",
        "per instrument: initial margin of what the worse side of its orders would add, + their "
        "opening loss; reduce-only counts 0",
        account.reported(
            added(
                times(num(amount), price_of(account.given, settles[name]))
                for name, amount in amounts.items()
            )
        ),
        {**{name: text(amount) for name, amount in amounts.items()}, **account.price},
    )


def _order_margins(given: AccountInput) -> Iterable[tuple[str, Decimal | None]]:
    by_instrument: dict[str, list[OrderInput]] = {}
    for order in given.orders:
        if not order.reduce_only:
            by_instrument.setdefault(order.instrument.id, []).append(order)
    for name, orders in by_instrument.items():
        yield name, order_margin(market_of(given, orders), orders)


def _ratios(account: Account) -> Iterator[Explained]:
    figures = account.figures
    value, initial = num(figures.collateral_value), num(figures.initial_margin)
    orders, due = num(figures.order_margin), num(figures.maintenance_margin)
    collateral: Inputs = {"collateral_value": text(figures.collateral_value)}
    reserved: Inputs = {
        "initial_margin": text(figures.initial_margin),
        "order_margin": text(figures.order_margin),
    }
    yield Explained(
        "available_margin",
        "collateral_value − initial_margin − order_margin",
        account.reported(f"{value} − {initial} − {orders}"),
        {**collateral, **reserved, **account.price},
    )
    yield Explained(
        "margin_utilization",
        "(initial_margin + order_margin) / collateral_value",
        UNKNOWN if figures.margin_utilization is None else f"({initial} + {orders}) / {value}",
        {**reserved, **collateral},
    )
    yield Explained(
        "margin_ratio",
        "maintenance_margin / collateral_value",
        UNKNOWN if figures.margin_ratio is None else f"{due} / {value}",
        {"maintenance_margin": text(figures.maintenance_margin), **collateral},
    )


def _moves(account: Account) -> Iterator[Explained]:
    figures, joint = account.figures, joint_of(account.pool)
    both = (
        ("common_move_to_close_out", figures.common_move_down),
        ("common_move_to_close_out_up", figures.common_move_up),
    )
    if joint is None:
        return
    against = account.given.settle in MOVING
    slope = joint.collateral + sum(leg.slope for leg in joint.legs)
    for name, move in both:
        if move is None:
            continue
        share = ONE / (ONE + move) if against else ONE + move
        piece = _together(joint.legs, share)
        constant = joint.surplus - slope
        if piece.square:
            due = share * (piece.rate + piece.square * share) - piece.amount
            solved = f"({num(due)} − {num(constant)}) / {num(slope)}"
        else:
            left = f"({num(-constant)} − {num(piece.amount)})"
            solved = f"{left} / ({num(slope)} − {num(piece.rate)})"
        yield Explained(
            name,
            "joint move of BTC and ETH prices where collateral_value = maintenance_margin: what "
            "does not move / what moves, less 1",
            f"1 / ({solved}) − 1" if against else f"{solved} − 1",
            {
                "collateral_value": text(figures.collateral_value),
                "maintenance_margin": text(figures.maintenance_margin),
                "value that moves": text(slope),
                "value that does not move, less its maintenance": text(constant),
                "maintenance that moves, at the move": text(piece.rate),
                "maintenance_amount at the move": text(piece.amount),
            },
        )


def _together(legs: Sequence[Leg], share: Decimal) -> Piece:
    """Return maintenance as one piece over the share that prices keep, in the account's asset."""
    rate, amount, square = ZERO, ZERO, ZERO
    for leg in legs:
        piece = piece_at(leg.curve, leg.notional * share)
        rate += leg.notional * piece.rate * leg.rate
        amount += piece.amount * leg.rate
        square += leg.notional * leg.notional * piece.square * leg.rate
    return Piece(ZERO, rate, amount, square)


def _held(account: Account) -> Iterator[Held]:
    evaluation, name = account.evaluation, account.given.id
    for measured, figures in zip(account.measured, account.figures.positions, strict=True):
        if measured.position.margin_mode is MarginMode.ISOLATED:
            exposure = isolated_exposure(isolated_of(measured))
        else:
            exposure = cross_exposure(account.pool, measured)
        instrument = measured.position.instrument.id
        yield Held(
            measured=measured,
            figures=figures,
            exposure=exposure,
            span=evaluation.spans.get((name, instrument), NO_SPAN),
            sources=_sources(evaluation, measured),
        )


def _sources(evaluation: Evaluation, measured: Requirement) -> Inputs:
    """Say how old the mark is, and which margin rules of what date are used."""
    position, situation = measured.position, evaluation.situation
    instrument = position.instrument
    dated = situation.tiers_as_of(instrument.id)
    if position.maintenance_rate is not None:
        tiers = "the position's own rate and amount"
    elif dated is None:
        tiers = "given with the instrument"
    else:
        tiers = f"rules of {instrument.venue} as of {dated}"
    return {
        "mark age ms": text(situation.mark_age_ms(instrument.id)),
        "mark source": f"{instrument.venue}, its own mark",
        "margin model": position.terms.model,
        "tiers": tiers,
        "tiers as of": dated,
    }
