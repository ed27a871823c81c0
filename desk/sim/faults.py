"""Faults on demand: what a venue or the way to it may do to frames.

A specification is comma-separated `kind[@stream][:option…]` with the options `p=0.01` (chance
for each frame), `at=10s` (seconds after the start) and `for=5s` (how long).

* drop: the frame is lost; dup: it comes twice; reorder: it comes after the next of its stream
* gap: as drop, on streams of book changes only, so that a book misses changes
* garbage: the frame is cut off in the middle
* freeze: the stream repeats its last frame, stamps and all
* silent: the stream sends nothing while the connection stays alive
* disconnect: connections that carry the stream break without a closing handshake

`stream` is any run of a stream's parts, with the letters and channel names of the venue:
`btcusdt@depth@100ms`, `depth`, `ethusdt`, also behind `spot` or `usdm` (`usdm@btcusdt@trade`);
`okx@BTC-USDT-SWAP@books`; `bybit@linear@BTCUSDT@orderbook@50`;
`deribit@BTC-PERPETUAL@book@100ms`. Without options: freeze and
silent act from the start to the end, gap and disconnect once after five seconds, the others on
one frame in a hundred.
`at` without `for` and `p` acts once (freeze and silent: from then on).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from desk.model.errors import InputError
from desk.sim.dice import Dice

DEFAULT_CHANCE = 0.01
DEFAULT_ONCE_AT_MS = 5_000
FOREVER_MS = 1 << 62


class FaultKind(Enum):
    """What goes wrong."""

    DROP = "drop"
    DUP = "dup"
    REORDER = "reorder"
    DISCONNECT = "disconnect"
    SILENT = "silent"
    FREEZE = "freeze"
    GARBAGE = "garbage"
    GAP = "gap"


_LASTING = {FaultKind.SILENT, FaultKind.FREEZE}
_ONCE = {FaultKind.GAP, FaultKind.DISCONNECT}
_BOOKS = {"book", "orderbook", "level2"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One fault: what, where, when, how often."""

    kind: FaultKind
    stream: tuple[str, ...] = ()
    chance: float = 1.0
    from_ms: int = 0
    until_ms: int = FOREVER_MS
    once: bool = False

    def hits(self, section: str, stream: str) -> bool:
        """Tell whether a stream of a section is meant."""
        parts = (section, *stream.split("@"))
        if self.kind is FaultKind.GAP and not _carries_changes(parts):
            return False
        wanted, size = self.stream, len(self.stream)
        return any(parts[i : i + size] == wanted for i in range(len(parts) - size + 1))


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
        raise _bad(part, f"one of {', '.join(k.value for k in FaultKind)}", name) from None
    values = dict(_option(part, option) for option in options)
    if len(values) < len(options):
        raise _bad(part, "each option once", part)
    pieces = tuple(stream.split("@")) if stream else ()
    if "@" in head and not all(pieces or [""]):
        raise _bad(part, "a stream after @", head)
    return _scheduled(kind, pieces, values)


def _scheduled(kind: FaultKind, stream: tuple[str, ...], values: dict[str, float]) -> Fault:
    once = "at" in values and not ("p" in values or "for" in values) and kind not in _LASTING
    from_ms = int(values.get("at", 0.0) * 1000)
    chance = values.get("p", 1.0)
    if not values and kind in _ONCE:
        once, from_ms = True, DEFAULT_ONCE_AT_MS
    elif not values and kind not in _LASTING:
        chance = DEFAULT_CHANCE
    until_ms = from_ms + int(values["for"] * 1000) if "for" in values else FOREVER_MS
    return Fault(
        kind=kind, stream=stream, chance=chance, from_ms=from_ms, until_ms=until_ms, once=once
    )


