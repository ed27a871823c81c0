"""The financing panel: one card a loan, its collateral line by line, what is owed, stress."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from desk.engine.risk_snapshot import LoanCollateralView, LoanLineView, LoanView
from desk.engine.snapshot import DeskFrame
from desk.model.numbers import plain
from ui.viewmodels.cells import Cell, Column, Row, Side
from ui.viewmodels.figure import Gauge
from ui.viewmodels.loan_figures import loan_figures, why_unknown
from ui.viewmodels.loan_shares import ShareBar, share_bars
from ui.viewmodels.names import word
from ui.viewmodels.risk import AccountCard, cure_by
from ui.viewmodels.text import MINUS, UNKNOWN, countdown, moment, money, number, ratio
from ui.viewmodels.tone import LEVEL_TONES, LEVEL_WORDS, Tone, rank
from ui.viewmodels.translation import said, tr

COLLATERAL_COLUMNS = (
    Column("piece", "Collateral", "HK blue chips", Side.LEFT, grow=True),
    Column("market", "Market value", "88,888,888", keep=5),
    Column("haircut", "Haircut", "88.8%", keep=6),
    Column(
        "counted",
        tr("counted | haircut"),
        "",
        Side.LEFT,
        width=120,
        keep=4,
        tip=tr("as long as its market value; hatched does not count"),
    ),
    Column("margin", "Margin value", "88,888,888"),
    Column(
        "share",
        "Share · cap",
        "",
        Side.LEFT,
        width=150,
        keep=3,
        tip="before any cut; the tick is its cap",
    ),
)

OWED_COLUMNS = (
    Column("asset", "Owed", "USDT", Side.LEFT, grow=True),
    Column("principal", "Principal", "88,888,888.88"),
    Column("interest", "Interest", "888,888.88"),
    Column("rate", "Rate a year", "88.88%", keep=4),
    Column("day", "Per day", "88,888.88", keep=5),
)

STRESS_COLUMNS = (
    Column("fall", "If virtual assets fall", "−88%", Side.LEFT, grow=True),
    Column("used", "Utilization", "888.8%"),
    Column("level", "Level", "■ CLOSING OUT", Side.LEFT),
)

_SIGNS = {"NORMAL": "✓", "WARNING": "▲", "MARGIN_CALL": "◆", "CLOSE_OUT": "■"}


class LoanPanelView(msgspec.Struct, frozen=True):
    """One loan in words."""

    card: AccountCard
    collateral: tuple[Row, ...]
    owed: tuple[Row, ...]
    stress: tuple[Row, ...]
    shares: tuple[ShareBar, ...]
    advances: str
    """Since when nothing more may be drawn; empty: it may."""
    notes: str
    is_watched: bool

    @property
    def is_called(self) -> bool:
        """Whether there is something to cure, and it is this desk's to cure."""
        return self.card.level in {"MARGIN_CALL", "CLOSE_OUT"} and not self.is_watched


def financing(frame: DeskFrame) -> tuple[LoanPanelView, ...]:
    """Every loan, the worst first."""
    ordered = sorted(frame.loans, key=lambda loan: (-rank(loan.level), loan.account))
    return tuple(_loan(loan, frame) for loan in ordered)


def loan_of(frame: DeskFrame | None, account: str) -> LoanView | None:
    """A loan of a frame by its account."""
    loans = [] if frame is None else frame.loans
    return next((loan for loan in loans if loan.account == account), None)


def _loan(loan: LoanView, frame: DeskFrame) -> LoanPanelView:
    return LoanPanelView(
        card=_card(loan, frame),
        collateral=tuple(_piece(n, piece, loan) for n, piece in enumerate(loan.collateral)),
        shares=share_bars(loan),
        owed=tuple(_line(line) for line in loan.loans),
        stress=tuple(_fall(fall, level, used) for fall, level, used in loan.stress)
        if loan.loans
        else (),
        advances="" if loan.advances_stopped_since_ms is None else _stopped(loan),
        notes="\n".join(map(said, loan.notes)),
        is_watched=loan.watched,
    )


def _stopped(loan: LoanView) -> str:
    at = moment(loan.advances_stopped_since_ms or 0)
    return tr("No advances since {time}: a margin call is open", time=at)


