"""Feeds: a row a venue, and what is wrong with its streams."""

from __future__ import annotations

from desk.engine.snapshot import DeskFrame, FeedView
from ui.viewmodels.cells import Cell, Column, Row, Side
from ui.viewmodels.lamps import lamp_look
from ui.viewmodels.names import word
from ui.viewmodels.status import AMBER_FLOOR_MS, feed_state
from ui.viewmodels.streams import is_wrong, venue_of_stream
from ui.viewmodels.text import age, skew
from ui.viewmodels.tone import Tone
from ui.viewmodels.translation import said, tr

FEED_COLUMNS = (
    Column("lamp", "State", "", Side.LEFT, width=84),
    Column("venue", "Venue", "HYPERLIQUID", Side.LEFT),
    Column("age", "Oldest", "88.8 s", tip="age of the oldest stream that is needed, ms"),
    Column("late", "Late above", "88.8 s", keep=3),
    Column("stale", "Stale above", "88.8 s", keep=4),
    Column("skew", "Clock", "−88.88 s", tip="the venue's clock minus ours; — : it stamps nothing"),
    Column("gaps", "Gaps", "88,888", tip="since the start"),
    Column("rejected", "Rejected", "88,888", tip="messages that could not be read"),
    Column("inactive", "Inactive", "888", tip="wanted, and not shown on the present socket"),
    Column("wrong", "Wrong", "88 of 888", keep=6, tip="streams that are stale, silent or inactive"),
    Column("note", "Note", "", Side.LEFT, keep=7, width=170, grow=True),
)


def feed_rows(frame: DeskFrame) -> tuple[Row, ...]:
    """One row a venue, in the order of the lamps."""
    streams: dict[str, list[bool]] = {}
    for stream in frame.streams:
        streams.setdefault(venue_of_stream(stream, frame.feeds), []).append(is_wrong(stream))
    return tuple(_row(feed, streams.get(feed.venue, [])) for feed in frame.feeds)


def _row(feed: FeedView, wrong: list[bool]) -> Row:
    state = feed_state(feed)
    _, _, tone = lamp_look(state)
    return Row(
        feed.venue,
        (
            Cell(word(state), tone),
            Cell(feed.venue, Tone.TEXT, strong=True),
            Cell(age(feed.age_ms), tone, strong=state in {"late", "stale"}),
            Cell(age(max(AMBER_FLOOR_MS, feed.amber_ms)), Tone.MUTED),
            Cell(age(feed.stale_ms), Tone.MUTED),
            Cell(skew(feed.skew_ms), Tone.MUTED if feed.skew_ms is None else Tone.TEXT2),
            _count(feed.gaps),
            _count(feed.rejected),
            _wrong_now(str(feed.inactive), feed.inactive),
            _wrong_now(tr("{wrong} of {all}", wrong=sum(wrong), all=len(wrong)), sum(wrong)),
            Cell("; ".join(said(note) for note in (feed.down, feed.note) if note), Tone.WARNING)
            if feed.down
            else Cell(said(feed.note)),
        ),
    )


def _count(count: int) -> Cell:
    """Something that has happened since the start: told, but not wrong now."""
    return Cell(f"{count:,}", Tone.TEXT if count else Tone.MUTED, strong=count > 0)


def _wrong_now(text: str, count: int) -> Cell:
    return Cell(text, Tone.WARNING, chip="warn") if count else Cell(text, Tone.MUTED)
