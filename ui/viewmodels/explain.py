"""Where a mark comes from: the venue's own figures, the consensus beside them, what blocks it."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from desk.engine.snapshot import DeskFrame, IndexView, MarketView, QualityView, StreamView
from ui.viewmodels.cells import Cell, Row
from ui.viewmodels.consensus import heading_cells, index_of, source_row, state_words
from ui.viewmodels.names import word
from ui.viewmodels.status import age_words
from ui.viewmodels.text import UNKNOWN, age, bps, moment, price, symbol, usd
from ui.viewmodels.tone import Tone
from ui.viewmodels.translation import said, tr
from ui.viewmodels.watch import market_of


class Explanation(msgspec.Struct, frozen=True):
    """What one mark is made of, at one moment; rows for the columns of a consensus."""

    title: str
    as_of: str
    rows: tuple[Row, ...]

    def text(self) -> str:
        """All of it as lines, to be pasted elsewhere."""
        lines = [f"{self.title}, {self.as_of}"]
        for row in self.rows:
            words = (row.heading, *(cell.text for cell in row.cells))
            lines.append("\t".join(word for word in words if word))
        return "\n".join(lines)


def explain_mark(frame: DeskFrame, instrument: str) -> Explanation | None:
    """Explain an instrument's mark; None if the frame does not hold it."""
    market = market_of(frame, instrument)
    if market is None:
        return None
    index, quality = index_of(frame, market.base), _quality_of(frame, instrument)
    rows = [_verdict(quality), *_own(frame, market, index)]
    if index is not None:
        rows.append(
            Row("consensus", heading_cells(index), heading=tr("Consensus {base}", base=index.base))
        )
        rows += [source_row(source, "source ") for source in index.sources]
    if quality is not None:
        rows.append(_history(quality))
    return Explanation(
        tr("Mark of {instrument}", instrument=f"{symbol(instrument)} · {market.venue}"),
        moment(frame.wall_ms),
        tuple(rows),
    )


def mark_tip(frame: DeskFrame, instrument: str) -> str:
    """The same in a few lines, for the pointer."""
    market = market_of(frame, instrument)
    if market is None:
        return ""
    index, quality = index_of(frame, market.base), _quality_of(frame, instrument)
    limit = _limit(_mark_stream(frame, market))
    lines = [
        f"{symbol(instrument)} · {market.venue}",
        tr(
            "Mark {price}: {state}",
            price=price(market.mark, market.tick_size),
            state=word(market.quality),
        ),
        ", ".join(part for part in (_old(market.mark_age_ms), limit) if part),
        tr("Book {state}, {age}", state=word(market.book_state), age=_old(market.book_age_ms)),
    ]
    if index is not None:
        lines.append(
            tr(
                "{deviation} from the consensus {index} ({state})",
                deviation=bps(market.deviation),
                index=usd(index.value),
                state=state_words(index),
            )
        )
    if quality is not None and quality.diverging:
        lines.append(tr("DIVERGING from the consensus"))
    if quality is not None and quality.blocked:
        lines.append(tr("No new risk: {why}", why=said(quality.blocked)))
    return "\n".join([*lines, tr("Right-click: where this comes from")])


def _quality_of(frame: DeskFrame, instrument: str) -> QualityView | None:
    return next((one for one in frame.quality if one.instrument == instrument), None)


def _stream(frame: DeskFrame, instrument: str, kind: str) -> StreamView | None:
    return next((s for s in frame.streams if s.instrument == instrument and s.kind == kind), None)


def _mark_stream(frame: DeskFrame, market: MarketView) -> StreamView | None:
    return _stream(frame, market.instrument, "mark" if market.kind == "perpetual" else "book")


def _limit(stream: StreamView | None) -> str:
    if stream is None or stream.limit_ms is None:
        return ""
    return tr("stale above {age}", age=age_words(stream.limit_ms))


def _old(age_ms: int | None) -> str:
    return tr("{age} old", age=age_words(age_ms))


def _verdict(quality: QualityView | None) -> Row:
    if quality is None:
        verdict = Cell(tr("nothing is known about its data"), Tone.WARNING)
    elif quality.blocked:
        verdict = Cell(said(quality.blocked), Tone.WARNING)
    else:
        verdict = Cell(tr("its data allow new risk"), Tone.MUTED)
    is_blocked = quality is None or bool(quality.blocked)
    return Row("verdict", (verdict,), heading=tr("BLOCKED") if is_blocked else tr("In order"))


def _history(quality: QualityView) -> Row:
    counts = tr(
        "gaps {gaps} · crossed {crossed} · jumps {jumps}",
        gaps=quality.gaps,
        crossed=quality.crossed,
        jumps=quality.jumps,
    )
    return Row("history", (Cell(counts, Tone.TEXT2),), heading=tr("Since the start"))


def _own(frame: DeskFrame, market: MarketView, index: IndexView | None) -> list[Row]:
    """What the venue itself says."""
    tick, is_spot = market.tick_size, market.kind != "perpetual"
    mark = tr("Mid of the venue's own book") if is_spot else tr("Mark of the venue")
    book = f"{price(market.bid, tick)} / {price(market.ask, tick)}"
    rows = [
        _figure(
            mark, price(market.mark, tick), bps(market.deviation), market.quality,
            market.mark_age_ms, _limit(_mark_stream(frame, market)),
        ),
        _figure(
            tr("Book"), "", "", market.book_state, market.book_age_ms,
            f"{book}  {_limit(_stream(frame, market.instrument, 'book'))}",
        ),
    ]  # fmt: skip
    if not is_spot:
        stream = _stream(frame, market.instrument, "index")
        rows.append(
            _figure(
                tr("Index of the venue"), price(market.index, tick),
                bps(_against(market.index, index)), stream.state if stream else "",
                stream.age_ms if stream else None, _limit(stream),
            )
        )  # fmt: skip
    return rows


def _against(value: Decimal | None, index: IndexView | None) -> Decimal | None:
    """How far a price is from the consensus: for the eye only, nothing decides by it."""
    if value is None or index is None or not index.value:
        return None
    return value / index.value - 1


def _figure(
    name: str, value: str, deviation: str, state: str, age_ms: int | None, note: str
) -> Row:
    wrong = state not in {"", "LIVE", "SYNCED", "QUIET"}
    tone = Tone.STALE if wrong else Tone.TEXT2
    return Row(
        name,
        (
            Cell(name, Tone.TEXT, strong=True),
            Cell(value, Tone.MUTED if value == UNKNOWN else tone, strong=True),
            Cell(deviation, Tone.MUTED if deviation == UNKNOWN else tone),
            Cell(word(state), Tone.WARNING, chip="warn") if wrong else Cell(word(state)),
            Cell(age(age_ms), Tone.TEXT2 if not wrong else Tone.DANGER),
            Cell(note.strip(" "), Tone.MUTED),
        ),
    )
