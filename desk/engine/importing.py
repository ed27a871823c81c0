"""Taking in the accounts of a portfolio document, to be watched beside the desk's own."""

from __future__ import annotations

import msgspec

from desk.engine.change import Change
from desk.engine.desk import Desk
from desk.engine.plan import Plan, refuse
from desk.model.commands import ImportAccounts
from desk.model.errors import InputError
from desk.model.events import Acknowledged
from desk.risk.imported import difference, kept, named_apart
from desk.risk.portfolio import Portfolio
from desk.risk.situation import Shipped, read_situation

DOCUMENT = "the document"
_OWN_AFFAIR = ("profile", "limits", "client", "ticket")
"""What a document says of other things than its accounts: the desk judges by its own."""


def accounts(desk: Desk, command: ImportAccounts, plan: Plan) -> None:
    """Watch the accounts of a document in place of those watched; the same again is no change."""
    own = [account.id for account in desk.state.accounts.values() if not account.watched]
    after, renamed = named_apart(_read(desk, command), own)
    before = desk.state.imported
    what = {**difference(before, after), "renamed": renamed}
    if after == before:
        said = Acknowledged(
            command=plan.number, about=plan.about, id=plan.client_id, data={**what, "same": True}
        )
        plan.events.append(said)
        return
    plan.add(
        plan.about,
        Change(what={**what, "same": False}, imported=after),
        time_ms=desk.wall_ms,
        client_id=plan.client_id,
    )


def _read(desk: Desk, command: ImportAccounts) -> Portfolio:
    """Read what is kept of a document; whoever sends it, it is read with the same care."""
    document = {k: v for k, v in command.document.items() if k not in _OWN_AFFAIR}
    known = Shipped(
        catalogue=desk.catalogue,
        terms=lambda _: desk.terms,
        profile=lambda _: desk.rules.profile,
    )
    try:
        return kept(read_situation(msgspec.json.encode(document), DOCUMENT, known))
    except InputError as error:
        error.line = None  # of a document that was written anew
        raise refuse("DOCUMENT", f"{error}.") from None
