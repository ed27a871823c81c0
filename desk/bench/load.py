"""The load of `desk bench window`: a process that speaks the frame protocol at a message rate.

It stands where the engine stands: every message is decoded and changes an instrument, a frame is
built from the newest state when the window asks, at most 60 a second. The control gets the same
messages as they come, one by one.
"""

from __future__ import annotations

import os
import random
import struct
from collections import deque
from decimal import Decimal
from multiprocessing.connection import Connection

import msgspec

from desk.bench.critical import Criticals
from desk.engine.chart_snapshot import CandlesView
from desk.engine.snapshot import (
    AccountView,
    BookView,
    CollateralView,
    DeskFrame,
    FeedView,
    Hello,
    MarketView,
    PositionView,
    Request,
)
from desk.io.clock import SystemClock
from desk.model.chart_wanted import ChartWanted
from desk.model.commands import AnyCommand, NextFrame

FRAME_NS = 1_000_000_000 // 60
POLL_S = 0.001
LEVELS = 20
CANDLES = 300
HELD = 3
"""Instruments with an open position."""

_TICK = struct.Struct("!qqid")
_TENTH = Decimal("0.1")


class _Ticker(msgspec.Struct):
    """A book ticker, as venues write it."""

    s: int
    b: str
    a: str


class Tape:
    """Instruments that move with every message, at a rate, on the machine's clock."""

    def __init__(self, symbols: int, rate: int) -> None:
        self.clock = SystemClock()
        self.mids = [610_000 + 1_000 * n for n in range(symbols)]
        self.data_ns = 0
        self.messages = 0
        self._rate = rate
        self._chance = random.Random(1)
        self._decoder = msgspec.json.Decoder(_Ticker)
        self._started_ns = self.clock.boot_ns()

    def due(self) -> int:
        """How many messages the rate owes by now."""
        elapsed_ns = self.clock.boot_ns() - self._started_ns
        return elapsed_ns * self._rate // 1_000_000_000 - self.messages

    def take_one(self) -> int:
        """Make one message, decode it, apply it; return its instrument."""
        row = self._chance.randrange(len(self.mids))
        mid = self.mids[row] + self._chance.randint(-3, 3)
        raw = b'{"s":%d,"b":"%d","a":"%d"}' % (row, mid, mid + 1)
        ticker = self._decoder.decode(raw)
        self.mids[ticker.s] = int(ticker.b)
        self.messages += 1
        self.data_ns = self.clock.boot_ns()
        return row

    def seconds(self) -> float:
        """How long the tape runs already."""
        return (self.clock.boot_ns() - self._started_ns) / 1e9


def serve_window(
    connection: Connection, symbols: int, rate: int, seconds: float, *, critical: bool = False
) -> None:
    """Be the engine of one window for a while, with what it must not miss; then close the pipe."""
    tape = Tape(symbols, rate)
    criticals = Criticals(tape.clock) if critical else None
    encode = msgspec.msgpack.Encoder().encode
    requests = msgspec.msgpack.Decoder(Request)
    commands = msgspec.msgpack.Decoder(AnyCommand)
    hello = Hello(engine_pid=os.getpid(), desk_folder="", restart_argv=[], crash_report="")
    connection.send_bytes(encode(hello))
    wanted: NextFrame | None = None
    number = sent_ns = 0
    try:
        while tape.seconds() < seconds:
            for _ in range(tape.due()):
                tape.take_one()
            while connection.poll(POLL_S if wanted is None else 0):
                command = commands.decode(requests.decode(connection.recv_bytes()).payload)
                wanted = command if isinstance(command, NextFrame) else wanted
            if criticals is not None and (event := criticals.due()) is not None:
                connection.send_bytes(encode(event))
            now_ns = tape.clock.boot_ns()
            if wanted is not None and now_ns - sent_ns >= FRAME_NS:
                number, sent_ns = number + 1, now_ns
                connection.send_bytes(encode(_frame(tape, number, wanted)))
                wanted = None
            elif wanted is not None:
                connection.poll(min(POLL_S, (FRAME_NS - (now_ns - sent_ns)) / 1e9))
    except (EOFError, OSError):
        pass  # the window has gone before its time; its missing report says so
    connection.close()


def push_events(connection: Connection, seconds: float) -> None:
    """Send what must not be missed and nothing else."""
    clock, encode = SystemClock(), msgspec.msgpack.Encoder().encode
    criticals, until_ns = Criticals(clock), clock.boot_ns() + int(seconds * 1e9)
    try:
        while clock.boot_ns() < until_ns:
            if (event := criticals.due()) is not None:
                connection.send_bytes(encode(event))
            connection.poll(POLL_S)
    except OSError:
        pass
    connection.close()


def push_ticks(connection: Connection, symbols: int, rate: int, seconds: float) -> None:
    """Send every message to the control as it comes; what it does not read waits here."""
    tape = Tape(symbols, rate)
    waiting: deque[bytes] = deque()
    fd = connection.fileno()
    os.set_blocking(fd, False)
    rest = b""
    try:
        while tape.seconds() < seconds:
            for _ in range(tape.due()):
                row = tape.take_one()
                body = _TICK.pack(tape.data_ns, tape.messages, row, tape.mids[row] / 10)
                waiting.append(struct.pack("!i", len(body)) + body)
            rest = _write(fd, rest, waiting)
            connection.poll(POLL_S)
    except OSError:
        pass
    connection.close()


def _write(fd: int, rest: bytes, waiting: deque[bytes]) -> bytes:
    """Write what the pipe takes; return the part of a message that it did not."""
    while rest or waiting:
        rest = rest or waiting.popleft()
        try:
            rest = rest[os.write(fd, rest) :]
        except BlockingIOError:
            break
    return rest


