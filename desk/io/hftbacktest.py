"""Captures as hftbacktest keeps them: `<receive time, unix ns> <json>`, one frame a line.

A Binance REST snapshot stands between the frames as it came, without a stream name; it belongs to
the one instrument of its file.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from desk.io.capture_files import LARGEST_STAMP_NS, CaptureLine, RawLine
from desk.venues.binance_recorded import recorded_snapshot, symbol_of
from desk.venues.protocol import RestRequest

LINE = "<receive time, unix ns> <json>"


def parsed(lines: Iterable[RawLine]) -> Iterator[CaptureLine]:
    """Yield what lines say; raise InputError for one that does not begin with a receive time.

    Whether the rest of a line is sense is the protocol's affair.
    """
    for line in lines:
        stamp, _, payload = line.text.partition(b" ")
        payload = payload.strip()
        if not (stamp.isdigit() and len(stamp) < 20 and payload):
            raise line.refused(LINE)
        ts_recv_ns = int(stamp)
        if ts_recv_ns > LARGEST_STAMP_NS:
            raise line.refused(LINE)
        yield CaptureLine(line.source, line.number, ts_recv_ns, payload)


def with_answers(lines: Iterable[CaptureLine], connection: str) -> Iterator[CaptureLine]:
    """Tell Binance's snapshots from frames: each becomes the answer to a request of its symbol.

    One that stands before the first frame of its file waits for it.
    """
    source, symbol = "", None
    symbols: set[str] = set()
    waiting: list[CaptureLine] = []
    for line in lines:
        if line.source != source:
            source, symbol = line.source, None
        named = recorded_snapshot(line.payload)
        if named is not None:
            if named or symbol:
                yield _answer(line, named or symbol, connection)
            else:
                waiting.append(line)
            continue
        if symbol is None:
            symbol = symbol_of(line.payload)
            if symbol is not None:
                symbols.add(symbol)
                yield from (_answer(snapshot, symbol, connection) for snapshot in waiting)
                waiting.clear()
        yield line
    only = symbols.pop() if len(symbols) == 1 else None
    yield from (_answer(snapshot, only, connection) for snapshot in waiting)


def _answer(line: CaptureLine, symbol: str | None, connection: str) -> CaptureLine:
    return line._replace(what="answered", request=RestRequest(connection, "", symbol or ""))
