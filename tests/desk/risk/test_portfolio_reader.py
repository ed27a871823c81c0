"""Reading portfolio documents: numbers by their text, refusals with their place."""

import json
from decimal import Decimal as D

import pytest
from helpers.portfolios import DOCUMENT, GONE, LOAN, document
from hypothesis import given
from hypothesis import strategies as st

from desk.model.errors import InputError
from desk.risk.json_place import FieldError, line_of
from desk.risk.portfolio_reader import parse_portfolio

BALANCE = "accounts/0/balances/0/quantity"
HELD = "accounts[0].balances[0].quantity"


def parse(*changes, line=None):
    text = json.dumps(document(*changes), indent=1)
    return parse_portfolio(text.encode(), "doc.json", line)[0]


def quantity_of(written):
    """Parse with a balance written as given, number or string."""
    text = json.dumps(DOCUMENT).replace('"100000"', written)
    return parse_portfolio(text.encode(), "doc.json")[0].accounts[0].balances[0].quantity


@pytest.mark.parametrize(
    "written",
    [
        "0.1",
        "1e-7",
        "0.30000000000000004",
        "123456789012345678901234",
        "12345678901234567.12345678",
        "-0.000000000000000000000001",
        "1E5",
        "100000000000000000000.1",
    ],
)
def test_numbers_are_read_from_their_text(written):
    """Written as a JSON number or as a string, it is the same exact decimal."""
    assert quantity_of(written) == D(written)
    assert quantity_of(f'"{written}"') == D(written)


@given(
    st.decimals(
        allow_nan=False, allow_infinity=False, min_value=-(10**20), max_value=10**20, places=12
    )
)
def test_no_number_passes_through_binary_floating_point(value):
    assert quantity_of(f"{value:f}") == value


DIGITS = "at most 24 digits on either side of the point"
KINDS = "perpetual, financing or spot (in `instruments`: perpetual or spot)"
POSITION = "accounts[0].positions[0]"
ORDER = "accounts[0].orders[0]"