def _card(loan: LoanView, frame: DeskFrame) -> AccountCard:
    account = next((one for one in frame.accounts if one.account == loan.account), None)
    since_ms = None if account is None else account.level_since_ms
    level = LEVEL_WORDS.get(loan.level, loan.level)
    calm = loan.level == "NORMAL" or since_ms is None
    left = None if loan.cure_deadline_ms is None else loan.cure_deadline_ms - frame.wall_ms
    used = loan.utilization
    watched = tr("WATCHED") if loan.watched else ""
    who = [watched, word(loan.lender), word(loan.execution), loan.currency]
    return AccountCard(
        account=loan.account,
        subtitle=" · ".join(part for part in who if part),
        level=loan.level,
        level_word=level,
        tone=LEVEL_TONES.get(loan.level, Tone.DANGER),
        utilization=ratio(used),
        margin_ratio=UNKNOWN,
        gauge=Gauge(None if used is None else float(used), None, False, loan.level, is_loan=True),
        figures=loan_figures(loan),
        close_out=None,
        collateral=(),
        collateral_total="",
        cure_within="" if left is None else countdown(left),
        is_margined=True,
        is_idle=False,
        holdings="",
        is_stale=account is not None and account.quality == "STALE",
        since="" if calm else tr("{level} since {time}", level=level, time=moment(since_ms or 0)),
        is_watched=loan.watched,
        cure_by=cure_by(loan.cure_deadline_ms),
    )


def _piece(number_: int, piece: LoanCollateralView, loan: LoanView) -> Row:
    return Row(
        f"{number_} {piece.description}",
        (
            Cell(_described(piece), Tone.TEXT, strong=True),
            _money(piece.market_value, 0),
            Cell(ratio(piece.haircut)),
            _counted(piece, loan),
            _money(piece.margin_value, 0),
            _share(piece, loan),
        ),
    )


def _counted(piece: LoanCollateralView, loan: LoanView) -> Cell:
    """The drawn bar's value is its length among all; its unit the part that counts."""
    values = [one.market_value or Decimal(0) for one in loan.collateral]
    largest = max(values, default=Decimal(0))
    if not piece.market_value or piece.margin_value is None or largest <= 0:
        return Cell("")
    kept = max(Decimal(0), min(Decimal(1), piece.margin_value / piece.market_value))
    return Cell("", unit=plain(kept), value=float(piece.market_value / largest))


def _described(piece: LoanCollateralView) -> str:
    name = piece.asset or piece.description
    if piece.quantity is not None:
        places = len(plain(piece.quantity).partition(".")[2])
        name = f"{number(piece.quantity, min(max(places, 0), 8))} {name}"
    return name if piece.eligible else tr("{name} · not eligible", name=name)


def _share(piece: LoanCollateralView, loan: LoanView) -> Cell:
    """Share of all collateral against its cap; the drawn bar's value is share, its unit the cap."""
    if piece.share is None:
        return Cell(UNKNOWN, Tone.MUTED, second=why_unknown(loan))
    over = piece.cap is not None and piece.share > piece.cap
    text = ratio(piece.share) if piece.cap is None else f"{ratio(piece.share)} / {ratio(piece.cap)}"
    cap = "" if piece.cap is None else plain(piece.cap)
    tone = Tone.DANGER if over else Tone.TEXT2
    return Cell(f"{text} ▲" if over else text, tone, unit=cap, value=float(piece.share))


def _line(line: LoanLineView) -> Row:
    rate = UNKNOWN if line.annual_rate is None else f"{number(line.annual_rate * 100, 2)}%"
    return Row(
        line.asset,
        (
            Cell(line.asset, Tone.TEXT, strong=True),
            _money(line.principal),
            _money(line.accrued_interest),
            Cell(rate, Tone.MUTED if line.annual_rate is None else Tone.TEXT2),
            _money(line.interest_per_day),
        ),
    )


def _fall(fall: Decimal, level: str, used: Decimal | None) -> Row:
    tone = LEVEL_TONES.get(level, Tone.DANGER)
    sign = _SIGNS.get(level, "?")
    return Row(
        plain(fall),
        (
            Cell(f"{MINUS}{number(abs(fall) * 100, 0)}%", Tone.TEXT),
            Cell(ratio(used), Tone.MUTED if used is None else tone, strong=True),
            Cell(f"{sign} {LEVEL_WORDS.get(level, level)}", tone),
        ),
    )


def _money(value: Decimal | None, places: int = 2) -> Cell:
    shown = money(value, places)
    return Cell(shown, Tone.MUTED if shown == UNKNOWN else Tone.TEXT2)
