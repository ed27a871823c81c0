"""`desk bench [NAME…]`: run the named benchmarks and print one document of rows."""

from __future__ import annotations

import json
import sys
from importlib import import_module

from desk.bench.machine import machine_row
from desk.bench.row import Given, Row
from desk.cli.arguments import Arguments, Lines
from desk.model.errors import InputError

BENCHES = {
    "start": "from the command to the window and to its first price, beside a bare window",
    "ingest": "20,000 messages a second and a burst into a whole desk, beside a bare receiver",
    "book": "from a change of the book in bytes to the book, beside json.loads",
    "replay": "a recorded venue through the real path, beside a plain loop",
    "window": "the window at several message rates, beside a table with one signal a tick",
    "event": "fills, denials and alerts in a storm of prices until they are painted",
    "grid": "a table of 50 x 15 figures, all changed, beside a QTableView over a Python model",
    "check": "what `python3 -m desk` looks at before it starts, beside a bare interpreter",
    "panels": "every panel's paint in the running program, at two speeds of the market",
    "ticket": "from a key in the ticket to the painted figures of its answer",
    "panic": "from a panic key to the engine's answer, and what a window that hangs leaves",
    "alert": "from an alert's event until it is raised, and until it is painted",
    "charts": "what two charts add to a frame of the engine",
    "margin": "what a new mark costs with twenty positions, beside loops over plain floats",
    "stress": "a grid of joint moves for a thousand positions, beside the same",
    "durable": "an order's intent on the disk, beside a bare commit and a bare sync",
    "orders": "ten thousand orders: what they leave in memory and in the time of the next",
    "memory": "the workstation at rest, and what a million messages leave",
    "journal": "a journal of a million rows: verified, folded, ready",
    "soak": "the whole desk simulated, faults and crashes and all, from one seed to the next",
}
"""Name → what it measures. Its module of this package has `measure(given) -> rows`."""

ONLY_BY_NAME: frozenset[str] = frozenset({"soak"})
"""What runs without a name leaves out: it has no end of its own."""

EXIT_OK = 0


def run(argv: list[str]) -> int:
    """Run the named benchmarks (all that end by themselves, without a name), one after another."""
    known = "\n".join(f"  {name:<10}{what}" for name, what in BENCHES.items())
    parser = Arguments("desk bench", "Benchmarks, each beside its reference.")
    parser.formatter_class = Lines
    parser.epilog = f"names:\n{known}"
    usual = Given()
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--json", action="store_true", help="no effect: JSON is the only form")
    parser.add_argument("--seconds", type=float, default=usual.seconds, help="of a run")
    parser.add_argument("--repeats", type=int, default=usual.repeats, help="runs of each, in turn")
    parser.add_argument("--seed", type=int, default=usual.seed, help="of what is thrown with dice")
    parsed = parser.parse_args(argv)
    for name in parsed.names:
        if name not in BENCHES:
            expected = f"one of {', '.join(BENCHES)}"
            raise InputError(source="desk bench", expected=expected, found=name)
    if not 0 < parsed.seconds < float("inf") or parsed.repeats < 1:
        raise InputError(
            source="desk bench", expected="seconds > 0 and repeats of 1 or more", found="less"
        )
    given = Given(parsed.seconds, parsed.repeats, parsed.seed)
    rows = [machine_row()]
    for name in parsed.names or [one for one in BENCHES if one not in ONLY_BY_NAME]:
        print(f"desk bench: {name}", file=sys.stderr, flush=True)
        rows += measured(name, given)
    print(json.dumps({"rows": rows}, ensure_ascii=False))
    return EXIT_OK


def measured(name: str, given: Given) -> list[Row]:
    """Return the rows of one benchmark."""
    return import_module(f"desk.bench.{name}").measure(given)
