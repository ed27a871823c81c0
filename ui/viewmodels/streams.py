"""Every stream of every connection: its age against its limit, its rate, its state."""

from __future__ import annotations

from collections.abc import Sequence

from desk.engine.snapshot import DeskFrame, FeedView, StreamView
from ui.viewmodels.cells import Cell, Column, Row, Side
from ui.viewmodels.names import word
from ui.viewmodels.text import UNKNOWN, age, number, symbol, venue
from ui.viewmodels.tone import Tone
from ui.viewmodels.translation import said, tr

STREAM_COLUMNS = (
    Column("connection", "Connection", "binance-usdm", Side.LEFT, keep=8),
    Column("stream", "Stream", "btcusdt@markPrice@1s", Side.LEFT, grow=True),
    Column("kind", "Kind", "open_interest", Side.LEFT),
    Column("instrument", "Instrument", "BTC_USDC-PERPETUAL", Side.LEFT, keep=1),
    Column("age", "Age", "88.8 s", tip="since its last message, ms"),
    Column("limit", "Limit", "none", tip="older is stale; none: it may be silent for any time"),
    Column("rate", "Msg/s", "888.8", keep=3, tip="messages a second, of the last seconds"),
    Column("messages", "Messages", "88,888,888", keep=0, tip="since the start"),
    Column("active", "Active", "no", keep=5, tip="the venue has shown it on the present socket"),
    Column("state", "State", "INACTIVE", Side.LEFT),
)

RATE_WINDOW_NS = 2_000_000_000
"""Shorter would make a stream of one message a second look as if it stopped."""

_CALM = frozenset({"LIVE", "QUIET"})


def stream_key(stream: StreamView) -> str:
    """What tells a stream from every other; one name may carry several kinds."""
    return "|".join((stream.connection, stream.name, stream.kind, stream.instrument or ""))


def venue_of_stream(stream: StreamView, feeds: Sequence[FeedView]) -> str:
    """The venue of its instrument, else the one that its connection is named for."""
    if stream.instrument is not None:
        return venue(stream.instrument)
    named = (f.venue for f in feeds if stream.connection.upper().startswith(f.venue))
    return next(named, stream.connection)


def is_wrong(stream: StreamView) -> bool:
    """Whether somebody should look: not active, stale, silent though it has a limit, unheard of."""
    if not stream.active:
        return True
    if stream.state == "SILENT":
        return stream.limit_ms is not None
    return stream.state not in _CALM


class RateMeter:
    """Messages a second of every stream, between two frames some seconds apart."""

    def __init__(self) -> None:
        self._before: dict[str, int] = {}
        self._before_ns: int | None = None
        self._rates: dict[str, float] = {}

    def take(self, frame: DeskFrame) -> None:
        """Look at the counters, not oftener than once in the window."""
        if self._before_ns is not None and 0 <= frame.ts_ns - self._before_ns < RATE_WINDOW_NS:
            return
        counts = {stream_key(stream): stream.messages for stream in frame.streams}
        if self._before_ns is not None and frame.ts_ns > self._before_ns:
            seconds = (frame.ts_ns - self._before_ns) / 1e9
            self._rates = {
                key: (count - self._before[key]) / seconds
                for key, count in counts.items()
                if key in self._before and count >= self._before[key]
            }
        self._before, self._before_ns = counts, frame.ts_ns

    def rate(self, key: str) -> float | None:
        """Messages a second; None before the second look, or when its counter went back."""
        return self._rates.get(key)

    def forget(self) -> None:
        """Nobody looks: the next rate must not be an average over the pause."""
        self._before, self._before_ns, self._rates = {}, None, {}


def stream_rows(
    frame: DeskFrame, meter: RateMeter, words: str = "", *, only_wrong: bool = False
) -> tuple[Row, ...]:
    """Streams that match every one of the words, in the engine's order."""
    wanted = words.lower().split()
    return tuple(
        _row(stream, meter)
        for stream in frame.streams
        if (not only_wrong or is_wrong(stream)) and (not wanted or _matches(stream, wanted))
    )


def _matches(stream: StreamView, wanted: list[str]) -> bool:
    text = f"{stream_key(stream)} {stream.state}".lower()
    return all(word in text for word in wanted)


def _row(stream: StreamView, meter: RateMeter) -> Row:
    key = stream_key(stream)
    wrong = is_wrong(stream)
    return Row(
        key,
        (
            Cell(stream.connection),
            Cell(stream.name, Tone.TEXT if not wrong else Tone.STALE, strong=True),
            Cell(said(stream.kind)),
            Cell(symbol(stream.instrument) if stream.instrument else UNKNOWN),
            Cell(
                age(stream.age_ms),
                Tone.DANGER if stream.state == "STALE" else Tone.TEXT2,
                strong=stream.state == "STALE",
            ),
            Cell(tr("none") if stream.limit_ms is None else age(stream.limit_ms), Tone.MUTED),
            _rate_cell(meter.rate(key)),
            Cell(f"{stream.messages:,}", Tone.MUTED),
            Cell(tr("yes"), Tone.MUTED)
            if stream.active
            else Cell(tr("no"), Tone.WARNING, strong=True),
            _state_cell(stream),
        ),
    )


def _rate_cell(rate: float | None) -> Cell:
    if rate is None:
        return Cell(UNKNOWN, Tone.MUTED)
    return Cell(number(rate, 1), Tone.TEXT2 if rate else Tone.MUTED)


def _state_cell(stream: StreamView) -> Cell:
    """The state in its word; a chip where something is wrong."""
    if not stream.active:
        return Cell(word("INACTIVE"), Tone.WARNING, chip="warn")
    if not is_wrong(stream):
        return Cell(word(stream.state), Tone.TEXT2 if stream.state == "LIVE" else Tone.MUTED)
    if stream.state == "SILENT":
        return Cell(word(stream.state), Tone.WARNING, chip="warn")
    return Cell(word(stream.state), Tone.DANGER, chip="danger")


def wrong_count(frame: DeskFrame) -> int:
    """How many streams somebody should look at."""
    return sum(is_wrong(stream) for stream in frame.streams)
