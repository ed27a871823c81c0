"""Canonical bytes and hashes that anyone can compute again."""

import hashlib
import math
from decimal import Decimal

import msgspec
import pytest
from helpers.journals import child_environment, run_child
from hypothesis import given
from hypothesis import strategies as st

from desk.io.journal_chain import (
    EMPTY,
    GENESIS,
    Head,
    Record,
    canonical,
    chain_hash,
    checked,
    checked_head,
    linked,
    row_of,
)
from desk.model.errors import InputError, JournalBroken
from desk.model.journal import Entry

DEPOSIT = Entry(
    type="deposit",
    id="dep-1",
    account="perp-1",
    time_ms=1_790_000_000_123,
    data={"quantity": "100000", "asset": "USDT", "postings": [{"b": 1, "a": None}, True]},
)
DEPOSIT_BYTES = (
    b'{"account":"perp-1","data":{"asset":"USDT","postings":[{"a":null,"b":1},true],'
    b'"quantity":"100000"},"id":"dep-1","time_ms":1790000000123,"type":"deposit"}'
)
KILL = Entry(type="kill", data={"reason": '價格 \u0007 "x"'}, reserve=True)
KILL_BYTES = (
    b'{"account":null,"data":{"reason":"\xe5\x83\xb9\xe6\xa0\xbc \\u0007 \\"x\\""},'
    b'"id":null,"time_ms":0,"type":"kill"}'
)

json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63) + 1, 2**63 - 1) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
entries = st.builds(
    Entry,
    type=st.text(),
    id=st.none() | st.text(),
    account=st.none() | st.text(),
    time_ms=st.integers(0, 253_402_300_799_999),
    data=st.dictionaries(st.text(), json_values, max_size=4),
)


def test_known_entries_have_known_bytes():
    assert canonical(DEPOSIT) == DEPOSIT_BYTES
    assert canonical(KILL) == KILL_BYTES


def test_known_rows_have_hashes_computed_by_hand():
    first = hashlib.sha256(b"\0" * 32 + b"\0\0\0\0\0\0\0\1" + DEPOSIT_BYTES).digest()
    second = hashlib.sha256(first + b"\0\0\0\0\0\0\0\2" + KILL_BYTES).digest()

    one = linked(EMPTY, DEPOSIT)
    two = linked(Head(one.seq, one.hash), KILL)

    assert (one.seq, one.hash) == (1, first)
    assert (two.seq, two.hash) == (2, second)
    assert GENESIS == b"\0" * 32


def test_hashes_do_not_depend_on_the_process(monkeypatch):
    code = (
        "from desk.io.journal_chain import EMPTY, linked;"
        "from desk.model.journal import Entry;"
        "data = {key: set_order for set_order, key in enumerate({'x', 'y', 'z', 'äö'})};"
        "data = {key: 1 for key in set(data)};"
        "print(linked(EMPTY, Entry(type='t', data=data)).hash.hex())"
    )
    seen = set()
    for seed in ("0", "1", "4242"):
        monkeypatch.setenv("PYTHONHASHSEED", seed)
        assert child_environment()["PYTHONHASHSEED"] == seed
        seen.add(run_child(code))

    assert len(seen) == 1


@given(entry=entries)
def test_every_entry_reads_back_as_it_was(entry):
    record = linked(EMPTY, entry)

    head, row = checked("journal.db", EMPTY, tuple(record))

    assert row == row_of(record)
    assert row.entry == entry
    assert row.hash == head.hash.hex()
    assert head == (1, record.hash)


@given(entry=entries)
def test_the_order_of_keys_changes_nothing(entry):
    turned = dict(reversed(entry.data.items()))

    assert canonical(msgspec.structs.replace(entry, data=turned)) == canonical(entry)


def test_how_an_entry_was_written_is_no_part_of_it():
    assert canonical(msgspec.structs.replace(DEPOSIT, reserve=True)) == canonical(DEPOSIT)
    assert row_of(linked(EMPTY, KILL)).entry.reserve is False


