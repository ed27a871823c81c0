"""A name is one string however many rows say it, folded or restored: copies are what memory is."""

import msgspec
import pytest
from helpers.stories import journals_of_stories

from desk.engine.saved_state import restored, saved
from desk.engine.state import DeskState
from desk.model.journal import Entry, Row


@pytest.fixture(scope="module")
def states():
    """Each story's desk, folded from rows as a file gives them: with strings of their own."""
    found = []
    for rows, catalogue in journals_of_stories():
        state = DeskState(catalogue)
        for seq, row in enumerate(rows, start=1):
            read = msgspec.json.decode(msgspec.json.encode(row.entry), type=Entry)
            state.apply(Row(seq=seq, entry=read, hash=""))
        found += [state, restored(catalogue, saved(state))]
    assert sum(len(state.fills) for state in found) > 10
    return found


@pytest.mark.thorough
def test_an_order_has_one_string_for_its_id(states):
    ended = 0
    for state in states:
        sent = {name: name for name in state.contents}
        for key, order in state.orders.items():
            said = [word.order_id for word in (*order.words, *order.fills)]
            assert all(name is key for name in (order.id, *said))
            assert sent.get(key, key) is key
            ended += bool(order.words)
    assert ended > 10


@pytest.mark.thorough
def test_accounts_instruments_assets_and_reasons_are_one_string_each(states):
    for state in states:
        names = [
            name
            for order in state.orders.values()
            for name in (
                order.terms.account,
                order.terms.instrument,
                *(order.cancelled.reason for _ in [0] if order.cancelled is not None),
                *(name for f in order.fills for name in (f.account, f.instrument, f.fee_asset)),
            )
        ]
        assert len({id(name) for name in names}) == len(set(names))
