"""How the figures of one position came about, in its settle asset."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import NamedTuple

from desk.margin.curve import Piece, maintenance_at, piece_at
from desk.margin.inputs import PositionFigures, PositionInput
from desk.margin.liquidation import Exposure
from desk.margin.requirement import Requirement
from desk.margin.rounding import finely, unbiased
from desk.margin.wallet import closing_fee, put_up_at_entry
from desk.model.instrument import Contract
from desk.risk.evaluation import Span
from desk.risk.filled import UNKNOWN, Explained, Inputs, num
from desk.risk.report_rows import text


class Held(NamedTuple):
    """One position with all that its figures stand on."""

    measured: Requirement
    figures: PositionFigures
    exposure: Exposure | None
    """How what backs it moves with its notional; None is unknown, or it is flat."""
    span: Span
    sources: Inputs
    """Age of the mark, date and source of the tiers."""

    @property
    def position(self) -> PositionInput:
        """What was given."""
        return self.measured.position

    @property
    def inverse(self) -> bool:
        """Whether a notional is size ÷ price."""
        return self.position.instrument.contract is Contract.INVERSE

    @property
    def given(self) -> Inputs:
        """The inputs of every figure."""
        position = self.position
        return {
            "quantity": text(position.quantity),
            "contract_size": text(position.instrument.contract_size),
            "entry_price": text(position.entry_price),
            "mark_price": text(position.mark),
            **self.sources,
        }


@finely
def explain_position(held: Held) -> list[Explained]:
    """Return the explanation of every figure of a position that there is."""
    return [
        *_given(held),
        *_size(held),
        *_margins(held),
        *_wallet(held),
        *_prices(held),
        *_uncertainty(held),
    ]


def _given(held: Held) -> Iterator[Explained]:
    position = held.position
    yield Explained("quantity", "as given, signed", num(position.quantity), {})
    yield Explained("entry_price", "as given", num(position.entry_price), {})
    formula = "the venue's mark for its own positions"
    yield Explained("mark_price", formula, num(position.mark), held.sources)


def _size(held: Held) -> Iterator[Explained]:
    position, mark, entry = held.position, num(held.position.mark), num(held.position.entry_price)
    coins = f"{num(abs(position.quantity))} × {num(position.instrument.contract_size)}"
    signed = f"{num(position.quantity)} × {num(position.instrument.contract_size)}"
    if held.inverse:
        notional = ("|quantity| × contract_size / mark_price", f"{coins} / {mark}")
        pnl = (
            "quantity × contract_size × (1 / entry_price − 1 / mark_price)",
            f"{signed} × (1 / {entry} − 1 / {mark})",
        )
    else:
        notional = ("|quantity| × contract_size × mark_price", f"{coins} × {mark}")
        pnl = (
            "quantity × contract_size × (mark_price − entry_price)",
            f"{signed} × ({mark} − {entry})",
        )
    yield Explained("notional", *notional, held.given)
    yield Explained("unrealized_pnl", *pnl, held.given)


def _margins(held: Held) -> Iterator[Explained]:
    measured, notional = held.measured, num(held.measured.notional)
    if not held.position.quantity:
        yield Explained("initial_margin", "0: the position is flat", "0", {})
        yield Explained("maintenance_margin", "0: the position is flat", "0", {})
        return
    fee = closing_fee(held.position)
    yield Explained(
        "initial_margin",
        "notional / leverage, the lower of the setting and the tier's, + the fee to close where "
        "the model keeps it",
        f"{notional} / {num(measured.leverage)} + {num(fee)}",
        {
            **held.given,
            "notional": text(measured.notional),
            "leverage": text(measured.leverage),
            "leverage set": text(held.position.leverage),
            "fee to close": text(fee),
        },
    )
    if measured.curve is None or measured.notional is None:
        return
    piece = piece_at(measured.curve, measured.notional)
    yield Explained(
        "maintenance_margin",
        "notional × rate − amount of the tier at the mark",
        f"{notional} × {_rate(piece, measured.notional)} − {num(piece.amount)}",
        {**held.given, "notional": text(measured.notional), **_piece(piece)},
    )


def _rate(piece: Piece, notional: Decimal) -> str:
    if not piece.square:
        return num(piece.rate)
    return f"({num(piece.rate)} + {num(piece.square)} × {num(notional)})"


def _piece(piece: Piece) -> Inputs:
    return {
        "maintenance_rate": text(piece.rate),
        "maintenance_amount": text(piece.amount),
        **({"rate per unit of notional": text(piece.square)} if piece.square else {}),
    }


def _wallet(held: Held) -> Iterator[Explained]:
    figures, position = held.figures, held.position
    if figures.isolated_wallet is None:
        return
    if position.isolated_margin is not None:
        reported = num(position.isolated_margin)
        yield Explained("isolated_wallet", "as the venue reports it", reported, {})
    else:
        yield Explained(
            "isolated_wallet",
            "put up at entry: entry notional / leverage, and the fee to close where the model "
            "keeps it; + extra margin",
            f"{num(put_up_at_entry(position))} + {num(position.extra_margin)}",
            {**held.given, "extra_margin": text(position.extra_margin)},
        )
    if figures.margin_ratio is None:
        return
    backing = f"({num(figures.isolated_wallet)} + {num(figures.unrealized_pnl)})"
    yield Explained(
        "margin_ratio",
        "maintenance_margin / (isolated_wallet + unrealized_pnl)",
        f"{num(figures.maintenance_margin)} / {backing}",
        {
            "maintenance_margin": text(figures.maintenance_margin),
            "isolated_wallet": text(figures.isolated_wallet),
            "unrealized_pnl": text(figures.unrealized_pnl),
        },
    )


def _prices(held: Held) -> Iterator[Explained]:
    figures, exposure, curve = held.figures, held.exposure, held.measured.curve
    if exposure is None or curve is None:
        return
    for name in ("liquidation_price", "liquidation_price_upper"):
        price: Decimal | None = getattr(figures, name)
        if price is not None:
            yield _edge(held, name, price, exposure)
        elif name == "liquidation_price" and figures.liquidation_known:
            yield _no_edge(exposure)
    yield from _distance(figures)
    if figures.bankruptcy_price is not None:
        notional = f"({num(-exposure.constant)} / {num(exposure.gain)})"
        yield Explained(
            "bankruptcy_price",
            "the price at which isolated_wallet + unrealized P&L = 0",
            _price_of(exposure, notional),
            {**held.given, "isolated_wallet": text(figures.isolated_wallet)},
        )


def _no_edge(exposure: Exposure) -> Explained:
    return Explained(
        "liquidation_price",
        "there is none: at no price above 0 does collateral value = maintenance margin; all other "
        "marks fixed",
        UNKNOWN,
        {
            "value at notional 0, less all other maintenance": text(exposure.constant),
            "value per notional": text(exposure.gain),
        },
    )


def _edge(held: Held, name: str, price: Decimal, exposure: Exposure) -> Explained:
    """Solve value = maintenance for the notional, within the tier that holds there."""
    curve = held.measured.curve
    assert curve is not None, "a liquidation price has a curve"
    notional = exposure.size / price if exposure.inverse else exposure.size * price
    piece = piece_at(curve, notional)
    if piece.square:
        due = maintenance_at(curve, notional)
        solved = f"(({num(due)} − {num(exposure.constant)}) / {num(exposure.gain)})"
    else:
        left = f"({num(-exposure.constant)} − {num(piece.amount)})"
        solved = f"({left} / ({num(exposure.gain)} − {num(piece.rate)}))"
    return Explained(
        name,
        "the price at which collateral value = maintenance margin: notional there = "
        "−(value at notional 0 + maintenance_amount) / (value per notional − maintenance_rate); "
        "all other marks fixed, collateral in the base asset moves with it",
        _price_of(exposure, solved),
        {
            **held.given,
            "value at notional 0, less all other maintenance": text(exposure.constant),
            "value per notional": text(exposure.gain),
            **_piece(piece),
        },
    )


def _price_of(exposure: Exposure, notional: str) -> str:
    size = num(exposure.size)
    return f"{size} / {notional}" if exposure.inverse else f"{notional} / {size}"


def _distance(figures: PositionFigures) -> Iterator[Explained]:
    first, mark = figures.liquidation_price, figures.mark
    if figures.liquidation_distance is None or first is None or mark is None:
        return
    upper = figures.liquidation_price_upper
    if upper is not None:
        filled = f"min({_room_below(mark, first)}, {_room_above(mark, upper)})"
    elif figures.liquidation_distance == unbiased((mark - first) / mark):
        filled = _room_below(mark, first)
    else:
        filled = _room_above(mark, first)
    yield Explained(
        "liquidation_distance",
        "(mark − lower) / mark or (upper − mark) / mark, the smaller; at or below 0: through",
        filled,
        {
            "mark_price": text(mark),
            "liquidation_price": text(first),
            "liquidation_price_upper": text(figures.liquidation_price_upper),
        },
    )


def _room_below(mark: Decimal, edge: Decimal) -> str:
    return f"({num(mark)} − {num(edge)}) / {num(mark)}"


def _room_above(mark: Decimal, edge: Decimal) -> str:
    return f"({num(edge)} − {num(mark)}) / {num(mark)}"


def _uncertainty(held: Held) -> Iterator[Explained]:
    low, high = held.span.low, held.span.high
    if low is None or high is None:
        return
    causes: Inputs = {"causes": "; ".join(held.span.causes)}
    formula = "the lower of the liquidation prices at marks and at index prices"
    yield Explained("uncertainty.low", formula, num(low), causes)
    formula = "the higher of the liquidation prices at marks and at index prices"
    yield Explained("uncertainty.high", formula, num(high), causes)
