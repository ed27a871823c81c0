"""`desk console` and `desk order`: the desk without a window.

The folder is held before anything heavy is imported: whoever may not have it is gone at once, and
a long journal is gone through meanwhile.
"""

from __future__ import annotations

from desk.app.options import arguments, options
from desk.io.folder import desk_folder, hold_folder
from desk.io.journal_proof import ProofAhead
from desk.model.errors import InputError


def run(argv: list[str]) -> int:
    """Run a console until its input ends, or one command line."""
    one = argv[:1] == ["--one"]
    parser = arguments("desk order" if one else "desk console", "The desk without a window.")
    if one:
        parser.add_argument("line", help="one command line, in quotes")
    parsed = parser.parse_args(argv[1:] if one else argv)
    line = _checked(parsed.line) if one else None
    chosen = options(parsed, window=False, one=line)
    held = hold_folder(desk_folder(chosen.account))
    ahead = ProofAhead(held)
    import asyncio  # only now, as all the rest

    from desk.app.consoles import console, order

    return asyncio.run((order if one else console)(chosen, held, ahead))


def _checked(given: str) -> str:
    """Return a line that can be read; raise InputError."""
    from desk.cli.grammar import parse
    from desk.cli.words import LineError, readable

    line = readable(given)
    try:
        parse(line, "check")
    except LineError as error:
        raise InputError(source="desk order", expected=error.expected, found=error.found) from None
    return line
