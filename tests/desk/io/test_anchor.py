"""The head anchor: two slots, one of which always holds."""

import os
import stat
import struct
import zlib

import pytest

from desk.io.anchor import HeadAnchor, create_anchor, read_anchor
from desk.io.journal_chain import EMPTY, Head
from desk.model.errors import JournalBroken

FIRST = Head(1, b"\x11" * 32)
SECOND = Head(2, b"\x22" * 32)


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "journal.anchor"
    create_anchor(path)
    return path


@pytest.fixture
def anchor(path):
    anchor = HeadAnchor(path)
    yield anchor
    anchor.close()


def slot(seq: int, hash_: bytes) -> bytes:
    content = b"DESKHEAD" + struct.pack(">Q", seq) + hash_
    return content + struct.pack(">I", zlib.crc32(content))


def put(path, position: int, value: int) -> None:
    with path.open("r+b") as file:
        file.seek(position)
        file.write(bytes([value]))


def test_a_new_anchor_names_the_empty_chain_and_is_private(path):
    assert read_anchor(path) == EMPTY
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_a_missing_anchor_is_told_from_an_empty_one(tmp_path):
    assert read_anchor(tmp_path / "none") is None


def test_creation_starts_over_what_an_interrupted_one_left(tmp_path):
    (tmp_path / "journal.anchor.new").write_bytes(b"half" * 10_000)

    create_anchor(tmp_path / "journal.anchor")

    assert read_anchor(tmp_path / "journal.anchor") == EMPTY
    assert (tmp_path / "journal.anchor").stat().st_size == 8192


def test_slots_are_written_in_turn_as_documented(path, anchor):
    for head in (FIRST, SECOND, Head(7, b"\x77" * 32)):
        anchor.write(head)

    content = path.read_bytes()
    assert {content[:52], content[4096:4148]} == {slot(2, b"\x22" * 32), slot(7, b"\x77" * 32)}
    assert read_anchor(path) == Head(7, b"\x77" * 32)
    assert len(content) == 8192


@pytest.mark.parametrize("writes", [1, 2, 3])
def test_a_reopened_anchor_never_writes_over_the_newest_slot(path, writes):
    for seq in range(1, writes + 1):
        anchor = HeadAnchor(path)
        before = path.read_bytes()
        anchor.write(Head(seq, bytes([seq]) * 32))
        anchor.close()
        after = path.read_bytes()
        newest_before = max((before[:52], before[4096:4148]), key=lambda slot: slot[8:16])
        assert seq == 1 or newest_before in (after[:52], after[4096:4148])

    assert read_anchor(path) == Head(writes, bytes([writes]) * 32)


@pytest.mark.fault("T09")
def test_any_flipped_bit_leaves_the_newest_row_or_the_one_before(path, anchor, figure):
    anchor.write(FIRST)
    anchor.write(SECOND)
    whole = path.read_bytes()
    seen, flips = set(), 0
    for position in (*range(52), *range(4096, 4148)):
        for bit in range(8):
            flips += 1
            put(path, position, whole[position] ^ 1 << bit)
            seen.add(read_anchor(path))
        put(path, position, whole[position])

    assert seen == {FIRST, SECOND}
    figure(f"all {flips} bits of the anchor flipped: the newest row or the one before, 0 others")


@pytest.mark.parametrize("length", [52, 4096, 4147])
def test_a_truncated_anchor_falls_back_to_the_slot_that_is_left(path, anchor, length):
    anchor.write(FIRST)
    anchor.write(SECOND)
    with path.open("r+b") as file:
        file.truncate(length)

    assert read_anchor(path) in (FIRST, SECOND)


@pytest.mark.parametrize(
    "content",
    [b"", b"\0" * 8192, b"x" * 8192, slot(1, b"\x11" * 32)[:51]],
    ids=["empty", "zeros", "text", "cut"],
)
def test_an_anchor_without_a_good_slot_is_broken(path, content):
    path.write_bytes(content)

    with pytest.raises(JournalBroken, match="neither slot") as broken:
        read_anchor(path)

    assert broken.value.path == str(path)


def test_a_slot_with_a_good_checksum_but_another_mark_is_not_a_slot(path):
    content = b"DESKHEAX" + struct.pack(">Q", 9) + b"\x99" * 32
    path.write_bytes(content + struct.pack(">I", zlib.crc32(content)))

    with pytest.raises(JournalBroken, match="neither slot"):
        read_anchor(path)


def test_an_anchor_that_cannot_be_read_is_broken(tmp_path):
    (tmp_path / "journal.anchor").mkdir()

    with pytest.raises(JournalBroken, match="cannot be read"):
        read_anchor(tmp_path / "journal.anchor")


def test_a_write_is_synced_before_it_returns(path, anchor, monkeypatch):
    synced = []
    monkeypatch.setattr(os, "fdatasync", lambda _: synced.append(path.read_bytes()))

    anchor.write(FIRST)

    assert len(synced) == 1
    assert slot(1, b"\x11" * 32) in synced[0]


def test_a_short_write_is_a_failed_write(anchor, monkeypatch):
    class FullDisk:
        def seek(self, *_):
            return 0

        def write(self, slot):
            return len(slot) - 1

        def close(self):
            pass

    with monkeypatch.context() as full:
        full.setattr(anchor, "_file", FullDisk())
        with pytest.raises(OSError, match="short write"):
            anchor.write(FIRST)


def test_after_a_failed_write_the_row_before_still_stands(path, anchor, monkeypatch):
    def fail(_):
        raise OSError(5, "Input/output error")

    anchor.write(FIRST)
    monkeypatch.setattr(os, "fdatasync", fail)

    with pytest.raises(OSError, match="Input/output error"):
        anchor.write(SECOND)

    content = path.read_bytes()
    assert slot(1, b"\x11" * 32) in (content[:52], content[4096:4148])