@pytest.mark.parametrize(
    ("path", "value", "field", "expected", "found"),
    [
        ("schema", "desk.portfolio/2", "schema", '"desk.portfolio/1"', '"desk.portfolio/2"'),
        ("schema", GONE, "schema", "a value", "nothing"),
        ("currency", 5, "currency", "text", "5"),
        ("as_of", "yesterday", "as_of", "an ISO 8601 time", "yesterday"),
        ("as_of", "2026-11-22T00:00:00", "as_of", "a time with its zone", "2026-11-22T00:00:00"),
        ("accounts", {}, "accounts", "a list", "{}"),
        ("accounts/0/id", GONE, "accounts[0].id", "a value", "nothing"),
        ("accounts/0/kind", "margin", "accounts[0].kind", KINDS, '"margin"'),
        ("accounts/0/kind", GONE, "accounts[0].kind", "a value", "nothing"),
        ("accounts/0/colour", "red", "accounts[0].colour", "a field of desk.portfolio/1",
         "an unknown field"),
        (BALANCE, "NaN", HELD, "a number", "NaN"),
        (BALANCE, "Infinity", HELD, "a number", "Infinity"),
        (BALANCE, "ten", HELD, "a number", '"ten"'),
        (BALANCE, "1_0", HELD, "a number", "1_0"),
        (BALANCE, " 10", HELD, "a number", " 10"),
        (BALANCE, True, HELD, "a number", "true"),
        (BALANCE, None, HELD, "a number", "null"),
        (BALANCE, "1e24", HELD, DIGITS, "1E+24"),
        (BALANCE, "1e999999999", HELD, DIGITS, "1E+999999999"),
        (BALANCE, "0.0000000000000000000000001", HELD, DIGITS, "1E-25"),
        (BALANCE, "1.0000000000000000000000001", HELD, DIGITS, "1.0000000000000000000000001"),
        ("prices/BTC", "0", "prices.BTC", "a number above 0", "0"),
        ("prices/BTC", [], "prices.BTC", "a number", "[]"),
        ("prices/USD", "1.01", "prices.USD", "1: prices are in USD", "1.01"),
        ("marks/BTCUSDT-PERP.BINANCE", "-1", "marks.BTCUSDT-PERP.BINANCE", "a number above 0",
         "-1"),
        ("ages_ms", {"X": "old"}, "ages_ms.X", "a number", '"old"'),
        ("ages_ms", {"X": "1", "Y": "old"}, "ages_ms.Y", "a number", '"old"'),
        ("accounts/0/haircuts/BTC", "1.5", "accounts[0].haircuts.BTC", "a fraction from 0 to 1",
         "1.5"),
        ("accounts/0/haircuts/BTC", "-0.1", "accounts[0].haircuts.BTC", "a fraction from 0 to 1",
         "-0.1"),
        ("accounts/0/haircuts/BTC", [{"up_to": "1"}], "accounts[0].haircuts.BTC[0].rate",
         "a value", "nothing"),
        ("accounts/1", {**LOAN, "collateral": 5}, "accounts[1].collateral", "a list", "5"),
        ("accounts/1", {**LOAN, "haircuts": {"BTC": "x"}}, "accounts[1].haircuts",
         "a field of desk.portfolio/1", "an unknown field"),
        ("accounts/0/positions/0/entry_price", "0", f"{POSITION}.entry_price", "a number above 0",
         "0"),
        ("accounts/0/positions/0/leverage", "-5", f"{POSITION}.leverage", "a number above 0",
         "-5"),
        ("accounts/0/positions/0/margin_mode", "both", f"{POSITION}.margin_mode",
         "cross or isolated", '"both"'),
        ("accounts/0/orders/0/side", "buy", f"{ORDER}.side", "BUY or SELL", '"buy"'),
        ("accounts/0/orders/0/quantity", "0", f"{ORDER}.quantity", "a number above 0", "0"),
        ("accounts/0/orders/0/reduce_only", "no", f"{ORDER}.reduce_only", "true or false",
         '"no"'),
        ("client/derivatives_knowledge/expires", "2027-13-01",
         "client.derivatives_knowledge.expires", "a date as YYYY-MM-DD", '"2027-13-01"'),
        ("limits", {"ord.max_value": {"value": "x", "unit": "USD"}}, "limits.ord.max_value.value",
         "a number", '"x"'),
        ("ticket", {"account": "perp-1"}, "ticket.instrument", "a value", "nothing"),
        ("client", 5, "client", "an object or null", "5"),
    ],
)  # fmt: skip
def test_a_bad_field_is_named_with_what_was_expected_and_found(path, value, field, expected, found):
    with pytest.raises(InputError) as refused:
        parse((path, value))
    error = refused.value
    assert (error.field, error.expected, error.found) == (field, expected, found)
    assert error.source == "doc.json"
    assert error.line is not None


@pytest.mark.parametrize("written", ["0", "1", "0.5"])
def test_a_share_may_be_nothing_and_everything(written):
    found = parse(("accounts/0/haircuts/BTC", written))
    assert found.accounts[0].haircuts["BTC"] == D(written)


def test_a_bad_field_of_a_stream_has_the_line_of_its_document_and_bad_json_too():
    for data in (b"{", b'{"as_of": NaN}', b"\xff"):
        with pytest.raises(InputError) as refused:
            parse_portfolio(data, "many.jsonl", 17)
        assert (refused.value.source, refused.value.line) == ("many.jsonl", 17)


def test_a_refusal_that_is_found_later_still_has_its_line_and_its_document():
    text = json.dumps(DOCUMENT, indent=1)
    _, source = parse_portfolio(text.encode(), "doc.json")
    assert (source.name, source.text, source.tree, source.line) == (
        "doc.json", text, json.loads(text, parse_int=D), None
    )  # fmt: skip
    error = source.refusal(FieldError(("prices", "BTC"), "a price", "none"))
    assert str(error) == f"doc.json:{error.line}: prices.BTC: expected a price, found none"
    assert '"BTC": "61000"' in text.splitlines()[error.line - 1]
    whole = source.refusal(FieldError((), "a document", "none"))
    assert (whole.field, whole.line) == (None, 1)
    _, streamed = parse_portfolio(text.encode(), "many.jsonl", 9)
    assert streamed.refusal(FieldError(("prices",), "a price", "none")).line == 9


