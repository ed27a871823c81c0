"""The hash of a state: the same whether it was asked for at every row or once, and for ever."""

import hashlib
import json

import msgspec
import pytest
from helpers.engines import CATALOGUE
from helpers.stories import journals_of_stories

from desk.bench.journal import long_entries
from desk.engine import state_hash
from desk.engine.saved_state import restored, saved
from desk.engine.state import DeskState
from desk.engine.state_hash import hash_of, spare, spare_text
from desk.model.journal import Row


@pytest.fixture
def small_chunks(monkeypatch):
    monkeypatch.setattr(state_hash, "CHUNK", 3)


@pytest.fixture(scope="module")
def journals():
    return journals_of_stories()


def rows_of(entries):
    return [Row(seq=seq, entry=entry, hash="") for seq, entry in enumerate(entries, 1)]


def long_rows(count):
    entries = long_entries()
    return rows_of(next(entries) for _ in range(count))


def folded(rows, catalogue=CATALOGUE):
    state = DeskState(catalogue)
    for row in rows:
        state.apply(row)
    return state


@pytest.mark.thorough
@pytest.mark.usefixtures("small_chunks")
def test_a_hash_that_is_asked_for_after_each_row_is_that_of_a_whole_fold(journals):
    for written, catalogue in [*journals, (long_rows(150), CATALOGUE)]:
        rows = rows_of(row.entry for row in written)
        state = DeskState(catalogue)
        for row in rows:
            state.apply(row)
            if row.seq % 7 == 0 or row.seq > len(rows) - 3:
                assert state.hash() == folded(rows[: row.seq], catalogue).hash()
            else:
                state.hash()


@pytest.mark.usefixtures("small_chunks")
def test_what_was_worked_out_once_is_kept_also_in_a_snapshot():
    state = folded(long_rows(150))
    said = state.hash()
    assert len(state._order_hashes) > 5
    assert len(state._id_hashes) > 5
    again = restored(CATALOGUE, saved(state))
    assert (again._order_hashes, again._id_hashes) == (state._order_hashes, state._id_hashes)
    assert again.hash() == said == folded(long_rows(150)).hash()


def test_what_says_nothing_does_not_count():
    said = {"a": None, "b": False, "c": "", "d": [], "e": {"f": {}}, "g": 0, "h": "0", "i": [None]}
    assert spare(said) == {"g": 0, "h": "0", "i": [None]}
    assert hash_of(said) == hash_of({"g": 0, "h": "0", "i": [None]})
    text = json.dumps({"g": 0, "h": "0", "i": [None]}, separators=(",", ":")).encode()
    assert hash_of(said) == hashlib.sha256(text).hexdigest()


@pytest.mark.thorough
def test_the_quick_text_of_orders_is_that_of_their_plain_values(journals):
    sly = '"a":null,"b":"",{"c":[],\\"d":{}'
    for written, catalogue in [*journals, (long_rows(150), CATALOGUE)]:
        for order in folded(rows_of(row.entry for row in written), catalogue).orders.values():
            for note in (order.note, sly, ",", "null", "\\"):
                one = [msgspec.structs.replace(order, note=note), note, False, {"a": {"b": {}}}]
                assert spare_text(one) == msgspec.json.encode(
                    spare(msgspec.to_builtins(one)), order="sorted"
                )


def test_two_desks_that_differ_in_anything_have_two_hashes():
    rows = long_rows(60)
    hashes = [folded(rows[:count]).hash() for count in range(len(rows))]
    assert len({*hashes}) == len(hashes)