@pytest.mark.parametrize(
    "value",
    [
        1.5,
        math.nan,
        Decimal("1.5"),
        b"x",
        ("a",),
        {"a"},
        2**63,
        -(2**63),
        10**5000,
        object(),
        "\ud800",
        {1: "a"},
        [{"deep": 0.1}],
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_json_cannot_hold_exactly_is_refused(value):
    with pytest.raises(InputError, match="journal entry 'deposit'"):
        canonical(msgspec.structs.replace(DEPOSIT, data={"value": value}))


def test_a_refusal_names_the_field():
    with pytest.raises(InputError) as refused:
        canonical(msgspec.structs.replace(DEPOSIT, data={"a": [{"quantity": 0.5}]}))

    assert refused.value.field == "quantity"
    assert refused.value.found == "0.5"


def test_nesting_has_an_end():
    data = {}
    for _ in range(31):
        data = {"in": data}
    canonical(msgspec.structs.replace(DEPOSIT, data=data))

    with pytest.raises(InputError, match="levels"):
        canonical(msgspec.structs.replace(DEPOSIT, data={"in": data}))

    loop = {}
    loop["loop"] = loop
    with pytest.raises(InputError, match="levels"):
        canonical(msgspec.structs.replace(DEPOSIT, data=loop))


@pytest.mark.parametrize("time_ms", [-1, 253_402_300_800_000])
def test_a_time_that_no_date_can_show_is_refused(time_ms):
    with pytest.raises(InputError, match="time_ms"):
        canonical(msgspec.structs.replace(DEPOSIT, time_ms=time_ms))


CHANGES = {
    "seq": (2, "is missing; row 2 stands in its place"),
    "time_ms": (1, "column time_ms differs"),
    "type": (b"withdraw", "column type differs"),
    "id": (None, "column id differs"),
    "account": (b"perp-2", "column account differs"),
    "payload": (DEPOSIT_BYTES.replace(b"100000", b"900000"), "the hash does not hold"),
    "hash": (b"\0" * 32, "the hash does not hold"),
}


@pytest.mark.parametrize("column", CHANGES)
def test_a_changed_column_is_named(column):
    value, what = CHANGES[column]
    record = linked(EMPTY, DEPOSIT)._replace(**{column: value})

    with pytest.raises(JournalBroken, match=what) as broken:
        checked("journal.db", EMPTY, tuple(record))

    assert broken.value.path == "journal.db"
    assert broken.value.seq == 1


@pytest.mark.parametrize("payload", [None, 7, "text"])
def test_a_payload_of_another_kind_is_broken(payload):
    record = linked(EMPTY, DEPOSIT)._replace(payload=payload)

    with pytest.raises(JournalBroken, match="not bytes"):
        checked("journal.db", EMPTY, tuple(record))


def test_a_hashed_payload_that_is_no_entry_is_broken():
    payload = b'{"type":1}'
    found = hashlib.sha256(bytes(32) + (1).to_bytes(8, "big") + payload).digest()

    with pytest.raises(JournalBroken, match="not an entry"):
        checked("journal.db", EMPTY, (1, 0, b"", None, None, payload, found))


def test_a_row_moved_to_another_place_does_not_hold():
    one = linked(EMPTY, DEPOSIT)
    two = linked(Head(1, one.hash), DEPOSIT)

    with pytest.raises(JournalBroken, match="the hash does not hold"):
        checked("journal.db", EMPTY, tuple(two._replace(seq=1)))


def told(follow, payload):
    """What following a chain of one hashed row comes to: its head, or what is wrong with it."""
    record = Record(
        seq=1, time_ms=0, type=b"kill", id=None, account=None,
        payload=payload, hash=chain_hash(GENESIS, 1, payload),
    )  # fmt: skip
    try:
        return follow("j", EMPTY, record)
    except JournalBroken as broken:
        return broken.what


@pytest.mark.parametrize(
    ("value", "holds"),
    [
        (b'"\xff"', False),
        (b'{"\xff":1}', False),
        (b'"\xed\xa0\x80"', False),
        (b'"\\ud800"', False),
        (b"[" * 3000 + b"]" * 3000, False),
        (b"1" * 4301, False),
        (b"01", False),
        ('"價格"'.encode(), True),
        (b"1" * 4300, True),
        (b"[1e999,-1e999]", True),
        (b"1.50", True),
        (b'"' + b"x" * 5000 + b'"', True),
    ],
)
def test_a_proof_holds_what_a_replay_reads_and_nothing_else(value, holds):
    payload = b'{"data":{"a":' + value + b'},"type":"kill"}'
    read = told(lambda *given: checked(*given)[0], payload)
    assert told(lambda path, head, record: checked_head(path, head, [record]), payload) == read
    assert isinstance(read, Head) is holds


def test_a_number_that_is_not_whole_is_read_as_it_is_written():
    payload = b'{"data":{"a":1.50,"b":-1e999},"type":"kill"}'
    assert told(checked, payload)[1].entry.data == {"a": "1.50", "b": "-1e999"}
