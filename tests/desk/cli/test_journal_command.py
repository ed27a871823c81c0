"""`desk journal verify|show|export`, as a script sees it."""

import csv
import hashlib
import io
import json
import sqlite3

import msgspec
import pytest
from helpers.journals import SMALL_RESERVE, entry, write_journal
from hypothesis import given
from hypothesis import strategies as st

from desk.cli import journal as command
from desk.cli import verify as verifying
from desk.cli.journal import ACTIONS, run
from desk.cli.verify import progress
from desk.io.csv_cells import text_cell, value_cell
from desk.io.film_writer import FilmBounds, FilmWriter
from desk.io.folder import hold_folder
from desk.io.journal import SqliteJournal
from desk.model.errors import FilmMissing, InputError, JournalBroken
from desk.model.journal import Entry

ENTRIES = [
    Entry(
        type="deposit",
        id="dep-1",
        account="perp-1",
        time_ms=1_790_000_000_007,
        data={"asset": "USDT", "quantity": "100000", "postings": [{"amount": "-100000"}]},
    ),
    Entry(type="kill", time_ms=0, data={"reason": '=HYPERLINK("x")\r\n價', "open": True}),
    Entry(
        type="fill",
        id="-5",
        account="@perp",
        time_ms=951_782_400_000,
        data={"quantity": "-0.50", "fee": None, "count": -3, "reason": "-1+2", "asset": "BTC"},
    ),
]


@pytest.fixture
def folder(tmp_path):
    with hold_folder(tmp_path / "desk") as held:
        journal = SqliteJournal(held, reserve_bytes=SMALL_RESERVE)
        journal.append(ENTRIES)
        journal.close()
    return tmp_path / "desk"


def spoil(folder, seq: int) -> None:
    connection = sqlite3.connect(folder / "journal.db", isolation_level=None)
    connection.execute("UPDATE journal SET account = 'other' WHERE seq = ?", (seq,))
    connection.close()


def verdict(capsys) -> dict:
    output = capsys.readouterr().out
    assert output.count("\n") == 1
    return json.loads(output)


def rows_shown(capsys) -> list[dict]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


# --- verify ---------------------------------------------------------------------------------------


def test_verify_of_a_whole_journal(folder, capsys):
    assert run(["verify", "--account", str(folder)]) == 0

    said = verdict(capsys)
    head = said.pop("head_hash")
    assert len(head) == 64
    assert said == {
        "rows": 3,
        "head_seq": 3,
        "anchor_seq": 3,
        "seals": 0,
        "unsealed": [],
        "ok": True,
        "problem": None,
    }


def test_verify_of_an_empty_journal(tmp_path, capsys):
    write_journal(tmp_path, 0)

    assert run(["verify", "--json", "--account", str(tmp_path)]) == 0

    said = verdict(capsys)
    assert said["rows"] == said["head_seq"] == said["anchor_seq"] == 0
    assert said["head_hash"] == "0" * 64
    assert said["ok"] is True


def test_verify_accepts_rows_beyond_a_lagging_anchor(tmp_path, capsys):
    write_journal(tmp_path, 3)
    lagging = (tmp_path / "journal.anchor").read_bytes()
    write_journal(tmp_path, 2)
    (tmp_path / "journal.anchor").write_bytes(lagging)

    assert run(["verify", "--account", str(tmp_path)]) == 0

    said = verdict(capsys)
    assert (said["rows"], said["anchor_seq"], said["ok"]) == (5, 3, True)


def test_verify_of_a_broken_journal_names_file_row_and_what(folder, capsys):
    run(["show", "--account", str(folder)])
    hashes = [row["hash"] for row in rows_shown(capsys)]
    spoil(folder, 3)

    assert run(["verify", "--account", str(folder)]) == 1

    assert verdict(capsys) == {
        "rows": 2,
        "head_seq": 2,
        "head_hash": hashes[1],
        "anchor_seq": 3,
        "seals": 0,
        "unsealed": [],
        "ok": False,
        "problem": f"{folder}/journal.db: row 3: column account differs from the payload",
    }


def test_verify_without_a_good_anchor(folder, capsys):
    (folder / "journal.anchor").write_bytes(b"")

    assert run(["verify", "--account", str(folder)]) == 1

    said = verdict(capsys)
    assert said["rows"] == 3
    assert said["anchor_seq"] is None
    assert said["problem"] == f"{folder}/journal.anchor: neither slot of the head anchor holds"


def test_verify_without_a_database(folder, capsys):
    (folder / "journal.db").unlink()

    assert run(["verify", "--account", str(folder)]) == 1
    assert "is missing, while journal.anchor is there" in verdict(capsys)["problem"]


