"""The stress of one account as the desk answered it: cells, the lines over them, one explained.

The engine works out every figure; here they become words, colours by level, and places on the map.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

import msgspec

from desk.engine.snapshot import AccountView, DeskFrame
from desk.model.numbers import parse_decimal
from ui.viewmodels.text import (
    MINUS,
    RATIO_THRESHOLDS,
    UNKNOWN,
    age,
    distance,
    price,
    usd,
)
from ui.viewmodels.translation import tr
from ui.viewmodels.watch import market_of

Point = tuple[float, float]
"""A move of BTC and one of ETH."""
Line = tuple[Point, ...]

BTC, ETH = "BTC", "ETH"
ELLIPSE_POINTS = 72
SMALL = 0.1
SHADES = 12
"""Of each level: no more than an eye tells apart, so that a picture stays as it is for a while."""
KINDS = {"NORMAL": "calm", "WARNING": "warn", "MARGIN_CALL": "call", "CLOSE_OUT": "out"}


class Columns(msgspec.Struct, frozen=True):
    """Figures by scenario."""

    equity_change: list[float | None]
    value: list[float | None]
    required: list[float | None]
    utilization: list[float | None]
    margin_ratio: list[float | None]
    level: list[str]


class Shocks(Columns, frozen=True):
    """The same, with the shock of each."""

    shock: list[float]
    asset: list[str] = []


class MarkOf(msgspec.Struct, frozen=True):
    """What a coin's moves are counted from."""

    instrument: str | None
    mark: str | None


class StressAnswer(msgspec.Struct, frozen=True):
    """What the desk says of one account."""

    account: str
    kind: str
    currency: str
    as_of_ms: int
    by_ratio: bool
    marks: dict[str, MarkOf]
    sigma_day: dict[str, float | None]
    correlation: float | None
    axis: list[float]
    cells: Columns
    call_line: list[list[Point]]
    close_out_line: list[list[Point]]
    basis: Shocks
    depeg: Shocks
    notes: list[str] = []

    def place(self, btc: int, eth: int) -> int:
        """Where a cell stands in the columns."""
        return btc * len(self.axis) + eth


class HeatCell(NamedTuple):
    """One cell: its words, what it is, how far into that."""

    text: str
    kind: str
    """`calm`, `warn`, `call`, `out`, `unknown`."""
    depth: float


class HeatView(msgspec.Struct, frozen=True):
    """The map: rows of cells from the highest ETH move down, columns by BTC."""

    title: str
    span: str
    x_title: str
    y_title: str
    moves: tuple[float, ...]
    labels: tuple[str, ...]
    first: int
    """Place of the first move on the answer's axis, where the map shows fewer."""
    rows: tuple[tuple[HeatCell, ...], ...]
    close_out: tuple[Line, ...]
    call: tuple[Line, ...]
    path: Line
    ellipse: Line
    common: Point | None
    legend: tuple[tuple[str, str], ...]
    """Sign and words."""


def read_stress(data: Mapping[str, Any]) -> StressAnswer | None:
    """Read the desk's answer; None for one that is not whole."""
    try:
        answer = msgspec.convert(data, StressAnswer)
    except msgspec.ValidationError:
        return None
    cells = answer.cells
    parts = (cells.equity_change, cells.value, cells.required, cells.utilization,
             cells.margin_ratio, cells.level)  # fmt: skip
    whole = all(len(part) == len(answer.axis) ** 2 for part in parts)
    return answer if whole and {BTC, ETH} <= answer.marks.keys() else None


# ---- the map -------------------------------------------------------------------------------------


def heat_view(answer: StressAnswer, frame: DeskFrame, path: Line, *, compact: bool) -> HeatView:
    """The map; compact it leaves out the outermost moves."""
    first = 1 if compact else 0
    places = range(first, len(answer.axis) - first)
    moves = tuple(answer.axis[place] for place in places)
    common = _common(account_of(frame, answer.account))
    ellipse = _ellipse(answer)
    return HeatView(
        title=_title(answer),
        span=tr(
            "both {low} … {high}, step {step}",
            low=move_words(moves[0]), high=move_words(moves[-1]),
            step=move_words(moves[1] - moves[0]).lstrip("+"),
        ),
        x_title=_from(answer, frame, BTC),
        y_title=_from(answer, frame, ETH),
        moves=moves,
        labels=tuple(move_words(move) for move in moves),
        first=first,
        rows=tuple(
            tuple(_cell(answer, answer.place(btc, eth)) for btc in places)
            for eth in reversed(places)
        ),
        close_out=tuple(tuple(line) for line in answer.close_out_line),
        call=tuple(tuple(line) for line in answer.call_line),
        path=path,
        ellipse=ellipse,
        common=None if common is None else (float(common), float(common)),
        legend=_legend(answer, common, has_ellipse=bool(ellipse), has_path=len(path) > 1),
    )  # fmt: skip


def _title(answer: StressAnswer) -> str:
    if answer.by_ratio:
        return tr("Cells: margin ratio after the move")
    if answer.kind == "financing":
        return tr("Cells: loan ÷ margin value after the move")
    return tr("Cells: margin utilization after the move")


def _from(answer: StressAnswer, frame: DeskFrame, base: str) -> str:
    return tr("{coin} move from {mark}", coin=base, mark=mark_words(answer, frame, base, 0.0))


