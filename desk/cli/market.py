"""`desk market`: the market simulator on loopback, until it is stopped."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from desk.cli.arguments import Arguments
from desk.cli.replayed_market import RecordedMarket
from desk.io.clock import SystemClock
from desk.io.disk import write_atomically
from desk.io.resources import resource
from desk.io.stopping import stop_signal
from desk.model.catalogue import load_catalogue
from desk.model.errors import InputError
from desk.sim.dialects import DIALECTS
from desk.sim.faults import parse_faults
from desk.sim.simulator import Settings, Simulator
from desk.sim.state import SavedMarket, decode_state

LARGEST_SPEED = 1000
LARGEST_PORT = 65_500
"""Each venue listens on the next free one: Binance spot, USDⓈ-M, OKX, …"""

_PROGRAM = "desk market"


def run(argv: Sequence[str]) -> int:
    """Serve the market until it is told to stop or, with --parent, the end of standard input.

    Raises InputError for bad usage, a dialect that is not simulated or a port that is taken.
    """
    arguments = _parser().parse_args(argv)
    settings = Settings(
        dialects=_dialects(arguments.dialect),
        seed=_whole("--seed", arguments.seed, 0, 1 << 62),
        speed=_whole("--speed", arguments.speed, 1, LARGEST_SPEED),
        port=_whole("--port", arguments.port, 0, LARGEST_PORT),
        faults=tuple(parse_faults(arguments.faults)),
    )
    state = None if arguments.state is None else Path(arguments.state)
    market: RecordedMarket | Simulator
    if arguments.replay is None:
        market, save = _simulator(settings, state), None if state is None else _saver(state)
    else:
        market, save = _recorded(arguments.replay, settings, state), None
    asyncio.run(_serve(market, save, settings.port, follow_parent=arguments.parent))
    return 0


def _recorded(files: list[str], settings: Settings, state: Path | None) -> RecordedMarket:
    if settings.faults or state is not None:
        raise InputError(
            source=_PROGRAM,
            field="--replay",
            expected="a recording as it is",
            found="--faults or --state with it",
        )
    return RecordedMarket(files, speed=settings.speed, port=settings.port)


def _parser() -> Arguments:
    parser = Arguments(_PROGRAM, "Serve a simulated market on loopback.")
    parser.add_argument("--dialect", default="binance", help="venues to speak, comma-separated")
    parser.add_argument("--port", default="0", help="the first port, the next ones follow; 0: any")
    parser.add_argument("--seed", default="1", help="same seed, same market")
    parser.add_argument("--speed", default="1", help="how many times as much happens per second")
    parser.add_argument(
        "--replay", nargs="+", metavar="FILE", help="serve a recording; it has its own venues"
    )
    parser.add_argument("--faults", default="", metavar="SPEC", help="see desk/sim/faults.py")
    parser.add_argument("--state", metavar="FILE", help="go on from here, and keep it up to date")
    parser.add_argument("--parent", action="store_true", help="end when standard input ends")
    parser.add_argument("--json", action="store_true", help="accepted; the ready line is JSON")
    return parser


def _dialects(text: str) -> tuple[str, ...]:
    names = tuple(text.split(","))
    for at, name in enumerate(names):
        if name not in DIALECTS or name in names[:at]:
            raise InputError(
                source=_PROGRAM,
                field="--dialect",
                expected=f"some of {', '.join(DIALECTS)}, each once",
                found=name or "nothing",
            )
    return names


def _whole(option: str, text: str, smallest: int, largest: int) -> int:
    digits = text.isascii() and text.isdigit() and len(text) <= len(str(largest))
    if not digits or not smallest <= int(text) <= largest:
        raise InputError(
            source=_PROGRAM,
            field=option,
            expected=f"a whole number from {smallest} to {largest}",
            found=text or "nothing",
        )
    return int(text)


# ---------------------------------------------------------------------- serving


async def _serve(
    market: RecordedMarket | Simulator,
    save: Callable[[bytes], None] | None,
    port: int,
    *,
    follow_parent: bool,
) -> None:
    stop, loop = stop_signal(), asyncio.get_running_loop()
    if follow_parent:
        _stop_with_parent(lambda: loop.call_soon_threadsafe(stop.set))
    try:
        ready = await market.start()
    except OSError as error:
        await market.stop()
        raise InputError(
            source=_PROGRAM,
            field="--port",
            expected="free ports on 127.0.0.1",
            found=f"{port}: {error.strerror or error}",
        ) from None
    with contextlib.suppress(BrokenPipeError):  # nobody listens for it: --parent will tell
        print(json.dumps(ready), flush=True)
    await market.run(stop, save)


def _simulator(settings: Settings, state: Path | None) -> Simulator:
    """Make the market from its saved state, or a fresh one when there is none that fits."""
    instruments = load_catalogue(resource("instruments.toml")).all()
    clock = SystemClock()
    saved = None if state is None else _load(state)
    if saved is not None:
        try:
            return Simulator(instruments, settings, wall_ms=clock.wall_ms, saved=saved)
        except (ValueError, TypeError, LookupError) as error:
            _warn(f"{state}: {error}; starting a fresh market from seed {settings.seed}")
    return Simulator(instruments, settings, wall_ms=clock.wall_ms)


def _load(path: Path) -> SavedMarket | None:
    try:
        return decode_state(path.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        _warn(f"{path}: cannot read the saved market ({error}); starting a fresh one")
        return None


def _saver(path: Path) -> Callable[[bytes], None]:
    """Return what saves a state; a failure is told once and does not stop the market."""
    failed = False

    def save(data: bytes) -> None:
        nonlocal failed
        try:
            write_atomically(path, data)
        except OSError as error:
            if not failed:
                _warn(f"{path}: cannot save the market: {error.strerror or error}")
            failed = True
        else:
            failed = False

    return save


def _stop_with_parent(stop: Callable[[], object]) -> None:
    """Watch standard input from a thread of its own: its end means that the parent is gone."""
    # Not through sys.stdin's buffer: its lock, held here, would abort the interpreter at its end.
    descriptor = sys.stdin.fileno()

    def watch() -> None:
        with contextlib.suppress(OSError):
            while os.read(descriptor, 4096):
                pass
        with contextlib.suppress(RuntimeError):  # the loop has already closed
            stop()

    threading.Thread(target=watch, name="parent watch", daemon=True).start()


def _warn(text: str) -> None:
    print(f"{_PROGRAM}: {text}", file=sys.stderr, flush=True)
