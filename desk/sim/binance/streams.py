"""Stream names, and the venue's routes that carry them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import parse_qs, unquote, urlsplit

SPOT = "spot"
USDM = "usdm"
COINM = "coinm"

PUBLIC = "public"
MARKET = "market"
PRIVATE = "private"
"""Of an account, which nobody has here: connections are taken and stay silent."""
ANY = "any"
"""Spot and coin-margined futures have one route; the paths that USDⓈ-M had before April 2026 are
served for older clients."""

_PUBLIC_KINDS = ("depth", "bookTicker", "trade", "rpiDepth")
_NAME = re.compile(r"[a-z0-9_!]{1,30}(@[A-Za-z0-9_]{1,20}){0,3}")


@dataclass(frozen=True, slots=True)
class Route:
    """What a websocket path asks for."""

    carries: str
    wrapped: bool
    """Frames come as {"stream": …, "data": …}."""
    streams: tuple[str, ...]


def parse_route(path: str, section: str) -> Route | None:
    """Read the path of a websocket handshake; None when the venue has no such path.

    Accepts /ws, /ws/a@b/c@d, /stream?streams=a/b and, on USDⓈ-M, each below /public, /market
    and /private. Numbers in a path, which some client libraries add, name no stream.
    """
    url = urlsplit(path)
    parts = [unquote(part) for part in url.path.split("/") if part]
    carries = ANY
    if section == USDM and parts and parts[0] in {PUBLIC, MARKET, PRIVATE}:
        carries = parts.pop(0)
    if not parts or parts[0] not in {"ws", "stream"}:
        return None
    wrapped = parts.pop(0) == "stream"
    if parts and parts[0] == "ws":
        wrapped = False
        parts.pop(0)
    for value in parse_qs(url.query).get("streams", []):
        parts += value.split("/")
    streams = tuple(part for part in parts if part and not part.isdigit())
    return Route(carries, wrapped, streams)


def snapshot_stream(path: str) -> str:
    """Return the stream that a REST path is the snapshot of; empty when it is of none."""
    url = urlsplit(path)
    symbol = parse_qs(url.query).get("symbol", [""])[0].lower()
    return f"{symbol}@depth" if url.path.endswith("/depth") else ""


def is_stream_name(name: object) -> bool:
    """Tell whether a text can be the name of a stream at all."""
    return isinstance(name, str) and _NAME.fullmatch(name) is not None


def is_carried(name: str, carries: str) -> bool:
    """Tell whether a route delivers a stream; on the wrong one the venue stays silent."""
    if carries == ANY:
        return True
    kind = name.partition("@")[2] or name.lstrip("!")
    return carries == (PUBLIC if kind.startswith(_PUBLIC_KINDS) else MARKET)


@dataclass(frozen=True, slots=True)
class DepthKind:
    """How a depth stream is cut: its interval, and levels when it is a partial book."""

    interval_ms: int
    levels: int | None = None


def parse_depth(kind: str, *, is_spot: bool) -> DepthKind | None:
    """Read `depth`, `depth@100ms`, `depth20@100ms`, …; None when it is no depth stream."""
    match = re.fullmatch(r"depth(5|10|20)?(?:@(0|100|250|500|1000)ms)?", kind)
    if match is None:
        return None
    default_ms = 1000 if is_spot else 250
    interval_ms = default_ms if match[2] is None else max(50, int(match[2]))
    return DepthKind(interval_ms, int(match[1]) if match[1] else None)