def test_verify_of_a_long_journal_tells_how_far_it_is_on_standard_error(
    tmp_path, capsys, monkeypatch
):
    monkeypatch.setattr(verifying, "TELL_EVERY_S", 0)
    write_journal(tmp_path, 1_500)

    run(["verify", "--account", str(tmp_path)])

    captured = capsys.readouterr()
    shares = [line.split("  ")[:2] for line in captured.err.splitlines()]
    assert shares == [["66 %", "1,000 of 1,500 rows"], ["100 %", "1,500 of 1,500 rows"]]
    assert json.loads(captured.out)["rows"] == 1_500

    run(["verify", "--json", "--account", str(tmp_path)])
    captured = capsys.readouterr()
    assert captured.err == ""
    assert json.loads(captured.out)["ok"] is True


def test_progress_tells_share_speed_and_time_left():
    assert progress(250_000, 1_000_000, 2.0) == (
        "25 %  250,000 of 1,000,000 rows  125,000 rows/s  6 s left"
    )
    # Rows that came since: never more than the whole, never less than no time.
    assert progress(11, 10, 1.0) == "100 %  11 of 10 rows  11 rows/s  0 s left"


def test_a_verification_that_is_stopped_says_so_and_is_no_proof(tmp_path, capsys, monkeypatch):
    write_journal(tmp_path, 1_500)

    def stop(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(verifying, "TELL_EVERY_S", 0)
    monkeypatch.setattr(verifying, "progress", stop)
    assert run(["verify", "--account", str(tmp_path)]) == 1
    said = verdict(capsys)
    assert (said["ok"], said["problem"]) == (False, "stopped before its end")


def test_every_action_works_while_a_desk_holds_the_folder(folder, capsys):
    with hold_folder(folder) as held:
        journal = SqliteJournal(held, reserve_bytes=SMALL_RESERVE)
        journal.append([entry(4)])
        assert run(["verify", "--account", str(folder)]) == 0
        assert verdict(capsys)["rows"] == 4
        assert run(["show", "--account", str(folder)]) == 0
        assert len(rows_shown(capsys)) == 4
        assert run(["export", "--account", str(folder)]) == 0
        journal.append([entry(5)])
        journal.close()


# --- show -----------------------------------------------------------------------------------------


def test_show_prints_one_object_a_line(folder, capsys):
    assert run(["show", "--account", str(folder)]) == 0

    rows = rows_shown(capsys)
    assert [list(row) for row in rows] == [
        ["seq", "time", "type", "id", "account", "data", "hash"]
    ] * 3
    assert [row["time"] for row in rows] == [
        "2026-09-21T14:13:20.007Z",
        "1970-01-01T00:00:00.000Z",
        "2000-02-29T00:00:00.000Z",
    ]
    assert [(row["seq"], row["type"], row["id"], row["account"]) for row in rows] == [
        (1, "deposit", "dep-1", "perp-1"),
        (2, "kill", None, None),
        (3, "fill", "-5", "@perp"),
    ]
    assert [row["data"] for row in rows] == [appended.data for appended in ENTRIES]


def test_hashes_can_be_computed_again_from_what_show_prints(folder, capsys):
    run(["show", "--account", str(folder)])
    previous = bytes(32)
    for row, appended in zip(rows_shown(capsys), ENTRIES, strict=True):
        fields = {key: row[key] for key in ("account", "data", "id", "type")}
        fields["time_ms"] = appended.time_ms
        payload = json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        previous = hashlib.sha256(
            previous + row["seq"].to_bytes(8, "big") + payload.encode()
        ).digest()
        assert row["hash"] == previous.hex()


def test_show_of_a_broken_journal_prints_what_holds_and_then_says_where(folder, capsys):
    spoil(folder, 3)

    with pytest.raises(JournalBroken, match="row 3"):
        run(["show", "--account", str(folder)])

    assert [row["seq"] for row in rows_shown(capsys)] == [1, 2]


def test_show_of_a_journal_whose_end_is_gone_says_so_after_its_rows(folder, capsys):
    connection = sqlite3.connect(folder / "journal.db", isolation_level=None)
    connection.execute("DELETE FROM journal WHERE seq = 3")
    connection.close()

    with pytest.raises(JournalBroken, match="rows up to 3 were acknowledged"):
        run(["show", "--account", str(folder)])

    assert [row["seq"] for row in rows_shown(capsys)] == [1, 2]


# --- export ---------------------------------------------------------------------------------------


def exported(capsys) -> list[dict]:
    return list(csv.DictReader(io.StringIO(capsys.readouterr().out, newline="")))


def test_export_has_a_typed_column_for_every_field(folder, capsys):
    assert run(["export", "--account", str(folder)]) == 0

    rows = exported(capsys)
    assert list(rows[0]) == [
        "seq", "time", "type", "id", "account", "data.asset", "data.count", "data.fee",
        "data.open", "data.postings", "data.quantity", "data.reason", "hash",
    ]  # fmt: skip
    assert [row["seq"] for row in rows] == ["1", "2", "3"]
    assert rows[0]["time"] == "2026-09-21T14:13:20.007Z"
    assert [row["data.quantity"] for row in rows] == ["100000", "", "-0.50"]
    assert [row["data.count"] for row in rows] == ["", "", "-3"]
    assert [row["data.open"] for row in rows] == ["", "true", ""]
    assert [row["data.fee"] for row in rows] == ["", "", ""]
    assert json.loads(rows[0]["data.postings"]) == [{"amount": "-100000"}]


def test_export_makes_text_safe_and_leaves_numbers_numbers(folder, capsys):
    run(["export", "--account", str(folder)])

    deposit, kill, fill = exported(capsys)
    assert kill["data.reason"] == '\'=HYPERLINK("x")\r\n價'
    assert fill["data.reason"] == "'-1+2"
    assert fill["id"] == "'-5"
    assert fill["account"] == "'@perp"
    assert fill["data.quantity"] == "-0.50"
    assert deposit["account"] == "perp-1"


def test_export_ends_its_lines_as_rfc_4180_wants(folder, capsys):
    run(["export", "--account", str(folder)])

    output = capsys.readouterr().out
    assert output.endswith("\r\n")
    assert output.count("\r\n") == 5  # a header, three rows, one inside a quoted field
    assert output.count("\n") == 5
    assert '"\'=HYPERLINK(""x"")\r\n價"' in output


def test_export_of_a_broken_journal_writes_nothing(folder, capsys):
    spoil(folder, 3)

    with pytest.raises(JournalBroken):
        run(["export", "--account", str(folder)])

    assert capsys.readouterr().out == ""


def test_export_as_json_is_show(folder, capsys):
    run(["show", "--account", str(folder)])
    shown = capsys.readouterr().out

    assert run(["export", "--json", "--account", str(folder)]) == 0
    assert capsys.readouterr().out == shown


def test_export_of_an_empty_journal_is_its_header(tmp_path, capsys):
    write_journal(tmp_path, 0)

    assert run(["export", "--account", str(tmp_path)]) == 0
    assert capsys.readouterr().out == "seq,time,type,id,account,hash\r\n"


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\0"])
def test_no_text_cell_begins_as_a_formula_does(start):
    assert text_cell(f"{start}cmd|x") == f"'{start}cmd|x"
    assert value_cell(f"{start}cmd|x") == f"'{start}cmd|x"


@given(text=st.text())
def test_text_that_begins_otherwise_is_left_as_it_is(text):
    safe = text_cell(text)

    assert safe in (text, f"'{text}")
    assert (safe == text) is (text[:1] not in set("=+-@\t\r\n\0＝＋－＠") or text == "")


@pytest.mark.parametrize("number", ["-12.5", "+1", "0", "-0", ".5", "-100000000000.00000001"])
def test_numbers_stay_numbers(number):
    assert value_cell(number) == number


# --- bad usage ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["destroy"],
        ["verify", "--account"],
        ["verify", "--acc", "x"],
        ["verify", "--fast"],
        ["verify", "show"],
    ],
    ids=" ".join,
)
def test_bad_usage_is_one_line_that_says_what_was_expected(arguments, capsys):
    with pytest.raises(InputError) as refused:
        run(arguments)

    assert f"{'|'.join(ACTIONS)} [--account DIR]" in str(refused.value)
    assert "\n" not in str(refused.value)
    captured = capsys.readouterr()
    assert captured.out == captured.err == ""


