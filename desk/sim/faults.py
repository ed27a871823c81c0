"""Faults on demand: what may be asked for, and what a specification means.

A specification is comma-separated `kind[@stream][:option…]` with the options `p=0.01` (chance),
`at=10s` (seconds after the start), `for=5s` (how long) and `by=3s` (how much, where a fault has
a measure).

Frames:
* drop: the frame is lost; dup: it comes twice; reorder: it comes after the next of its stream
* gap: as drop, on streams of book changes only, so that a book misses changes
* garbage: the frame is cut off in the middle; giant: it is larger than 1 MiB; nested: it is
  thousands of brackets deep; hostile: one of its numbers becomes NaN, 1e999 or negative
* freeze: the stream repeats its last frame, stamps and all
* silent: the stream sends nothing while the connection stays alive
* stamps: the data move on but their times stand still
* clock: all times of a venue are off `by` (`clock@okx:by=-1.27s`)
* late: snapshots come `by` later than they should; old: they are that old when they come

Connections:
* disconnect: those that carry the stream break without a closing handshake; cut: they break in
  the middle of a frame
* stall: data stop on those that carry the stream, while pings are answered; what was held back
  comes when it ends
* blackhole: nothing is read or answered any more, and new connections hang; the old ones break
  when it ends
* bounce: connections are accepted and closed at once
* status429, status418: handshakes and REST are refused, with Retry-After
* partial: of a subscription only a part is acknowledged and flows (`p`: the share left out)
* shutdown: the venue gives the notice that it has for this, and closes after `for`

The market (of all instruments, or of the one whose id in the market is given):
* interval: funding becomes due every four hours
* relist: prices get another decimal; the venues list it anew and close their sockets
* move: the price of all coins, or of the one that is given, moves by a share on all venues, evenly
  over `for` (else 30 s): `move@BTC:by=-0.25:at=20s:for=30s` falls by a quarter

`stream` is any run of a stream's parts, with the letters and channel names of the venue:
`btcusdt@depth@100ms`, `depth`, `ethusdt`, also behind `spot`, `usdm` or `coinm`
(`usdm@btcusdt@trade`) and before these `binance`;
`okx@BTC-USDT-SWAP@books`; `bybit@linear@BTCUSDT@orderbook@50`;
`deribit@BTC-PERPETUAL@book@100ms`; `coinbase@BTC-USD@level2`; `kraken@BTC/USD@book@10`. New
connections are `ws` and REST is `rest` (`status429@okx@rest`).

Without options freeze, silent, stamps, clock, late, old, stall, blackhole, bounce and the
statuses act from the start to the end, so does partial on every second stream; gap and those
that happen once act after five seconds; the others on one frame in a hundred. `at` without
`for` and `p` acts once, or from then on.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import Enum

from desk.model.errors import InputError
from desk.sim.calibration import COINS

DEFAULT_CHANCE = 0.01
DEFAULT_ONCE_AT_MS = 5_000
DEFAULT_DELAY_MS = 3_000
DEFAULT_NOTICE_MS = 10_000
DEFAULT_MOVE_MS = 30_000
LARGEST_MOVE = 10.0
LEFT_OUT = 0.5
FOREVER_MS = 1 << 62


class FaultKind(Enum):
    """What goes wrong."""

    DROP = "drop"
    DUP = "dup"
    REORDER = "reorder"
    GAP = "gap"
    GARBAGE = "garbage"
    GIANT = "giant"
    NESTED = "nested"
    HOSTILE = "hostile"
    FREEZE = "freeze"
    SILENT = "silent"
    STAMPS = "stamps"
    CLOCK = "clock"
    LATE = "late"
    OLD = "old"
    DISCONNECT = "disconnect"
    CUT = "cut"
    STALL = "stall"
    BLACKHOLE = "blackhole"
    BOUNCE = "bounce"
    STATUS429 = "status429"
    STATUS418 = "status418"
    PARTIAL = "partial"
    SHUTDOWN = "shutdown"
    INTERVAL = "interval"
    RELIST = "relist"
    MOVE = "move"


_K = FaultKind
_DAMAGING = {_K.GARBAGE, _K.GIANT, _K.NESTED, _K.HOSTILE}
OF_FRAMES = _DAMAGING | {_K.DROP, _K.DUP, _K.REORDER, _K.GAP, _K.FREEZE, _K.SILENT}
"""Kinds that are decided anew for every frame."""
HAPPENING = {_K.DISCONNECT, _K.CUT, _K.SHUTDOWN, _K.INTERVAL, _K.RELIST, _K.MOVE}
"""Kinds that happen at a moment, whatever is sent."""
_ONCE = HAPPENING | {_K.GAP}
_NEVER_AGAIN = {_K.SHUTDOWN, _K.INTERVAL, _K.RELIST, _K.MOVE}
_DURATIONS = {_K.SHUTDOWN: DEFAULT_NOTICE_MS, _K.MOVE: DEFAULT_MOVE_MS}
"""How long what happens at a moment takes, when `for` is not given."""
_LASTING = set(FaultKind) - HAPPENING - OF_FRAMES | {_K.FREEZE, _K.SILENT}
_MEASURED = {_K.LATE: DEFAULT_DELAY_MS, _K.OLD: DEFAULT_DELAY_MS, _K.CLOCK: None}
"""Kinds that take `by`, and what it is when it is not given; None: it must be."""
_OF_BINANCE = {"spot", "usdm", "coinm"}
_BOOKS = {"book", "orderbook", "level2"}
_OPTIONS = {"p", "at", "for", "by"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One fault: what, where, when, how often, how much."""

    kind: FaultKind
    stream: tuple[str, ...] = ()
    chance: float = 1.0
    from_ms: int = 0
    until_ms: int = FOREVER_MS
    once: bool = False
    by_ms: int = 0
    by_share: float = 0.0

    def hits(self, section: str, stream: str) -> bool:
        """Tell whether a stream of a section is meant."""
        venue = ("binance",) if section in _OF_BINANCE else ()
        parts = (*venue, section, *stream.split("@"))
        if self.kind is FaultKind.GAP and not _carries_changes(parts):
            return False
        wanted, size = self.stream, len(self.stream)
        return any(parts[i : i + size] == wanted for i in range(len(parts) - size + 1))

    def hits_any(self, section: str, streams: Iterable[str]) -> bool:
        """Tell whether a connection with these streams is meant; it may have none yet."""
        return self.hits(section, "") or any(self.hits(section, stream) for stream in streams)

    def is_on(self, elapsed_ms: int) -> bool:
        """Tell whether it is time for it."""
        return self.from_ms <= elapsed_ms < self.until_ms


