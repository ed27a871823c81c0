"""An exported file: whole or absent, never in place of another, never run by a spreadsheet."""

import csv
import random
import signal
from decimal import Decimal as D

import pytest
from helpers.journals import start_child

from desk.io.csv_cells import number_cell, text_cell, value_cell
from desk.io.csv_file import write_csv

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\0", "＝", "＋", "－", "＠")

WRITES_FOR_EVER = """
import itertools, sys
from pathlib import Path
from desk.io.csv_file import write_csv

def rows():
    for number in itertools.count():
        if number == 50_000:
            print("writing", flush=True)
        yield [str(number)] * 8

write_csv(Path(sys.argv[1]), "b", ["a"] * 8, rows())
"""


@pytest.mark.fault("T34")
@pytest.mark.parametrize(
    "text",
    [
        "=cmd|' /C calc'!A0",
        "+1+cmd|x",
        "-2+3",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "\n=1",
        "＝1+1",
        "＠SUM(A1)",
        '=HYPERLINK("http://x","y")',
    ],
)
def test_a_text_that_a_spreadsheet_would_run_is_quoted(text, tmp_path):
    assert text_cell(text) == f"'{text}"
    assert value_cell(text) == f"'{text}"
    path, _ = write_csv(tmp_path / "e", "x", ["note"], [[text_cell(text)]])
    with path.open(newline="", encoding="utf-8") as file:
        assert list(csv.reader(file)) == [["note"], [f"'{text}"]]


@pytest.mark.fault("T34")
@pytest.mark.parametrize(
    ("number", "shown"),
    [(D("-12.50"), "-12.5"), (D("1E+3"), "1000"), (D("-0.00000001"), "-0.00000001"), (-3, "-3")],
)
def test_a_number_stays_one(number, shown):
    assert number_cell(number) == shown
    assert value_cell(shown) == shown


def test_an_export_replaces_nothing_and_leaves_nothing_beside_it(tmp_path):
    folder = tmp_path / "exports"
    first, count = write_csv(folder, "b", ["n"], [["1"], ["2"]])
    second, _ = write_csv(folder, "b", ["n"], [])
    assert (first.name, count, second.name) == ("b.csv", 2, "b-2.csv")
    assert first.read_bytes() == b"n\r\n1\r\n2\r\n"
    assert {path.name for path in folder.iterdir()} == {"b.csv", "b-2.csv"}
    assert first.stat().st_mode & 0o077 == 0


def test_a_row_that_cannot_be_read_leaves_no_file(tmp_path):
    def rows():
        yield ["1"]
        raise OSError("the journal is gone")

    with pytest.raises(OSError, match="gone"):
        write_csv(tmp_path, "b", ["n"], rows())
    assert not list(tmp_path.iterdir())


def test_a_full_disk_leaves_no_half_file(tmp_path, monkeypatch):
    def full(file):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("desk.io.csv_file.sync_file", full)
    with pytest.raises(OSError, match="No space"):
        write_csv(tmp_path, "b", ["n"], [["1"]])
    assert not list(tmp_path.iterdir())


def test_a_process_killed_while_it_writes_leaves_no_file_of_that_name(tmp_path):
    child = start_child(WRITES_FOR_EVER, tmp_path)
    assert child.stdout.readline() == b"writing\n"
    child.send_signal(signal.SIGKILL)
    child.communicate(timeout=10)
    assert [path.suffix for path in tmp_path.iterdir()] == [".part"]
    path, _ = write_csv(tmp_path, "b", ["n"], [["1"]])
    assert path.name == "b.csv"


@pytest.mark.fault("T34")
def test_of_ten_thousand_hostile_rows_no_cell_is_a_formula_and_every_number_and_text_comes_back(
    tmp_path, figure
):
    dice = random.Random(34)
    starts = (
        "=",
        "+",
        "-",
        "@",
        "\t",
        "\r",
        "\n",
        "＝",
        "＋",
        "－",
        "＠",
        "'",
        '"',
        ",",
        "",
        "é",
        "保",
    )
    letters = "=+-@\t\r\n,\"'; |!()A1保證💥é0.9"

    def text():
        return dice.choice(starts) + "".join(dice.choices(letters, k=dice.randrange(9)))

    def number():
        return D(dice.randrange(-(10**12), 10**12)).scaleb(-dice.randrange(12))

    rows = [(text(), number()) for _ in range(10_000)]
    path, count = write_csv(
        tmp_path / "e", "x", ["note", "pnl"], [[text_cell(t), number_cell(n)] for t, n in rows]
    )
    with path.open(newline="", encoding="utf-8") as file:
        _, *read = csv.reader(file)
    run = [cell for cell, _ in read if cell.startswith(FORMULA_STARTS)]
    assert (count, len(read), run) == (10_000, 10_000, [])
    for (written, amount), (cell, figures) in zip(rows, read, strict=True):
        assert cell == (f"'{written}" if written.startswith(FORMULA_STARTS) else written)
        assert D(figures) == amount
    figure("10,000 rows: 0 formulas, every number and text as it was")
