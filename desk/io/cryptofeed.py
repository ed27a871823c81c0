"""Captures as cryptofeed's raw data collection keeps them (its 2021 release and later).

    configuration: {…}            what was subscribed to
    URL <-> TIME                  a connection is made
    URL <- TIME: TEXT             a message is sent
    URL -> TIME: TEXT             an answer to a GET
    TIME: TEXT                    a message is received

Times are Unix seconds with a fraction. A file holds one connection, which its URLs tell.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from urllib.parse import SplitResult, parse_qs, urlsplit

from desk.io.capture_files import LARGEST_STAMP_NS, CaptureLine, RawLine, What
from desk.venues.protocol import RestRequest

LINE = "<receive time, unix s>: <json>, or <url> and what was done there"

_HOSTS = {
    "stream.binance.com": "binance-spot",
    "api.binance.com": "binance-spot",
    "fstream.binance.com": "binance-usdm",
    "fapi.binance.com": "binance-usdm",
    "dstream.binance.com": "binance-coinm",
    "dapi.binance.com": "binance-coinm",
    "ws.okx.com": "okx",
    "ws.okex.com": "okx",
    "www.deribit.com": "deribit",
    "api.hyperliquid.xyz": "hyperliquid",
    "ws-feed.exchange.coinbase.com": "coinbase",
    "advanced-trade-ws.coinbase.com": "coinbase",
    "ws.kraken.com": "kraken",
}
_BYBIT = "stream.bybit.com"
_BYBIT_OLD_LINEAR = "/realtime_public"

_DIRECTIONS: dict[bytes, What] = {b"<->": "opened", b"<-": "sent", b"->": "answered"}
_ELSEWHERE = re.compile(rb"((?:wss?|https?)://\S+) (<->|<-|->) (\d+(?:\.\d+)?)(?:: (.*))?")
_RECEIVED = re.compile(rb"(\d+(?:\.\d+)?): (.*)")
_NS_DIGITS = 9
_CONFIGURATION = b"configuration: "


def parsed(lines: Iterable[RawLine]) -> Iterator[CaptureLine]:
    """Yield what lines say; raise InputError for one that is in none of the forms."""
    connection = path = ""
    for line in lines:
        text = line.text.rstrip(b"\r\n")
        if received := _RECEIVED.fullmatch(text):
            stamp_ns, request = _nanoseconds(received[1], line), None
            what, payload = "received", received[2]
        elif elsewhere := _ELSEWHERE.fullmatch(text):
            stamp_ns, url = _nanoseconds(elsewhere[3], line), _url(elsewhere[1], line)
            what, payload = _DIRECTIONS[elsewhere[2]], elsewhere[4] or b""
            connection = _connection_at(url) or connection
            request = _request(connection, url) if what == "answered" else None
            path = path if request else url.path
        elif text.startswith(_CONFIGURATION):
            continue
        else:
            raise line.refused(LINE)
        yield CaptureLine(
            line.source, line.number, stamp_ns, payload, what, connection, path, request
        )


def is_cryptofeed(text: bytes) -> bool:
    """Return whether a line is in one of the forms."""
    text = text.rstrip(b"\r\n")
    forms = (_RECEIVED.fullmatch(text), _ELSEWHERE.fullmatch(text))
    return any(forms) or text.startswith(_CONFIGURATION)


def _connection_at(url: SplitResult) -> str | None:
    if url.hostname != _BYBIT:
        return _HOSTS.get(url.hostname or "")
    for kind in ("spot", "linear"):
        if kind in url.path:
            return f"bybit-{kind}"
    return "bybit-linear" if url.path.startswith(_BYBIT_OLD_LINEAR) else "bybit-inverse"


def _url(text: bytes, line: RawLine) -> SplitResult:
    try:
        return urlsplit(text.decode())
    except ValueError:
        raise line.refused(LINE) from None


def _request(connection: str, url: SplitResult) -> RestRequest:
    symbol = parse_qs(url.query).get("symbol", [""])[0]
    return RestRequest(connection, f"{url.path}?{url.query}", symbol.upper())


def _nanoseconds(seconds: bytes, line: RawLine) -> int:
    whole, _, fraction = seconds.partition(b".")
    found = int(whole[:20] + fraction[:_NS_DIGITS].ljust(_NS_DIGITS, b"0"))
    if found > LARGEST_STAMP_NS:
        raise line.refused(LINE)
    return found