def _carries_changes(parts: tuple[str, ...]) -> bool:
    """Tell whether a stream carries changes of a book.

    Bybit's best level comes whole, and so do Deribit's books of a few levels.
    """
    if parts[-2:] == ("orderbook", "1") or "none" in parts:
        return False
    return any(part in _BOOKS or part.startswith(("depth", "books")) for part in parts)


def parse_faults(spec: str) -> list[Fault]:
    """Read a specification; raise InputError naming the part that is wrong."""
    return [_parse_one(part.strip()) for part in spec.split(",")] if spec else []


def _parse_one(part: str) -> Fault:
    head, *options = part.split(":")
    name, _, stream = head.partition("@")
    try:
        kind = FaultKind(name)
    except ValueError:
        kinds = ", ".join(kind.value for kind in FaultKind)
        raise _bad(part, f"one of {kinds}", name) from None
    values = dict(_option(part, kind, option) for option in options)
    if len(values) < len(options):
        raise _bad(part, "each option once", part)
    pieces = tuple(stream.split("@")) if stream else ()
    if "@" in head and not all(pieces or [""]):
        raise _bad(part, "a stream after @", head)
    by = values.pop("by", None)
    if kind is FaultKind.MOVE:
        return replace(_scheduled(kind, pieces, values, 0), by_share=_share(part, pieces, by))
    return _scheduled(kind, pieces, values, _measure(part, kind, by))


def _share(part: str, pieces: tuple[str, ...], by: float | None) -> float:
    """Return how far a price moves; raise InputError for what no price can do, or no coin."""
    coins = [coin.asset for coin in COINS]
    if pieces and "@".join(pieces) not in coins:
        raise _bad(part, f"one of {', '.join(coins)} after @", "@".join(pieces))
    if by is None or not -1 < by <= LARGEST_MOVE:
        raise _bad(part, f"by= a share above -1 and at most {LARGEST_MOVE:g}, as -0.25", part)
    return by


def _measure(part: str, kind: FaultKind, by_s: float | None) -> int:
    """Return how much, in milliseconds; raise InputError where it does not belong."""
    if kind not in _MEASURED:
        if by_s is not None:
            raise _bad(part, f"no by= for {kind.value}", part)
        return 0
    by_ms = _MEASURED[kind] if by_s is None else round(by_s * 1000)
    if by_ms is None or (by_ms < 0 and kind is not FaultKind.CLOCK):
        raise _bad(part, "by=…s", part)
    return by_ms


def _scheduled(
    kind: FaultKind, stream: tuple[str, ...], values: dict[str, float], by_ms: int
) -> Fault:
    from_ms = int(values.get("at", 0.0) * 1000)
    chance = values.get("p", LEFT_OUT if kind is FaultKind.PARTIAL else 1.0)
    if not values and kind in _ONCE:
        from_ms = DEFAULT_ONCE_AT_MS
    elif not values and kind not in _LASTING:
        chance = DEFAULT_CHANCE
    for_ms = _DURATIONS.get(kind, FOREVER_MS)
    if "for" in values:
        for_ms = int(values["for"] * 1000)
    return Fault(
        kind=kind,
        stream=stream,
        chance=chance,
        from_ms=from_ms,
        until_ms=min(FOREVER_MS, from_ms + for_ms),
        once=_is_once(kind, values),
        by_ms=by_ms,
    )


def _is_once(kind: FaultKind, values: dict[str, float]) -> bool:
    if kind in _NEVER_AGAIN:
        return True
    momentary = kind not in _LASTING and values.keys() <= {"at"}
    return momentary and (bool(values) or kind in _ONCE)


def _option(part: str, kind: FaultKind, option: str) -> tuple[str, float]:
    name, _, text = option.partition("=")
    if name not in _OPTIONS:
        raise _bad(part, "p=…, at=…s, for=…s or by=…s", option)
    is_time = name != "p" and (name, kind) != ("by", FaultKind.MOVE)
    number = text.removesuffix("s") if is_time else text
    digits = number.removeprefix("-") if name == "by" else number
    if not digits.replace(".", "", 1).isdigit() or not digits.isascii() or len(digits) > 12:
        raise _bad(part, f"{name}={'seconds, as 10s' if is_time else 'a share, as 0.01'}", option)
    value = float(number)
    if name == "p" and value > 1:
        raise _bad(part, "a chance from 0 to 1", option)
    return name, value


def _bad(part: str, expected: str, found: str) -> InputError:
    return InputError(source="--faults", field=part, expected=expected, found=found or "nothing")
