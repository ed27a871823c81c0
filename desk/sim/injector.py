"""Does to a section's frames what the faults say; seeded, so that a run can be repeated."""

from __future__ import annotations

from collections.abc import Iterable

from desk.sim import damage
from desk.sim.dice import Dice
from desk.sim.faults import HAPPENING, OF_FRAMES, Fault, FaultKind
from desk.sim.stamps import Change, retimed

Acts = list[tuple[FaultKind, bool]]
"""The faults that are meant for a stream, and whether each acts on its next frame."""

_MS_NS = 1_000_000


class FaultInjector:
    """All faults of a simulator; all times are wall time since its start."""

    def __init__(self, faults: list[Fault], seed: int, started_ms: int = 0) -> None:
        self._faults = faults
        self._started_ms = started_ms
        self._dice = Dice(f"faults {seed}")
        self._done: set[int] = set()
        self._held: dict[tuple[str, ...], bytes] = {}
        self._frozen: dict[tuple[str, ...], bytes] = {}
        self._kinds = {fault.kind for fault in faults}

    @property
    def is_idle(self) -> bool:
        """Tell whether there is nothing to inject at all."""
        return not self._faults

    # ------------------------------------------------------------------ frames

    def frames(self, section: str, stream: str, payload: bytes, elapsed_ms: int) -> list[bytes]:
        """Return what is sent in place of a frame that all receivers share, in order."""
        return self.apply(self.acts(section, stream, elapsed_ms), (section, stream), payload)

    def acts(self, section: str, stream: str, elapsed_ms: int) -> Acts:
        """Decide what happens to the next frame of a stream, whoever receives it."""
        return [
            (fault.kind, self._acts(number, fault, elapsed_ms))
            for number, fault in enumerate(self._faults)
            if fault.kind in OF_FRAMES and fault.hits(section, stream)
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

    def retimed(self, section: str, stream: str, payload: bytes, elapsed_ms: int) -> bytes:
        """Return a frame with the times that a venue tells instead of the true ones."""
        for kind in (FaultKind.STAMPS, FaultKind.CLOCK):
            fault = self.on(kind, section, (stream,), elapsed_ms)
            if fault is not None:
                change = self._change(fault)
                payload = retimed(payload, stream, self._started_ms + elapsed_ms, change)
        return payload

    def _change(self, fault: Fault) -> Change:
        if fault.kind is FaultKind.CLOCK:
            return lambda at_ns: at_ns + fault.by_ms * _MS_NS
        still_ns = (self._started_ms + fault.from_ms) * _MS_NS
        return lambda at_ns: min(at_ns, still_ns)

    def _act(self, kind: FaultKind, key: tuple[str, ...], sent: list[bytes]) -> list[bytes]:
        if not sent or kind in {FaultKind.DROP, FaultKind.GAP, FaultKind.SILENT}:
            return []
        if kind is FaultKind.DUP:
            return [*sent, sent[-1]]
        if kind is FaultKind.FREEZE:
            return [self._frozen.setdefault(key, sent[0])]
        if kind is FaultKind.REORDER:
            if key in self._held:
                return sent
            self._held[key] = sent[0]
            return []
        return [self._damaged(kind, frame) for frame in sent]

    def _damaged(self, kind: FaultKind, frame: bytes) -> bytes:
        if kind is FaultKind.GIANT:
            return damage.giant(frame)
        if kind is FaultKind.NESTED:
            return damage.nested(frame)
        if kind is FaultKind.HOSTILE:
            return damage.hostile(frame, self._dice.randrange(1 << 30))
        return damage.cut_off(frame)

    # ------------------------------------------------------------------ everything else

    def on(
        self, kind: FaultKind, section: str, streams: Iterable[str], elapsed_ms: int
    ) -> Fault | None:
        """Return the fault of a lasting kind that a connection is under now, if there is one."""
        if kind not in self._kinds:
            return None
        for fault in self._faults:
            if fault.kind is kind and fault.is_on(elapsed_ms) and fault.hits_any(section, streams):
                return fault
        return None

    def happens(self, kind: FaultKind, section: str, stream: str, elapsed_ms: int) -> bool:
        """Tell whether a fault of a lasting kind acts on one thing, by its chance."""
        fault = self.on(kind, section, (stream,), elapsed_ms)
        return fault is not None and self._dice.random() < fault.chance

    def begin(self, elapsed_ms: int) -> list[Fault]:
        """Return what happens now, of the kinds that happen at a moment."""
        return [
            fault
            for number, fault in enumerate(self._faults)
            if fault.kind in HAPPENING and self._acts(number, fault, elapsed_ms)
        ]

    def _acts(self, number: int, fault: Fault, elapsed_ms: int) -> bool:
        if not fault.is_on(elapsed_ms) or number in self._done:
            return False
        if self._dice.random() >= fault.chance:
            return False
        if fault.once:
            self._done.add(number)
        return True