@pytest.mark.parametrize("action", ["verify", "show", "export"])
def test_a_folder_without_a_journal_is_bad_input_and_is_not_made(action, tmp_path, capsys):
    with pytest.raises(InputError) as refused:
        run([action, "--account", str(tmp_path / "none")])

    assert str(refused.value) == f"{tmp_path}/none: expected a desk folder, found no such folder"
    assert not (tmp_path / "none").exists()
    assert capsys.readouterr().out == ""


def test_without_account_the_users_own_folder_is_read(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(command, "desk_folder", lambda account: tmp_path if account is None else 1)
    write_journal(tmp_path, 1)

    assert run(["verify"]) == 0
    assert verdict(capsys)["rows"] == 1


def test_film_prints_the_picture_of_a_row_or_a_time(folder, capsys):
    time_ms = ENTRIES[0].time_ms
    writer = FilmWriter(folder, FilmBounds(spare=0))
    for number in range(2):
        picture = msgspec.msgpack.encode({"seq": number, "wall_ms": time_ms + number})
        writer.write(picture, time_ms + number, 1 + number)
    writer.close()
    assert run(["film", "--seq", "1", "--account", str(folder)]) == 0
    assert json.loads(capsys.readouterr().out) == {"seq": 0, "wall_ms": time_ms}
    at = "2026-09-21T22:13:20.008+08:00"
    assert run(["film", "--at", at, "--account", str(folder)]) == 0
    assert json.loads(capsys.readouterr().out)["seq"] == 1


@pytest.mark.parametrize(
    ("arguments", "error"),
    [([], InputError), (["--at", "noon"], InputError), (["--at", "09:30"], FilmMissing)],
)
def test_film_says_what_it_cannot_show(folder, arguments, error):
    with pytest.raises(error):
        run(["film", *arguments, "--account", str(folder)])
