"""What the command line says about the desk to run: folder, feeds, market."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import msgspec

from desk.cli.arguments import Arguments
from desk.execution.link_faults import parse_link_faults
from desk.model.errors import InputError

DEFAULT_VENUES = ("binance", "okx", "bybit", "coinbase", "kraken")
"""Of live feeds: marks of three venues, and dollars and stablecoins of two."""

VENUES = ("binance", "okx", "bybit", "deribit", "coinbase", "kraken", "hyperliquid")
"""Also what the embedded market speaks: a start need not read the simulator to know."""


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """How to run a desk."""

    account: str | None = None
    feeds: tuple[str, ...] = ()
    """Live public data of these venues; empty: a simulated market."""
    market: dict[str, Any] | None = None
    """The ready line of a running `desk market`; None: the embedded one."""
    market_file: str | None = None
    """Where that was read."""
    replay: tuple[str, ...] = ()
    """Recordings to live on instead; in order, one stream."""
    speed: str | None = None
    seed: str | None = None
    venue_faults: str | None = None
    """What goes wrong on the way to the exchange of practice; None: the paper venue as it is."""
    window: bool = True
    layout: str | None = None
    one: str | None = None
    """A single command line (`desk order`)."""

    @property
    def simulated(self) -> bool:
        """Whether prices are those of a simulator, or of the past."""
        return not self.feeds


def arguments(prog: str, description: str) -> Arguments:
    """Return a parser of what every desk takes."""
    parser = Arguments(prog, description)
    parser.add_argument("--account", metavar="DIR", help="another desk folder")
    parser.add_argument(
        "--feed",
        metavar="VENUE,…",
        nargs="?",
        const=",".join(DEFAULT_VENUES),
        help=f"live public data instead; without a list {', '.join(DEFAULT_VENUES)}",
    )
    parser.add_argument("--market", metavar="FILE|-", help="the ready line of a desk market")
    parser.add_argument("--replay", nargs="+", metavar="FILE", help="a recording instead")
    parser.add_argument("--speed", metavar="N", help="of the embedded market or the recording")
    parser.add_argument("--seed", metavar="N", help="seed of the embedded market")
    parser.add_argument(
        "--venue-faults",
        metavar="SPEC",
        help="practise on a bad link: lose, drop, delay, duplicate, reorder, error, partial, down, "
        "stall, each :p=0.01 (chance), :at=10s, :for=5s, :by=3s; comma-separated",
    )
    parser.add_argument("--json", action="store_true", help="accepted; the output is JSON")
    return parser


def options(parsed: Any, **more: Any) -> Options:
    """Turn parsed arguments into options; raise InputError for what does not fit."""
    feeds = tuple(f for f in (parsed.feed or "").split(",") if f)
    unknown = [feed for feed in feeds if feed not in VENUES]
    if parsed.feed is not None and (unknown or not feeds):
        raise InputError(
            source="--feed",
            expected=f"one of {', '.join(VENUES)}",
            found=parsed.feed or "nothing",
        )
    sources = [f"--{s}" for s in ("feed", "market", "replay") if getattr(parsed, s)]
    if len(sources) > 1:
        raise InputError(
            source=sources[0], expected="one source of prices", found=" and ".join(sources)
        )
    replay = tuple(parsed.replay or ())
    for path in replay:
        if not Path(path).is_file():
            raise InputError(source="--replay", expected="a recording", found=path)
    if parsed.venue_faults is not None:
        parse_link_faults(parsed.venue_faults)
    market = None if parsed.market is None else market_of(parsed.market)
    return Options(
        account=parsed.account,
        feeds=feeds,
        market=market,
        market_file=parsed.market,
        replay=replay,
        speed=parsed.speed,
        seed=parsed.seed,
        venue_faults=parsed.venue_faults,
        **more,
    )


def market_of(path: str) -> dict[str, Any]:
    """Read the ready line of a market; only addresses on this machine are taken."""
    from desk.io.addresses import market_urls  # knows the venues: not needed to open a window

    try:
        text = sys.stdin.buffer.readline() if path == "-" else Path(path).read_bytes()
        ready = msgspec.json.decode(text, type=dict[str, Any])
    except OSError as error:
        raise InputError(
            source=path, expected="a file", found=error.strerror or str(error)
        ) from None
    except msgspec.DecodeError as error:
        raise InputError(
            source=path, expected="the ready line of desk market", found=str(error)
        ) from None
    market_urls(ready, path)
    return ready
