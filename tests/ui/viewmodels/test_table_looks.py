"""What a trader makes of a table: its order, its columns and widths, what is copied of it."""

import pytest

from ui.viewmodels.cells import Cell, Column, Row, Side
from ui.viewmodels.table_look import (
    Sorting,
    TableLook,
    column_widths,
    kept_columns,
    least_width,
)
from ui.viewmodels.table_order import held, in_order, table_text

NAME = Column("name", "Name", "ABC", Side.LEFT)
PRICE = Column("price", "Price", "88.8", keep=5)
AGE = Column("age", "Age ↑", "8.8 s", keep=3, fixed=True)
CLOSE = Column("close", "Close %", "", width=80, acts=True)
COLUMNS = (NAME, PRICE, AGE, CLOSE)


def row(key, price="—", age="38", name=None):
    return Row(key, (Cell(name or key), Cell(price), Cell(age), Cell("")))


def heading(word):
    return Row(f"h {word}", (Cell("2 of 2"),), heading=word)


def ordered(rows, key="price", *, descending=False):
    return "".join(r.key for r in in_order(rows, COLUMNS, key, descending=descending))


def by_price(*texts):
    return [row(key, text) for key, text in zip("abcdefgh", texts, strict=False)]


@pytest.mark.parametrize(
    ("texts", "smallest_first"),
    [
        (("1,010.5", "99.0", "−3", "+2"), "cdba"),
        (("84.2K", "1.2M", "8.1B", "900"), "dabc"),
        (("38", "6.4 s", "2 min", "1 h 36", "1 h 05", "3 d"), "abcedf"),
        (("5:35", "0:52", "1:53:28", "cont."), "bcad"),
        (("▲ 50.000", "▼ 8.000", "▲ 760.000"), "bac"),
        (("+0.0068%", "−0.0041%", "+0.0091%"), "bac"),
        (("30.4% common", "19.7% alone"), "ba"),
        (("> 999%", "63.9%", "UNSYNCED"), "bac"),
        (("5×", "2.96×"), "ba"),
    ],
)
def test_figures_are_sorted_by_their_size_as_shown(texts, smallest_first):
    assert ordered(by_price(*texts)) == smallest_first
    assert ordered(by_price(*texts), descending=True) == smallest_first[::-1]


def test_unknown_comes_last_either_way():
    rows = by_price("—", "2", "", "1")
    assert ordered(rows) == "dbac"
    assert ordered(rows, descending=True) == "bdac"


def test_equal_rows_keep_the_table_s_own_order_either_way():
    rows = by_price("1", "2", "1", "2", "1")
    assert ordered(rows) == "acebd"
    assert ordered(rows, descending=True) == "bdace"


def test_texts_are_sorted_by_letters_whatever_their_case():
    rows = [row("a", name="Okx"), row("b", name="10x"), row("c", name="binance")]
    assert ordered(rows, "name") == "bca"


def test_a_heading_keeps_its_rows():
    rows = [heading("X"), *by_price("2", "1"), heading("Y"), row("y", "0")]
    assert ordered(rows) == "h Xbah Yy"
    assert ordered(rows, "no such column") == "h Xabh Yy"


def test_rows_that_hold_still_stay_under_their_heading_and_newcomers_come_last():
    rows = [heading("X"), *by_price("1", "2", "3"), heading("Y"), row("y")]
    order = ["h X", "c", "a", "h Y", "y"]
    assert [r.key for r in held(rows, order)] == ["h X", "c", "a", "b", "h Y", "y"]


# ---- looks ---------------------------------------------------------------------------------------


def test_clicks_go_through_both_ways_and_back_to_the_table_s_own_order():
    look, seen = TableLook(), []
    for column in (PRICE, PRICE, PRICE, NAME, NAME, NAME, PRICE, NAME):
        look = look.sorted_by(column)
        seen.append(look.sorting and (look.sorting.column, look.sorting.descending))
    assert seen == [
        ("price", True), ("price", False), None,
        ("name", False), ("name", True), None, ("price", True), ("name", False),
    ]  # fmt: skip


