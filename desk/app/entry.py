"""`desk`: one command line, many commands; each is imported only when it is asked for."""

from __future__ import annotations

import errno
import io
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module

from desk.model.errors import DeskError, InputError

Command = Callable[[list[str]], int]

COMMANDS: dict[str, str] = {
    "bench": "desk.bench.command",
    "console": "desk.app.headless",
    "doctor": "desk.cli.doctor",
    "feed": "desk.app.feed_check",
    "import": "desk.app.importing",
    "journal": "desk.cli.journal",
    "market": "desk.cli.market",
    "order": "desk.app.headless",
    "record": "desk.app.record",
    "replay": "desk.cli.replay",
    "risk": "desk.cli.risk",
    "rules": "desk.cli.rules",
    "sbom": "desk.cli.sbom",
    "test": "desk.cli.testing",
}
"""Word → module with `run(argv) -> int`."""

SERVING = {"console", "market", "record"}
"""What runs until it is stopped; whatever else is stopped has not done its work."""

USAGE = f"""\
usage: desk [COMMAND] [--json] …

Without a command the workstation opens on the embedded market, paper execution.
  --no-window --account DIR --layout NAME --feed VENUE,… --market FILE|- --replay FILE…

commands: {", ".join(sorted(COMMANDS))}
"""

EXIT_OK, EXIT_BAD_USAGE = 0, 2

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT)


def main(argv: list[str] | None = None) -> int:
    """Run one command and return its exit code; bad input is one line and 2, never a traceback."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    # The answer is JSON in UTF-8 whatever the locale of the terminal says, and no bad byte ends us.
    odd = "backslashreplace"
    for stream, errors in ((sys.stdin, "replace"), (sys.stdout, odd), (sys.stderr, odd)):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors=errors)
    try:
        code = _dispatch(arguments)
        print(end="", flush=True)  # an answer that is not there is no work that was done
        return code
    except SystemExit as leaving:  # argparse, after --help
        return leaving.code if isinstance(leaving.code, int) else EXIT_OK
    except DeskError as error:
        print(f"desk: {error}", file=sys.stderr)
        return EXIT_BAD_USAGE
    except KeyboardInterrupt:
        if arguments[:1] and arguments[0] in COMMANDS.keys() - SERVING:
            print(f"desk: {arguments[0]}: stopped before its end", file=sys.stderr)
            return EXIT_BAD_USAGE
        return EXIT_OK
    except OSError as error:
        from desk.io.terminal import has_gone

        if has_gone(error, sys.stdout):
            sys.stderr.close()  # there is nobody to tell
            return EXIT_OK
        if error.errno not in _NO_ROOM:
            raise
        print(f"desk: {error.strerror}", file=sys.stderr)
        _let_go_of_output()
        return EXIT_BAD_USAGE


def _let_go_of_output() -> None:
    """What could not be written would be tried once more at the end, and fail in Python's words."""
    with suppress(OSError, ValueError), open(os.devnull, "wb") as nowhere:
        os.dup2(nowhere.fileno(), sys.stdout.fileno())


def _dispatch(arguments: list[str]) -> int:
    if arguments and arguments[0] in {"-h", "--help", "help"}:
        print(USAGE, end="")
        return EXIT_OK
    if not arguments or arguments[0].startswith("-"):
        from desk.app.workstation import run as open_workstation

        return open_workstation(arguments)
    word, rest = arguments[0], arguments[1:]
    if word != "journal":  # the one command whose answer has two forms
        rest = [argument for argument in rest if argument != "--json"]
    if word not in COMMANDS:
        known = ", ".join(sorted(COMMANDS))
        raise InputError(source="desk", expected=f"one of {known}", found=f"“{word}”")
    if word == "order":
        rest = ["--one", *rest]
    command: Command = import_module(COMMANDS[word]).run
    return command(rest)
