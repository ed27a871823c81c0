"""The consensus index of an underlying: its state in a word and a shape, and who took part."""

from __future__ import annotations

from decimal import Decimal

from desk.engine.snapshot import DeskFrame, IndexSourceView, IndexView, RateView
from ui.viewmodels.cells import Cell, Column, Row, Side
from ui.viewmodels.names import word
from ui.viewmodels.text import UNKNOWN, age, bps, number, usd
from ui.viewmodels.tone import Tone
from ui.viewmodels.translation import tr

STABLECOINS = tr("Stablecoins")
"""Heading of what stands beside the underlyings."""

COUNTED = "counted"
CONSENSUS = "CONSENSUS"

SOURCE_COLUMNS = (
    Column("source", "Source", "Mid of the venue's own book", Side.LEFT),
    Column("price", "Price", "888,888.88"),
    Column("deviation", "vs index", "+8,888 bp", keep=8, tip="price ÷ consensus index − 1"),
    Column("standing", "Standing", "counted", Side.LEFT, tip="its part in the index"),
    Column("age", "Age", "88.8 s"),
    Column("note", "Note", "", Side.LEFT, keep=7, width=220, grow=True),
)


def index_of(frame: DeskFrame, base: str) -> IndexView | None:
    """The index of an underlying, or None."""
    return next((index for index in frame.indices if index.base == base), None)


def state_words(index: IndexView) -> str:
    """`◆ CONSENSUS 5` or `◇ THIN 2`: a full diamond where three votes or more agree."""
    return f"{diamond(index)} {word(index.state)} {index.votes}"


def diamond(index: IndexView) -> str:
    """The state as a shape; anything unheard of is no consensus."""
    return "◆" if index.state == CONSENSUS else "◇"


def heading_cells(index: IndexView) -> tuple[Cell, ...]:
    """Value, state, and who does not count."""
    missing = [s for s in index.sources if s.standing != COUNTED]
    known = index.value is not None
    return (
        Cell(usd(index.value), Tone.TEXT if known else Tone.MUTED, strong=True),
        Cell(state_words(index), Tone.TEXT2, strong=True),
        Cell(", ".join(f"{s.venue} {word(s.standing)}" for s in missing), Tone.WARNING)
        if missing
        else Cell(tr("widest {deviation}", deviation=bps(_widest(index))), Tone.MUTED),
    )


def watch_cells(index: IndexView) -> tuple[Cell, ...]:
    """The index over its sources: how many agree, how far apart they are, who is left out."""
    missing = [s for s in index.sources if s.standing != COUNTED]
    agree = index.state == CONSENSUS
    words = {CONSENSUS: tr("consensus"), "THIN": tr("THIN")}.get(index.state, index.state)
    known = index.value is not None
    votes = tr(
        "{state} · {votes} of {all} sources",
        state=words,
        votes=index.votes,
        all=len(index.sources),
    )
    return (
        Cell(usd(index.value), Tone.TEXT if known else Tone.MUTED, strong=True),
        Cell(votes, Tone.MUTED if agree and not missing else Tone.WARNING, strong=not agree),
        *(Cell(_left_out(source), Tone.WARNING) for source in missing),
        Cell(tr("· max deviation {deviation}", deviation=_share(_apart(index))), Tone.MUTED),
    )


def _left_out(source: IndexSourceView) -> str:
    return tr("· {venue} {standing}, excluded", venue=source.venue, standing=word(source.standing))


def _apart(index: IndexView) -> Decimal | None:
    """How far the source that is furthest off lies, of those that count."""
    counted = (s.deviation for s in index.sources if s.standing == COUNTED)
    return max((abs(d) for d in counted if d is not None), default=None)


def _share(deviation: Decimal | None) -> str:
    return UNKNOWN if deviation is None else f"{number(abs(deviation) * 100, 3)}%"


def excluded(index: IndexView | None) -> frozenset[str]:
    """Venues that have no part in an index now."""
    sources = () if index is None else index.sources
    return frozenset(source.venue for source in sources if source.standing != COUNTED)


def _widest(index: IndexView) -> Decimal | None:
    return max(
        (s.deviation for s in index.sources if s.deviation is not None), key=abs, default=None
    )


def source_row(source: IndexSourceView, prefix: str = "") -> Row:
    """One venue's part in an index."""
    counts = source.standing == COUNTED
    figure = Tone.TEXT2 if counts else Tone.STALE
    return Row(
        f"{prefix}{source.venue}",
        (
            Cell(source.venue, Tone.TEXT if counts else Tone.STALE, strong=True),
            _known(usd(source.price), figure),
            _known(bps(source.deviation), figure),
            Cell(word(source.standing), Tone.TEXT2)
            if counts
            else Cell(word(source.standing), Tone.WARNING, chip="warn"),
            Cell(age(source.age_ms), Tone.MUTED),
            Cell(tr("at par: its stablecoin has no price"), Tone.WARNING)
            if source.assumed
            else Cell(""),
        ),
    )


def consensus_rows(frame: DeskFrame) -> tuple[Row, ...]:
    """Every underlying with its sources, then what stablecoins are worth."""
    rows: list[Row] = []
    for index in frame.indices:
        rows.append(Row(f"index {index.base}", heading_cells(index), heading=index.base))
        rows += [source_row(source, f"{index.base} ") for source in index.sources]
    if frame.rates:
        rows.append(Row("rates", (Cell(tr("in US dollars"), Tone.MUTED),), heading=STABLECOINS))
        rows += [_rate_row(rate) for rate in frame.rates]
    return tuple(rows)


def _rate_row(rate: RateView) -> Row:
    return Row(
        f"rate {rate.asset}",
        (
            Cell(f"{rate.asset}/USD", strong=True),
            Cell(usd(rate.usd), Tone.STALE if rate.assumed else Tone.TEXT2),
            Cell(""),
            Cell(tr("assumed"), Tone.WARNING, chip="warn")
            if rate.assumed
            else Cell(tr("from live books")),
            Cell(""),
            Cell(tr("at par: no price that live books agree on"), Tone.WARNING)
            if rate.assumed
            else Cell(""),
        ),
    )


def rate_cells(frame: DeskFrame) -> tuple[Cell, ...]:
    """What stablecoins are worth, for a heading; a price that is assumed says so."""
    return tuple(
        Cell(tr("{rate} assumed", rate=f"{rate.asset} {usd(rate.usd)}"), Tone.WARNING)
        if rate.assumed
        else Cell(f"{rate.asset} {usd(rate.usd)}")
        for rate in frame.rates
    )


def _known(text: str, tone: Tone) -> Cell:
    return Cell(text, Tone.MUTED if text == UNKNOWN else tone)
