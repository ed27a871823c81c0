"""`desk risk evaluate|check|stress|rehearse|cure FILE|- [--lines]`: a document in, an answer out.

`evaluate` answers with the risk report `desk.risk/1`, `check` with what the pre-trade pipeline
says of the document's ticket. `stress`, `rehearse` and `cure` look ahead: at joint moves, at a
close-out after a shock, at ways out of a call. Standard output carries only the answer.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from desk.cli.arguments import Arguments
from desk.cli.documents import EXIT_NO, EXIT_OK, answer_lines, name_of, read, write
from desk.cli.shipped import shipped
from desk.cli.shocks import EXPECTED, parse_shocks
from desk.model.errors import InputError
from desk.risk.cure import cure_report
from desk.risk.document_check import check_document
from desk.risk.rehearse import rehearse_report
from desk.risk.report import risk_report
from desk.risk.situation import Situation, read_situation

Judge: TypeAlias = Callable[[Situation], dict[str, Any]]

ACTIONS = ("evaluate", "check", "stress", "rehearse", "cure")


def run(argv: list[str]) -> int:
    """Carry out the command; 1 when `check` of one document denied, 2 when a line was bad."""
    parser = Arguments("desk risk", "Judge a portfolio document.")
    parser.add_argument("action", choices=ACTIONS)
    parser.add_argument("file", metavar="FILE|-")
    parser.add_argument("--lines", action="store_true", help="one document a line")
    parser.add_argument("--shock", metavar="BTC=-0.25,ETH=-0.3", help="what `rehearse` rehearses")
    arguments = parser.parse_args(argv)
    judge = _judge(arguments.action, arguments.shock)
    known = shipped()

    def answer(data: bytes, name: str, line: int | None) -> dict[str, Any]:
        return judge(read_situation(data, name, known, line))

    if arguments.lines:
        return answer_lines(arguments.file, answer)
    found = answer(read(arguments.file), name_of(arguments.file), None)
    write(found)
    return EXIT_NO if found.get("accepted") is False else EXIT_OK


def _judge(action: str, shock: str | None) -> Judge:
    if (shock is not None) != (action == "rehearse"):
        expected = "--shock with rehearse" if shock is None else "--shock with rehearse alone"
        raise InputError(
            source="desk risk", expected=expected, found=f"{action} {shock or ''}".strip()
        )
    match action:
        case "check":
            return check_document
        case "stress":
            from desk.risk.stress import stress_report  # numpy: a tenth of a second

            return stress_report
        case "cure":
            return cure_report
        case "rehearse":
            moves = parse_shocks(shock or "")
            if moves is None:
                raise InputError(source="--shock", expected=EXPECTED, found=repr(shock))
            return lambda situation: rehearse_report(situation, moves)
        case _:
            return risk_report
