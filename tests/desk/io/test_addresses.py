"""Which addresses are taken, from whom, and what is said about the others."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.io.addresses import checked_urls, is_loopback, market_urls
from desk.model.errors import InputError
from desk.venues.binance_product import PRODUCTS
from desk.venues.protocol import SocketUrls

HERE = {"rest": "http://127.0.0.1:8080", "ws": "ws://127.0.0.1:8081"}


@pytest.mark.parametrize(
    ("url", "loopback"),
    [
        ("http://127.0.0.1:80", True),
        ("ws://127.8.9.1", True),
        ("ws://[::1]:99/x", True),
        ("http://localhost", True),
        ("http://127.0.0.1.example.com", False),
        ("http://localhost.example.com", False),
        ("http://127.0.0.1@example.com", False),
        ("http://10.0.0.1", False),
        ("http://[::2]", False),
        ("http://[::1", False),
        ("", False),
        ("127.0.0.1", False),
    ],
)
def test_loopback_is_told_by_the_host_alone(url, loopback):
    assert is_loopback(url) is loopback


@pytest.mark.parametrize("product", PRODUCTS.values(), ids=lambda p: p.connection)
def test_the_live_addresses_are_encrypted(product):
    assert checked_urls(product.urls) == product.urls


@given(st.text(max_size=40))
def test_no_text_is_taken_for_an_address_by_accident(text):
    try:
        urls = checked_urls(SocketUrls(rest=text, ws=text))
    except InputError:
        return
    pytest.fail(f"one text cannot be both: {urls}")


def test_a_ready_line_gives_addresses_by_connection():
    ready = {"binance": {"spot": HERE, "usdm": HERE}, "okx": HERE}
    assert market_urls(ready) == dict.fromkeys(
        ("binance-spot", "binance-usdm", "okx"), SocketUrls(**HERE)
    )


@pytest.mark.parametrize(
    "ready",
    [
        {"binance": "ws://127.0.0.1:1"},
        {"binance": {"spot": "ws://127.0.0.1:1"}},
        {"binance": {"spot": {"rest": "http://127.0.0.1:1"}}},
        {"binance": {"spot": HERE | {"ws": 5}}},
        {"binance": {"spot": HERE | {"ws": "wss://stream.binance.com"}}},
        {"binance": {"spot": HERE | {"ws": "http://127.0.0.1:1"}}},
        {"binance": {"spot": HERE | {"rest": "http://192.168.0.1:1"}}},
        {"binance": {"spot": HERE | {"ws": "ws://127.0.0.1:99999999"}}},
        {"okx": HERE | {"ws": None}},
        {"okx": None},
    ],
    ids=str,
)
def test_a_ready_line_that_is_not_one_is_refused_with_its_place(ready):
    with pytest.raises(InputError) as refused:
        market_urls(ready, "ready.json")
    assert str(refused.value).startswith("ready.json: ")
