"""The blotter as rows, what a filter says, and which page is wanted next. No Qt."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import msgspec

from desk.model.blotter import KINDS, AskBlotter, BlotterFilter, BlotterPage, BlotterRow
from desk.model.numbers import plain
from ui.viewmodels.cells import Cell, Column, Row, Side
from ui.viewmodels.names import word
from ui.viewmodels.text import MINUS, clock, short_symbol, zone_hours, zone_name
from ui.viewmodels.tone import Tone
from ui.viewmodels.translation import said, tr

COLUMNS = (
    Column("time", "{zone}", "88:88:88", Side.LEFT),
    Column("kind", "Kind", "close-out", Side.LEFT),
    Column("instrument", "Instrument", "BTCUSDT P", Side.LEFT, keep=5),
    Column("quantity", "Quantity", "▲ 8.888", keep=4),
    Column("price", "Price", "88,888.8", keep=2),
    Column("text", "What", "", Side.LEFT, width=120, grow=True),
)

PAGE_ROWS = 100
MOST_AT_TOP = 2_000
"""Rows that are held where nobody looks back; the newest."""

TONES = {
    "fill": Tone.TEXT,
    "denial": Tone.WARNING,
    "rejection": Tone.WARNING,
    "close_out": Tone.DANGER,
    "alert": Tone.TEXT2,
}

_WORD = re.compile(r"(kind|in|account|side|from|to):(\S+)")


def read_filter(text: str, now_ms: int) -> tuple[BlotterFilter, str]:
    """Read a filter line; the second value says what is wrong with it.

    `kind:denial side:buy in:INSTRUMENT account:perp-1 from:09:30 to:2026-11-27T18:00`, in the
    zone in force; all else is text to look for.
    """
    fields: dict[str, Any] = {"text": " ".join(_WORD.sub("", text).split())}
    for name, value in _WORD.findall(text):
        if name == "kind":
            kinds = tuple(value.lower().split(","))
            odd = [kind for kind in kinds if kind not in KINDS]
            if odd:
                return BlotterFilter(), tr(
                    "kind: one of {kinds}; found {odd}", kinds=", ".join(KINDS), odd=odd[0]
                )
            fields["kinds"] = kinds
        elif name == "side":
            if value.upper() not in {"BUY", "SELL"}:
                return BlotterFilter(), tr("side: buy or sell; found {value}", value=value)
            fields["side"] = value.upper()
        elif name in {"from", "to"}:
            moment = _moment(value, now_ms)
            if moment is None:
                return BlotterFilter(), tr(
                    "{name}: 09:30 or 2026-11-28T09:30; found {value}", name=name, value=value
                )
            fields[f"{name}_ms"] = moment
        else:
            fields["instrument" if name == "in" else name] = value
    return BlotterFilter(**fields), ""


def _moment(text: str, now_ms: int) -> int | None:
    """Read a time of today, or a day with a time, in the zone in force."""
    zone = timezone(timedelta(hours=zone_hours()))
    today = datetime.fromtimestamp(now_ms / 1_000, UTC).astimezone(zone).date()
    whole = text if "-" in text else f"{today}T{text}"
    try:
        moment = datetime.fromisoformat(whole)
    except ValueError:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=zone)
    return int(moment.timestamp() * 1_000)


class BlotterPages:
    """What has been read so far of one filter, and what to ask next."""

    def __init__(self) -> None:
        self.wanted = BlotterFilter()
        self.rows: tuple[Row, ...] = ()
        self.found: dict[str, BlotterRow] = {}
        self.next_seq: int | None = None
        self.newest_seq = 0
        self._generation = 0

    def begin(self, wanted: BlotterFilter) -> tuple[AskBlotter, int]:
        """Start anew with a filter; return the question and which generation it is of."""
        self._generation += 1
        self.wanted, self.rows, self.found = wanted, (), {}
        self.next_seq, self.newest_seq = None, 0
        return AskBlotter(wanted=wanted, count=PAGE_ROWS), self._generation

    def older(self) -> tuple[AskBlotter, int] | None:
        """Ask for the page after the last; None: there is none."""
        if self.next_seq is None:
            return None
        asked = AskBlotter(wanted=self.wanted, before_seq=self.next_seq, count=PAGE_ROWS)
        return asked, self._generation

    def newer(self) -> tuple[AskBlotter, int]:
        """Ask for what has come since."""
        asked = AskBlotter(wanted=self.wanted, after_seq=self.newest_seq, count=PAGE_ROWS)
        return asked, self._generation

    def take(self, data: dict[str, Any], generation: int, asked: AskBlotter) -> bool:
        """Take an answer; False if it belongs to a filter that is gone."""
        if generation != self._generation:
            return False
        page = msgspec.convert(data, BlotterPage)
        fresh = [one for one in page.rows if _key(one) not in self.found]
        self.found |= {_key(one): one for one in fresh}
        rows = tuple(blotter_row(one) for one in fresh)
        if asked.after_seq:
            if page.next_seq is not None and not asked.before_seq:
                # More came than a page holds: begin again rather than leave a hole.
                self.found = {_key(one): one for one in page.rows}
                self.rows = tuple(blotter_row(one) for one in page.rows)
                self.next_seq = page.next_seq
            else:
                self.rows = rows + self.rows
        else:
            self.rows += rows
            self.next_seq = page.next_seq
        self.newest_seq = max(self.newest_seq, page.newest_seq)
        return True

    def forget_oldest(self) -> None:
        """A blotter that stands at its top all day does not grow; what goes is asked for again."""
        if len(self.rows) > MOST_AT_TOP:
            self.rows = self.rows[:MOST_AT_TOP]
            self.found = {row.key: self.found[row.key] for row in self.rows}
            # The last one's journal row may have had more parts.
            self.next_seq = self.found[self.rows[-1].key].seq + 1


def _key(row: BlotterRow) -> str:
    return f"{row.seq}.{row.part}"


def blotter_row(one: BlotterRow) -> Row:
    """Return one line."""
    tone = TONES.get(one.kind, Tone.TEXT2)
    name, kind = short_symbol(one.instrument) if one.instrument else ("", "")
    is_buy = one.side == "BUY"
    quantity = "" if one.quantity is None else f"{'▲' if is_buy else '▼'} {plain(one.quantity)}"
    price = one.trigger if one.price is None else one.price
    return Row(
        _key(one),
        (
            Cell(clock(one.time_ms), Tone.MUTED),
            Cell(
                word(one.kind.replace("_", "-")), tone, strong=one.kind in {"denial", "close_out"}
            ),
            Cell(name, Tone.TEXT, unit=kind),
            Cell(quantity, Tone.BID if is_buy else Tone.ASK),
            Cell("" if price is None else f"{price:,f}", Tone.TEXT2),
            Cell(_text(one), tone),
        ),
    )


def _text(one: BlotterRow) -> str:
    if one.amount is None:
        return said(one.text)
    amount = plain(one.amount).replace("-", MINUS)
    return f"{said(one.text)} · {amount} {one.asset}".rstrip()


def details(one: BlotterRow) -> list[tuple[str, str]]:
    """Return all that is known of a row, as label and value."""
    told: list[tuple[str, str]] = [
        (tr("Journal row"), f"#{one.seq:,}"),
        (tr("Time"), f"{_iso(one.time_ms)} {zone_name()}"),
        (tr("Kind"), f"{word(one.kind.replace('_', '-'))} ({one.about})"),
    ]
    for label, value in (
        (tr("Order"), one.order_id),
        (tr("Account"), one.account),
        (tr("Instrument"), one.instrument),
        (tr("What"), _text(one)),
    ):
        told += [(label, value)] * bool(value)
    for denial in one.denials:
        head = f"{denial.code} · {said(denial.origin)}"
        told.append((head, f"{said(denial.message)} ({denial.rule})"))
    told += [(said(name.replace("_", " ")), _plain(value)) for name, value in one.details.items()]
    return told


def _iso(time_ms: int) -> str:
    zone = timezone(timedelta(hours=zone_hours()))
    moment = datetime.fromtimestamp(time_ms / 1_000, UTC).astimezone(zone)
    return f"{moment:%Y-%m-%d %H:%M:%S}.{time_ms % 1_000:03d}"


def _plain(value: object) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