def mark_words(answer: StressAnswer, frame: DeskFrame, base: str, move: float) -> str:
    """The coin's mark after a move, to the tick of what it is the mark of."""
    given = answer.marks[base]
    mark = None if given.mark is None else parse_decimal(given.mark)
    if mark is None:
        return UNKNOWN
    moved = mark * (1 + Decimal(repr(move)))
    market = market_of(frame, given.instrument)
    return usd(moved) if market is None else price(moved, market.tick_size)


def _cell(answer: StressAnswer, place: int) -> HeatCell:
    level = answer.cells.level[place]
    kind = KINDS.get(level, "unknown")
    value = _shown(answer, answer.cells, place)
    if kind == "out":
        return HeatCell("", kind, 0.0)
    depth = 0.0
    if value is not None:
        depth = value / 0.8 if kind == "calm" else (value - 1) / 2 if kind == "call" else 0.0
    shade = round(min(1.0, max(0.0, depth)) * SHADES) / SHADES
    # A ratio is seldom above a few percent: there a tenth matters.
    is_small = answer.by_ratio and value is not None and value < SMALL
    words = f"{value * 100:.1f}%" if is_small and value is not None else ""
    return HeatCell(words or whole_percent(value), kind, shade)


def _shown(answer: StressAnswer, columns: Columns, place: int) -> float | None:
    """The figure that the levels go by."""
    return columns.margin_ratio[place] if answer.by_ratio else columns.utilization[place]


def whole_percent(value: float | None) -> str:
    """`297%`, `>999%`; never a threshold that has not been reached."""
    if value is None or not math.isfinite(value):
        return UNKNOWN
    if value > 9.99:
        return ">999%"
    shown = round(value * 100)
    if any(value < float(limit) <= shown / 100 for limit in RATIO_THRESHOLDS):
        shown -= 1
    return f"{shown}%".replace("-", MINUS)


def move_words(move: float) -> str:
    """`−15%`, `0%`, `+20%`."""
    return f"{round(move * 100):+d}%".replace("-", MINUS).replace("+0%", "0%")


def _common(account: AccountView | None) -> Decimal | None:
    """The nearer common move to close-out."""
    if account is None:
        return None
    moves = (account.common_move_down, account.common_move_up)
    return min((move for move in moves if move is not None), key=abs, default=None)


def account_of(frame: DeskFrame, name: str) -> AccountView | None:
    return next((one for one in frame.accounts if one.account == name), None)


def _ellipse(answer: StressAnswer) -> Line:
    """One standard deviation of a day; empty where σ or how they move together is unknown."""
    btc, eth, both = answer.sigma_day.get(BTC), answer.sigma_day.get(ETH), answer.correlation
    if not btc or not eth or both is None:
        return ()
    across = math.sqrt(max(0.0, 1 - both * both))
    angles = (2 * math.pi * n / ELLIPSE_POINTS for n in range(ELLIPSE_POINTS + 1))
    return tuple(
        (btc * math.cos(a), eth * (both * math.cos(a) + across * math.sin(a))) for a in angles
    )


def _legend(
    answer: StressAnswer, common: Decimal | None, *, has_ellipse: bool, has_path: bool
) -> tuple[tuple[str, str], ...]:
    loan = answer.kind == "financing"
    out = tr("close-out frontier (125%)") if loan else tr("close-out frontier (ratio 1)")
    usual = tr("1 σ of one day, ρ {rho}", rho=f"{answer.correlation or 0:.2f}")
    has_call = bool(answer.call_line) and not answer.by_ratio
    signs = [
        ("frontier", out if answer.close_out_line else ""),
        ("call", tr("margin-call line (100%)") if has_call else ""),
        ("path", tr("today's path") if has_path else ""),
        ("now", tr("now")),
        ("ellipse", usual if has_ellipse else ""),
        ("common", "" if common is None else tr("common move {move}", move=_signed_move(common))),
    ]
    return (*((sign, words) for sign, words in signs if words), *_fills(answer))


def _fills(answer: StressAnswer) -> tuple[tuple[str, str], ...]:
    warn = 50 if answer.by_ratio else 80
    call = 80 if answer.by_ratio else 100
    return (
        ("calm", tr("below {warn}%", warn=warn)),
        ("warn", tr("{warn} – {call}% warning", warn=warn, call=call)),
        ("called", tr("≥ {call}% margin call", call=call)),
        ("out", tr("closed out")),
    )


def _signed_move(move: Decimal) -> str:
    return ("+" if move > 0 else "") + distance(move)


# ---- beside it -----------------------------------------------------------------------------------


def computed_words(answer: StressAnswer, wall_ms: int) -> str:
    """When the desk worked it out: `computed 0.4 s ago · 169 cells`."""
    cells = len(answer.axis) ** 2
    ago = max(0, wall_ms - answer.as_of_ms)
    since = f"{ago / 1_000:.1f} s" if ago < 60_000 else age(ago)
    return tr("computed {since} ago · {cells} cells", since=since, cells=cells)


def shown_moves(values: Sequence[float]) -> tuple[float, float]:
    """The outer edges of a map whose cells have these moves in their middle."""
    half = (values[1] - values[0]) / 2
    return values[0] - half, values[-1] + half