def widths(look=None, wanted=(60, 50, 40, 80), room=400, columns=COLUMNS):
    look = TableLook() if look is None else look
    kept = kept_columns(columns, wanted, room, look)
    found = column_widths(columns, wanted, kept, room, look)
    return {columns[number].key: width for number, width in found.items()}


def test_without_a_hand_all_columns_share_the_rest():
    assert (
        widths() == {"name": 103, "price": 92, "age": 82, "close": 122}
        or sum(widths().values()) == 400
    )


@pytest.mark.parametrize("room", range(80, 400, 20))
def test_no_column_is_narrower_than_its_figures_whatever_the_room(room):
    look = TableLook(widths={"price": 300, "name": 90})
    for given in (TableLook(), look, TableLook(widths={"price": 3, "age": 1})):
        found = widths(given, room=room)
        assert found.get("price", 50) >= 50
        assert found.get("age", 40) >= 40
        assert sum(found.values()) <= max(room, 140)


def test_unimportant_columns_go_first_and_one_that_was_asked_for_last():
    assert "age" not in widths(room=200)
    assert "price" in widths(room=200)
    asked = TableLook().with_column("age", shown=True)
    assert "age" in widths(asked, room=190)
    assert "price" not in widths(asked, room=190)


ORDER = (
    Column("instrument", "Instrument", "ABC", Side.LEFT),
    Column("quantity", "Quantity", "8", keep=8),
    Column("price", "Price", "8", keep=8),
    Column("type", "Type", "ABC", Side.LEFT),
    Column("more", "Until", "", Side.LEFT, keep=0),
    Column("cancel", "", "", width=12, acts=True),
)


@pytest.mark.parametrize(
    ("room", "shown"),
    [
        (400, (80, 70, 60, 90, 78, 22)),
        (322, (80, 70, 60, 90, None, 22)),
        (300, (58, 70, 60, 90, None, 22)),
        (280, (48, 70, 60, 80, None, 22)),
        (247, (65, 70, None, 90, None, 22)),
        (130, (48, None, None, 60, None, 22)),
    ],
)
def test_texts_are_cut_from_the_left_before_a_weighty_figure_goes_and_buttons_stay(room, shown):
    found = widths(wanted=(80, 70, 60, 90, 78, 22), room=room, columns=ORDER)
    assert tuple(found.get(column.key) for column in ORDER) == shown


def test_chosen_widths_stand_and_the_rest_is_left_behind_them():
    look = TableLook().with_widths({"name": 100, "price": 90, "age": 40, "close": 80})
    assert widths(look) == {"name": 100, "price": 90, "age": 40, "close": 80}
    assert widths(look.with_widths({"price": 0}))["price"] == 50


def test_only_texts_can_be_made_narrower_than_they_are():
    assert least_width(NAME, 200) == 48
    assert least_width(PRICE, 200) == 200
    assert widths(TableLook(widths={"name": 10}), wanted=(200, 50, 40, 80))["name"] == 48


def test_look_of_another_desk_is_taken_as_far_as_it_fits():
    look = TableLook(
        Sorting("gone"), ("name", "age", "price", "gone", "close"), ("gone",),
        {"price": 9_999, "gone": 50, "name": -3},
    )  # fmt: skip
    assert look.of(COLUMNS) == TableLook(None, ("price",), (), {"price": 2_000})


def test_hiding_and_showing_a_column_again():
    look = TableLook().with_column("price", shown=False)
    assert "price" not in widths(look)
    assert "price" in widths(look.with_column("price", shown=True))


# ---- copying -------------------------------------------------------------------------------------


def test_copied_rows_are_lines_under_a_head_with_a_plain_minus_and_no_buttons():
    rows = [
        row("a", "−1,234.5"),
        Row(
            "b",
            (Cell("B\tB\n"), Cell("2", unit="/8h", second="−60 / day"), Cell("1 h 36"), Cell("")),
        ),
    ]
    assert table_text(COLUMNS, rows, [0, 1, 2, 3]).split("\n") == [
        "Name\tPrice\tAge",
        "a\t-1,234.5\t38",
        "B B\t2 /8h -60 / day\t1 h 36",
    ]
    assert table_text(COLUMNS, rows[:1], [1]) == "Price\n-1,234.5"