def _frame(tape: Tape, number: int, wanted: NextFrame) -> DeskFrame:
    now_ns, wall_ms = tape.clock.boot_ns(), tape.clock.wall_ms()
    markets = [_market(row, mid, wall_ms) for row, mid in enumerate(tape.mids)]
    chosen = next((m for m in markets if m.instrument == wanted.selected), None)
    return DeskFrame(
        seq=number,
        ts_ns=now_ns,
        wall_ms=wall_ms,
        data_ns=tape.data_ns,
        mode="SIMULATED",
        state="ACTIVE",
        latches=[],
        durable=True,
        client="SAMPLE",
        profile="bench",
        profile_hash="00000000",
        journal_seq=1,
        engine_ms=0.5,
        messages=tape.messages,
        feeds=[
            FeedView(
                venue="BENCH",
                age_ms=(now_ns - tape.data_ns) // 1_000_000,
                amber_ms=1_500,
                stale_ms=2_000,
                gaps=0,
                rejected=0,
                note="",
            )
        ],
        markets=markets,
        book=None if chosen is None else _book(chosen),
        accounts=[_account(markets)],
        positions=[_position(market) for market in markets[:HELD]],
        orders=[],
        fills=[],
        rules=[],
        charts=[_candles(markets, chart, wall_ms) for chart in wanted.charts],
    )


def _market(row: int, mid: int, wall_ms: int) -> MarketView:
    bid = mid * _TENTH
    return MarketView(
        instrument=f"{'BTC' if row == 0 else f'COIN{row:02d}'}USDT-PERP.BENCH",
        venue="BENCH",
        kind="perpetual",
        base="BTC" if row % 2 == 0 else "ETH",
        tick_size=_TENTH,
        lot_size=Decimal("0.001"),
        bid=bid,
        ask=bid + _TENTH,
        bid_quantity=Decimal(1),
        ask_quantity=Decimal(1),
        last=bid,
        mark=bid,
        index=bid - 1,
        basis_rate=Decimal(mid % 97) / 100_000,
        funding_rate=Decimal(mid % 89) / 1_000_000,
        next_funding_ms=wall_ms + 3_600_000,
        change_24h_rate=Decimal(mid % 83 - 40) / 1_000,
        open_interest=Decimal(mid),
        spread=_TENTH,
        mark_age_ms=mid % 50,
        book_age_ms=mid % 50,
        book_state="SYNCED",
        quality="LIVE",
    )


def _book(market: MarketView) -> BookView:
    assert market.bid is not None
    assert market.ask is not None
    size = market.bid % 17 + 1
    return BookView(
        instrument=market.instrument,
        bids=[(market.bid - n * _TENTH, size + n) for n in range(LEVELS)],
        asks=[(market.ask + n * _TENTH, size + n) for n in range(LEVELS)],
    )


def _candles(markets: list[MarketView], wanted: ChartWanted, wall_ms: int) -> CandlesView:
    """The candles that were asked for, all at the present price; the last one is running."""
    market = next((m for m in markets if m.instrument == wanted.instrument), markets[0])
    price, bar_ms = float(market.mark or 0), wanted.bar_s * 1_000
    newest = wall_ms // bar_ms * bar_ms
    first = max(newest - CANDLES * bar_ms, wanted.from_ms // bar_ms * bar_ms)
    starts = list(range(first, newest + 1, bar_ms))
    same = [price] * len(starts)
    return CandlesView(
        instrument=wanted.instrument,
        bar_s=wanted.bar_s,
        start_ms=starts,
        open=same,
        high=[price + 20] * len(starts),
        low=[price - 20] * len(starts),
        close=same,
        volume=[1.0] * len(starts),
        mark=list(same),
        index=list(same),
    )


def _position(market: MarketView) -> PositionView:
    mark = market.mark or Decimal(0)
    liquidation = Decimal(30_000)
    return PositionView(
        account="perp-1",
        instrument=market.instrument,
        quantity=Decimal(1),
        entry_price=Decimal(60_000),
        mark_price=mark,
        notional=mark,
        unrealized_pnl=mark - 60_000,
        realized_pnl=Decimal(0),
        margin_mode="cross",
        leverage=Decimal(5),
        initial_margin=mark / 5,
        maintenance_margin=mark / 250,
        isolated_wallet=None,
        margin_ratio=None,
        level="NORMAL",
        liquidation_price=liquidation,
        liquidation_price_upper=None,
        liquidation_distance=(mark - liquidation) / mark,
        common_move=Decimal("-0.3"),
        liquidation_known=True,
        uncertainty_low=None,
        uncertainty_high=None,
        bankruptcy_price=None,
        funding_rate=market.funding_rate,
        next_funding_ms=market.next_funding_ms,
        funding_per_day=Decimal(-1),
        mark_age_ms=market.mark_age_ms,
        quality="LIVE",
        settle="USDT",
    )


def _account(markets: list[MarketView]) -> AccountView:
    equity = sum((market.mark or Decimal(0) for market in markets[:HELD]), Decimal(100_000))
    cash = CollateralView(
        asset="USDT", quantity=equity, price=Decimal(1), haircut=Decimal(0), value=equity
    )
    return AccountView(
        account="perp-1",
        kind="perpetual",
        venue="BENCH",
        margin_mode="cross",
        currency="USDT",
        level="NORMAL",
        equity=equity,
        collateral_value=equity,
        initial_margin=equity / 2,
        order_margin=Decimal(0),
        maintenance_margin=equity / 50,
        available_margin=equity / 2,
        margin_utilization=Decimal("0.5") + equity % 100 / 10_000,
        margin_ratio=Decimal("0.02"),
        leverage=Decimal(3),
        common_move_down=Decimal("-0.3"),
        common_move_up=None,
        collateral=[cash],
        quality="LIVE",
    )
