"""The plain way from a venue's bytes to a right book: what the desk's own is measured against.

Typed decode, prices and quantities to whole ticks and lots, the futures' rule of sequence, a dict
a side, the best prices after every change. Nothing is checked that such a loop would not check:
no repeated keys, no off-grid prices, no ages, no counters.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from desk.bench.way import Heard


class Depth(msgspec.Struct, tag_field="e", tag="depthUpdate", gc=False):
    U: int
    u: int
    pu: int
    b: list[tuple[float, float]]
    a: list[tuple[float, float]]


class Ticker(msgspec.Struct, tag_field="e", tag="bookTicker", gc=False):
    u: int
    b: float
    B: float
    a: float
    A: float


class Trade(msgspec.Struct, tag_field="e", tag="trade", gc=False):
    t: int
    p: float
    q: float
    T: int
    m: bool


class Aggregate(msgspec.Struct, tag_field="e", tag="aggTrade", gc=False):
    a: int
    p: float
    q: float
    T: int
    m: bool


class Mark(msgspec.Struct, tag_field="e", tag="markPriceUpdate", gc=False):
    p: float
    i: float
    r: float
    T: int


class Frame(msgspec.Struct, gc=False):
    stream: str
    data: Depth | Ticker | Trade | Aggregate | Mark


class Snapshot(msgspec.Struct):
    last_id: int = msgspec.field(name="lastUpdateId")
    bids: list[tuple[float, float]]
    asks: list[tuple[float, float]]


decode = msgspec.json.Decoder(Frame, strict=False).decode
decode_snapshot = msgspec.json.Decoder(Snapshot, strict=False).decode


class PlainBook:
    """One futures instrument."""

    def __init__(self, tick: float, lot: float) -> None:
        self.tick = round(1 / tick)
        self.lot = round(1 / lot)
        self.bids: dict[int, int] = {}
        self.asks: dict[int, int] = {}
        self.best_bid = -1
        self.best_ask = 1 << 62
        self.last_id: int | None = None
        self.is_first = False
        self.waiting: list[Depth] = []
        self.gaps = 0
        self.applied = 0
        self.ticker: tuple[int, int, int, int] | None = None
        self.price = 0
        self.volume = 0
        self.mark = 0.0

    def receive(self, frame: bytes) -> None:
        message = decode(frame).data
        kind = type(message)
        if kind is Depth:
            self.on_depth(message)
        elif kind is Ticker:
            tick, lot = self.tick, self.lot
            self.ticker = (
                int(message.b * tick + 0.5),
                int(message.B * lot + 0.5),
                int(message.a * tick + 0.5),
                int(message.A * lot + 0.5),
            )
        elif kind is Mark:
            self.mark = message.p
        else:
            self.price = int(message.p * self.tick + 0.5)
            self.volume += int(message.q * self.lot + 0.5)

    def on_depth(self, depth: Depth) -> None:
        last = self.last_id
        if last is None:
            self.waiting.append(depth)
            return
        if self.is_first:
            if depth.u < last:
                return  # the snapshot holds it
            follows = depth.U <= last <= depth.u
        else:
            follows = depth.pu == last
        if not follows:
            self.gaps += 1
            self.last_id = None
            self.waiting = [depth]
            return
        self.is_first = False
        self.apply(depth)

    def apply(self, depth: Depth) -> None:
        tick, lot = self.tick, self.lot
        bids, best = self.bids, self.best_bid
        for price, quantity in depth.b:
            ticks = int(price * tick + 0.5)
            if quantity:
                bids[ticks] = int(quantity * lot + 0.5)
                if ticks > best:
                    best = ticks
            else:
                bids.pop(ticks, None)
        if best not in bids:
            best = max(bids, default=-1)
        self.best_bid = best
        asks, best = self.asks, self.best_ask
        for price, quantity in depth.a:
            ticks = int(price * tick + 0.5)
            if quantity:
                asks[ticks] = int(quantity * lot + 0.5)
                if ticks < best:
                    best = ticks
            else:
                asks.pop(ticks, None)
        if best not in asks:
            best = min(asks, default=1 << 62)
        self.best_ask = best
        self.last_id = depth.u
        self.applied += 1

    def receive_snapshot(self, body: bytes) -> None:
        snapshot = decode_snapshot(body)
        tick, lot = self.tick, self.lot
        self.bids = {int(p * tick + 0.5): int(q * lot + 0.5) for p, q in snapshot.bids}
        self.asks = {int(p * tick + 0.5): int(q * lot + 0.5) for p, q in snapshot.asks}
        self.best_bid = max(self.bids, default=-1)
        self.best_ask = min(self.asks, default=1 << 62)
        self.last_id, self.is_first = snapshot.last_id, True
        waiting, self.waiting = self.waiting, []
        for depth in waiting:
            self.on_depth(depth)


def hear(book: PlainBook, heard: Sequence[Heard]) -> None:
    """Take each message of (payload, time, request) all the way before the next."""
    receive = book.receive
    for payload, _, request in heard:
        if request is None:
            receive(payload)
        else:
            book.receive_snapshot(payload)