def _option(part: str, option: str) -> tuple[str, float]:
    name, _, text = option.partition("=")
    if name not in {"p", "at", "for"}:
        raise _bad(part, "p=…, at=…s or for=…s", option)
    is_time = name != "p"
    number = text.removesuffix("s") if is_time else text
    if not number.replace(".", "", 1).isdigit() or not number.isascii() or len(number) > 12:
        raise _bad(part, f"{name}={'seconds, as 10s' if is_time else 'a chance, as 0.01'}", option)
    value = float(number)
    if not is_time and value > 1:
        raise _bad(part, "a chance from 0 to 1", option)
    return name, value


def _bad(part: str, expected: str, found: str) -> InputError:
    return InputError(source="--faults", field=part, expected=expected, found=found or "nothing")


Acts = list[tuple[FaultKind, bool]]
"""The faults that are meant for a stream, and whether each acts on its next frame."""


class FaultInjector:
    """Does to a section's frames what the faults say; seeded, so that a run can be repeated."""

    def __init__(self, faults: list[Fault], seed: int) -> None:
        self._faults = faults
        self._dice = Dice(f"faults {seed}")
        self._done: set[int] = set()
        self._held: dict[tuple[str, ...], bytes] = {}
        self._frozen: dict[tuple[str, ...], bytes] = {}

    @property
    def is_idle(self) -> bool:
        """Tell whether there is nothing to inject at all."""
        return not self._faults

    def frames(self, section: str, stream: str, payload: bytes, elapsed_ms: int) -> list[bytes]:
        """Return what is sent in place of a frame that all receivers share, in order."""
        return self.apply(self.acts(section, stream, elapsed_ms), (section, stream), payload)

    def acts(self, section: str, stream: str, elapsed_ms: int) -> Acts:
        """Decide what happens to the next frame of a stream, whoever receives it."""
        return [
            (fault.kind, self._acts(number, fault, elapsed_ms))
            for number, fault in enumerate(self._faults)
            if fault.kind is not FaultKind.DISCONNECT and fault.hits(section, stream)
        ]

    @staticmethod
    def is_silent(acts: Acts) -> bool:
        """Tell whether the frame is never made at all."""
        return (FaultKind.SILENT, True) in acts

    def apply(self, acts: Acts, receiver: tuple[str, ...], payload: bytes) -> list[bytes]:
        """Return what a receiver is sent in place of a frame, in order."""
        sent = [payload]
        for kind, is_acting in acts:
            if is_acting:
                sent = self._act(kind, receiver, sent)
            elif kind is FaultKind.FREEZE:
                self._frozen[receiver] = payload
        held = self._held.pop(receiver, None) if sent else None
        return sent if held is None else [*sent, held]

    def silences(self, section: str, stream: str, elapsed_ms: int) -> bool:
        """Tell whether a stream is silent now, so that not even a first snapshot is sent."""
        return any(
            fault.kind is FaultKind.SILENT
            and fault.hits(section, stream)
            and self._acts(number, fault, elapsed_ms)
            for number, fault in enumerate(self._faults)
        )

    def breaks(self, elapsed_ms: int) -> list[Fault]:
        """Return the disconnections that happen now."""
        return [
            fault
            for number, fault in enumerate(self._faults)
            if fault.kind is FaultKind.DISCONNECT and self._acts(number, fault, elapsed_ms)
        ]

    def _acts(self, number: int, fault: Fault, elapsed_ms: int) -> bool:
        if not fault.from_ms <= elapsed_ms < fault.until_ms or number in self._done:
            return False
        if self._dice.random() >= fault.chance:
            return False
        if fault.once:
            self._done.add(number)
        return True

    def _act(self, kind: FaultKind, key: tuple[str, ...], sent: list[bytes]) -> list[bytes]:
        if not sent or kind in {FaultKind.DROP, FaultKind.GAP, FaultKind.SILENT}:
            return []
        if kind is FaultKind.DUP:
            return [*sent, sent[-1]]
        if kind is FaultKind.GARBAGE:
            return [frame[: len(frame) // 2] for frame in sent]
        if kind is FaultKind.FREEZE:
            return [self._frozen.setdefault(key, sent[0])]
        if key in self._held:
            return sent
        self._held[key] = sent[0]
        return []