def test_the_line_is_that_of_the_field():
    changed = document(("accounts/0/positions/0/quantity", "two"))
    text = json.dumps(changed, indent=1)
    with pytest.raises(InputError) as refused:
        parse_portfolio(text.encode(), "doc.json")
    line = text.splitlines()[refused.value.line - 1]
    assert '"quantity": "two"' in line
    assert str(refused.value) == (
        f"doc.json:{refused.value.line}: accounts[0].positions[0].quantity: expected a number, "
        'found "two"'
    )


def test_in_a_stream_the_line_is_that_of_the_document():
    with pytest.raises(InputError) as refused:
        parse((BALANCE, "ten"), line=17)
    assert refused.value.line == 17


@pytest.mark.parametrize(
    ("data", "line", "expected"),
    [
        (b"", 1, "JSON"),
        (b"not json", 1, "JSON"),
        (b'{"schema":\n\n  }', 3, "JSON"),
        (b"[]", 1, "an object"),
        (b'"desk"', 1, "an object"),
        (b"\n\xff\xfe", 2, "UTF-8 text"),
        (b"[" * 100_000, 1, "a portfolio document"),
        (b'{\n"as_of": NaN}', 2, "a number"),
        (b'{\n"as_of": 1e99999999999999999999}', 2, "a number"),
        (b'{\n"as_of": "x", "as_of": "y"}', 2, "each field once"),
        (b'{\n"as_of": "\\ud800"}', 2, "text"),
        (b'{"as_of": 1,\n"\\udfff": 1}', 2, "text"),
    ],
    ids=[
        "empty",
        "words",
        "cut",
        "list",
        "string",
        "bytes",
        "nested",
        "nan",
        "endless exponent",
        "twice",
        "half a character",
        "half a character as a name",
    ],
)
def test_what_is_no_document_is_refused(data, line, expected):
    with pytest.raises(InputError) as refused:
        parse_portfolio(data, "doc.json")
    assert refused.value.line == line
    assert refused.value.expected == expected


@pytest.mark.parametrize("field", ["as_of", "marks"])
@pytest.mark.parametrize("levels", [50, 70, 500, *range(970, 1000)])
def test_a_deep_document_is_refused_at_any_depth(levels, field):
    document = f'{{"{field}": ' + "[" * levels + "1" + "]" * levels + "}"
    with pytest.raises(InputError) as refused:
        parse_portfolio(document.encode(), "doc.json")
    assert refused.value.line == 1


def test_a_refusal_is_one_line_whatever_names_hold():
    with pytest.raises(InputError) as refused:
        parse(("accounts/0/no\nsuch", "x"))
    assert str(refused.value).splitlines() == [str(refused.value)]
    assert refused.value.field == "accounts[0].no\\nsuch"


@pytest.mark.parametrize("written", ["1_0", "1_0e2", " 10", "10\n", "1" * 20_000 + "_x"])
def test_a_number_is_written_as_people_write_it(written):
    with pytest.raises(InputError, match=r"prices\.BTC: expected a number"):
        parse(("prices/BTC", written))


def test_a_field_twice_among_many_is_found_at_once():
    names = ", ".join(f'"a{number}": 1' for number in range(20_000))
    with pytest.raises(InputError, match=r"prices\.a19999: expected each field once"):
        parse_portfolio(f'{{"prices": {{{names}, "a19999": 2}}}}'.encode(), "doc.json")


def test_two_accounts_of_one_id_are_refused():
    with pytest.raises(InputError) as refused:
        parse(("accounts/1", {**LOAN, "id": "perp-1"}))
    error = refused.value
    assert (error.field, error.expected, error.found) == (
        "accounts[1].id", "an id of its own", "perp-1"
    )  # fmt: skip


def test_defaults():
    found = parse(("accounts/1", LOAN))
    assert found.profile == "hk_sfc_2026"
    assert found.ages_ms is None
    assert found.accounts[0].margin_mode.value == "cross"
    assert found.accounts[1].loans[0].accrued_interest == 1200


@given(st.binary(max_size=200))
def test_any_bytes_are_a_document_or_a_refusal(data):
    with pytest.raises(InputError):
        parse_portfolio(data, "doc.json")


def test_line_of_walks_nested_lists_and_missing_fields():
    text = '{\n "a": [1,\n  {"b":\n   2}],\n "c": {}\n}'
    assert line_of(text, ("a", 1, "b")) == 4
    assert line_of(text, ("a", 1, "z")) == 3
    assert line_of(text, ("c",)) == 5
    assert line_of(text, ()) == 1
