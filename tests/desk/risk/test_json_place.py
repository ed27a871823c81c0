"""Reading JSON with its places: each refusal whole, and the line of every field."""

from decimal import Decimal as D

import pytest

from desk.model.errors import InputError
from desk.risk.json_place import FieldError, field_name, line_of, read_json, value_at


def refusal(data):
    with pytest.raises(InputError) as refused:
        read_json(data, "doc.json")
    error = refused.value
    return error.source, error.line, error.field, error.expected, error.found


def test_numbers_are_read_from_their_text():
    _, tree = read_json(b'{"a": 1, "b": 0.1, "c": 12345678901234567890.12345678901234567890}', "x")
    assert tree == {"a": D(1), "b": D("0.1"), "c": D("12345678901234567890.12345678901234567890")}
    assert [type(one) for one in tree.values()] == [D, D, D]


def test_a_byte_order_mark_is_no_part_of_the_text():
    assert read_json(b'\xef\xbb\xbf{"a": []}', "x") == ('{"a": []}', {"a": []})


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (b'{\n"a":\n "\xff"\n}\n\n', ("doc.json", 3, None, "UTF-8 text", "byte 0xff")),
        (b"\xfe", ("doc.json", 1, None, "UTF-8 text", "byte 0xfe")),
        (b"\n\xfe", ("doc.json", 2, None, "UTF-8 text", "byte 0xfe")),
        (b'{"a": 1,\n  x}', ("doc.json", 2, None, "JSON",
         "Expecting property name enclosed in double quotes at column 3")),
        (b"[" * 100_000, ("doc.json", 1, None, "a portfolio document", "endless nesting")),
        (b'{"a":\n NaN}', ("doc.json", 2, "a", "a number", "NaN")),
        (b"-Infinity", ("doc.json", 1, None, "a number", "-Infinity")),
        (b'{"b": 0, "a": 1,\n "c": 2, "a": 3}', ("doc.json", 1, "a", "each field once",
         "it twice in one object")),
        (b'{"x": [1,\n {"y": 1e99999999999999999999}]}', ("doc.json", 2, "x[1].y", "a number",
         "1e99999999999999999999")),
    ],
    ids=["byte", "first byte", "second line", "json", "nested", "nan", "infinity", "twice", "huge"],
)  # fmt: skip
def test_what_is_no_json_is_refused_whole(data, found):
    assert refusal(data) == found


def test_a_field_error_is_its_three_words():
    error = FieldError(("a", 0), "a number", "ten")
    assert (error.args, str(error)) == (
        (("a", 0), "a number", "ten"),
        "(('a', 0), 'a number', 'ten')",
    )


@pytest.mark.parametrize(
    ("path", "name"),
    [((), ""), (("a",), "a"), (("a", 0, "b", 12), "a[0].b[12]"), ((0, "a"), "[0].a")],
)
def test_a_path_is_written_as_people_do(path, name):
    assert field_name(path) == name


TREE = {"a": [D("1.50"), {"b": "é"}], "n": None, "long": "x" * 58, "longer": "x" * 59}


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (("a", 0), "1.50"),
        (("a", 1), '{"b": "é"}'),
        (("a", 2), "nothing"),
        (("a", "b"), "nothing"),
        (("z",), "nothing"),
        (("n",), "null"),
        (("n", "deeper"), "nothing"),
        (("long",), '"' + "x" * 58 + '"'),
        (("longer",), '"' + "x" * 58 + "…"),
        (("a",), '["1.50", {"b": "é"}]'),
    ],
)
def test_what_is_at_a_path_is_written_short(path, text):
    assert value_at(TREE, path) == text


TEXT = """{
  "a": [1, {"x": [],
    "b": 2}, [3,
    4], "}]"],
  "c":
    {},
  "d" : "]}",
  "e": [ ],
  "f": {"g": {"h": {"i":
    true}}}
}"""


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ((), 1),
        (("a",), 2),
        (("a", 0), 2),
        (("a", 1), 2),
        (("a", 1, "b"), 3),
        (("a", 2), 3),
        (("a", 2, 1), 4),
        (("a", 3), 4),
        (("a", 4), 2),
        (("a", "b"), 2),
        (("c",), 6),
        (("c", "missing"), 6),
        (("d",), 7),
        (("e", 0), 8),
        (("f", "g", "h", "i"), 10),
        (("f", "g", "h", "z"), 9),
        (("zzz",), 1),
    ],
)
def test_a_field_stands_on_its_line(path, line):
    assert line_of(TEXT, path) == line


def test_lines_count_from_the_text_s_own_beginning():
    assert line_of("\n\n{}", ()) == 3
    assert line_of('\ufeff{\n"a": 1}', ("a",)) == 2
    assert line_of('\ufeff \n{"a": 1}', ()) == 2


def test_a_document_is_nested_only_so_deep():
    assert read_json(b"[" * 65 + b"]" * 65, "doc.json")[1]
    assert refusal(b"[" * 66 + b"]" * 66) == (
        "doc.json", 1, None, "a portfolio document", "endless nesting"
    )  # fmt: skip


@pytest.mark.parametrize(
    ("data", "field", "found"),
    [
        (b'{"a": "\\ud800"}', "a", r"'\ud800'"),
        (b'{"a": ["x\\udfff"]}', "a[0]", r"'x\udfff'"),
        (b'{"\\ud800": 1}', r"\ud800", r"'\ud800'"),
    ],
)
def test_half_a_character_is_no_text(data, field, found):
    assert refusal(data) == ("doc.json", 1, field, "text", found)
    assert read_json('{"a": "é\ue000\ud7ff"}'.encode(), "doc.json")[1] == {"a": "é\ue000\ud7ff"}


def test_what_would_break_a_line_is_escaped():
    error = FieldError(("a\nb",), "an\ta", "b\rc")
    assert (error.expected, error.found, field_name(error.path)) == (r"an\ta", r"b\rc", r"a\nb")
