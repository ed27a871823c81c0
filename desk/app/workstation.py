"""`desk`: the engine, the market and the window, until the trader leaves.

Nothing heavy is imported before the window process is on its way: the two start side by side, and
beside them a long journal is gone through.
"""

from __future__ import annotations

import signal
import sys
from pathlib import Path

from desk.app.options import Options, arguments, options
from desk.app.window_process import WindowProcess
from desk.io.folder import HeldFolder, desk_folder, hold_folder
from desk.io.journal_proof import ProofAhead
from desk.io.stopping import stop_signal, stop_signals
from desk.model.errors import InputError

EXIT_OK = 0


def run(argv: list[str]) -> int:
    """Open the workstation, or the desk alone with `--no-window`."""
    parser = arguments("desk", "The workstation: engine, window, paper execution.")
    parser.add_argument(
        "--layout", metavar="NAME", help="Trade, Risk, Monitor, an own one; else the last"
    )
    parser.add_argument("--no-window", action="store_true", help="the engine alone")
    parsed = parser.parse_args(argv)
    chosen = options(parsed, window=not parsed.no_window, layout=parsed.layout)
    folder = desk_folder(chosen.account)
    if chosen.window:
        check_told(folder, chosen)
    held = hold_folder(folder)
    # Until the loop listens: killed, it would leave the window that it begins here.
    for number in stop_signals():
        signal.signal(number, signal.default_int_handler)
    window = WindowProcess(chosen.layout, str(held.path)) if chosen.window else None
    ahead = ProofAhead(held)
    import asyncio  # after the window process is on its way: it takes as long as all the rest

    return asyncio.run(_run(chosen, held, window, ahead))


async def _run(
    chosen: Options, held: HeldFolder, window: WindowProcess | None, ahead: ProofAhead
) -> int:
    import asyncio

    from desk.app.session import open_session
    from desk.app.supervisor import Supervisor

    told = stop_signal()
    try:
        async with open_session(chosen, held, ahead=ahead) as session:
            if window is None:
                await told.wait()
                return EXIT_OK
            supervisor = Supervisor(session, window, restart_argv(chosen))
            window = None
            async with supervisor:
                left = asyncio.create_task(supervisor.left.wait())
                stopped = asyncio.create_task(told.wait())
                await asyncio.wait({left, stopped}, return_when=asyncio.FIRST_COMPLETED)
                left.cancel()
                stopped.cancel()
    finally:
        if window is not None:
            window.end()
    return EXIT_OK


def check_told(folder: Path, chosen: Options) -> None:
    """Refuse names that no window can be told: it shows them, and starts a new desk by them."""
    for name in (str(folder), *restart_argv(chosen)):
        try:
            name.encode()
        except UnicodeEncodeError:
            raise InputError(source=name, expected="a name in UTF-8", found="other bytes") from None


def restart_argv(chosen: Options) -> list[str]:
    """Return the command that starts a new desk on the same folder."""
    argv = [sys.executable, "-m", "desk"]
    for name, value in (
        ("--account", chosen.account),
        ("--layout", chosen.layout),
        ("--feed", ",".join(chosen.feeds)),
        ("--market", chosen.market_file),
        ("--speed", chosen.speed),
        ("--seed", chosen.seed),
        ("--venue-faults", chosen.venue_faults),
    ):
        if value:
            argv += [name, value]
    return [*argv, "--replay", *chosen.replay] if chosen.replay else argv
