"""`desk risk evaluate|check FILE|- [--lines]`: a portfolio document in, an answer out.

`evaluate` answers with the risk report `desk.risk/1`, `check` with what the pre-trade pipeline
says of the document's ticket. Standard output carries only the answer.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from desk.cli.arguments import Arguments
from desk.cli.documents import EXIT_NO, EXIT_OK, answer_lines, name_of, read, write
from desk.cli.shipped import shipped
from desk.model.errors import InputError
from desk.risk.cure import cure_report
from desk.risk.document_check import check_document
from desk.risk.report import risk_report
from desk.risk.situation import Situation, read_situation

Judge: TypeAlias = Callable[[Situation], dict[str, Any]]

ACTIONS = ("evaluate", "check", "stress", "cure")

LATER = ("rehearse",)


def run(argv: list[str]) -> int:
    """Carry out the command; 1 when `check` of one document denied, 2 when a line was bad."""
    parser = Arguments("desk risk", "Judge a portfolio document.")
    parser.add_argument("action", choices=(*ACTIONS, *LATER))
    parser.add_argument("file", metavar="FILE|-")
    parser.add_argument("--lines", action="store_true", help="one document a line")
    arguments, rest = parser.parse_known_args(argv)
    if rest and arguments.action not in LATER:
        parser.error(f"unrecognized arguments: {' '.join(rest)}")
    judge = _judge(arguments.action)
    known = shipped()

    def answer(data: bytes, name: str, line: int | None) -> dict[str, Any]:
        return judge(read_situation(data, name, known, line))

    if arguments.lines:
        return answer_lines(arguments.file, answer)
    found = answer(read(arguments.file), name_of(arguments.file), None)
    write(found)
    return EXIT_NO if found.get("accepted") is False else EXIT_OK


def _judge(action: str) -> Judge:
    match action:
        case "evaluate":
            return risk_report
        case "check":
            return check_document
        case "stress":
            from desk.risk.stress import stress_report  # numpy: a tenth of a second

            return stress_report
        case "cure":
            return cure_report
        case _:
            raise InputError(
                source="desk risk",
                expected="a command of this version",
                found=f"{action}, which comes later",
            )
