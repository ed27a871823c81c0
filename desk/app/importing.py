"""`desk import FILE`: the accounts of a portfolio document are watched from now on.

Importing again shows the difference and replaces them. No market is started: what the accounts
are worth is seen where the desk runs.
"""

from __future__ import annotations

import secrets

from desk.app.options import Options
from desk.app.session import Session
from desk.cli.arguments import Arguments
from desk.cli.documents import EXIT_OK, name_of, read, write
from desk.cli.shipped import shipped
from desk.io.folder import desk_folder, hold_folder
from desk.model.commands import ImportAccounts
from desk.model.errors import InputError
from desk.model.events import Acknowledged, AnyEvent, Denied
from desk.risk.situation import Situation, read_situation


def run(argv: list[str]) -> int:
    """Import a document into a desk folder; raise InputError for a bad one, with line and field."""
    parser = Arguments("desk import", "Watch the accounts of a portfolio document.")
    parser.add_argument("file", metavar="FILE|-")
    parser.add_argument("--account", metavar="DIR", help="another desk folder")
    parsed = parser.parse_args(argv)
    situation = read_situation(read(parsed.file), name_of(parsed.file), shipped())
    options = Options(account=parsed.account, window=False)
    with hold_folder(desk_folder(options.account)) as held:
        session = Session(options, held)
        try:
            answer = _import(session, situation)
        finally:
            session.close()
    write(answer)
    return EXIT_OK


def _import(session: Session, situation: Situation) -> dict[str, object]:
    said: list[AnyEvent] = []
    session.listen(said.append)
    session.give(
        ImportAccounts(id=f"import-{secrets.token_hex(8)}", document=situation.source.tree)
    )
    for event in said:
        if isinstance(event, Acknowledged):
            return {k: v for k, v in event.data.items() if k not in {"orders", "cancels"}}
    denials = [d.message for event in said if isinstance(event, Denied) for d in event.denials]
    raise InputError(
        source=situation.source.name,
        expected="a document that this desk can take in",
        found=" ".join(denials) or "nothing was done",
    )
