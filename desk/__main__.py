"""`python3 -m desk`: makes sure that this checkout is set up, then becomes the desk.

Standard library only. The fast path reads one stamp; the work itself is in `desk.io.setup`.
"""

from __future__ import annotations

import os
import sys
import types

OLDEST_PYTHON = (3, 11)


def main() -> int:
    """Start the desk with the arguments of the command line; returns its exit status."""
    if sys.version_info[:2] < OLDEST_PYTHON:
        return _refuse(f"the desk needs Python 3.11 or newer, this is {sys.version.split()[0]}")
    argv = sys.argv[1:]
    checkout = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    # Without a lock beside it this is an installed desk: pip brought its dependencies.
    if os.path.isfile(os.path.join(checkout, "requirements.lock")):
        from desk.io.checkout import SetupRefused, ready_interpreter

        try:
            python = ready_interpreter(checkout, argv)
        except (SetupRefused, OSError) as refused:
            return _refuse(str(refused))
        if python != sys.executable:
            return _become(python, argv)
    return _run(argv)


def _become(python: str, argv: list[str]) -> int:
    sys.stdout.flush()
    sys.stderr.flush()
    command = [python, "-m", "desk", *argv]
    if sys.platform != "win32":
        os.execv(python, command)
    import subprocess  # exec on Windows would give the prompt back at once

    return subprocess.call(command)


def _run(argv: list[str]) -> int:
    from desk.io.environment import installed_distributions, qt_refusal

    refusal = qt_refusal(installed_distributions(), sys.version_info[:2])
    if refusal is not None:
        return _refuse(refusal)
    from desk.app import main as desk

    sys.excepthook = _tell
    return desk(argv)


def _tell(
    kind: type[BaseException], error: BaseException, trace: types.TracebackType | None
) -> None:
    from desk.log import tell_redacted  # only now: every start would wait for it

    tell_redacted(kind, error, trace)


def _refuse(sentence: str) -> int:
    print(f"desk: {sentence}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    raise SystemExit(main())
