"""Where connections lead: encrypted to the world, plain only on this machine."""

from __future__ import annotations

import ipaddress
from typing import Any
from urllib.parse import urlsplit

import msgspec

from desk.model.errors import InputError
from desk.venues.protocol import SocketUrls


def is_loopback(url: str) -> bool:
    """Return whether a URL leads to this machine."""
    try:
        host = urlsplit(url).hostname or ""
        if host == "localhost":
            return True
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def checked_urls(urls: SocketUrls, source: str = "address") -> SocketUrls:
    """Return the addresses; raise InputError unless they are encrypted or on this machine."""
    _check(urls.rest, "https", "http", source)
    _check(urls.ws, "wss", "ws", source)
    return urls


def market_urls(ready: dict[str, Any], source: str = "ready line") -> dict[str, SocketUrls]:
    """Read the ready line of a `desk market`: addresses by connection.

    `{"binance": {"spot": {"rest": …, "ws": …}}, "okx": {"rest": …, "ws": …}}` gives
    `binance-spot` and `okx`. Raises InputError for anything else, and for what is not loopback.
    """
    found: dict[str, SocketUrls] = {}
    for venue, entry in ready.items():
        products = _products(entry, venue, source)
        if "ws" in products:
            found[venue] = _urls(products, venue, source)
            continue
        for product, addresses in products.items():
            name = f"{venue}-{product}"
            found[name] = _urls(addresses, name, source)
    return found


def _products(entry: object, venue: str, source: str) -> dict[str, Any]:
    try:
        return msgspec.convert(entry, dict[str, Any])
    except msgspec.ValidationError as error:
        raise InputError(
            source=source, field=venue, expected="an object of addresses", found=str(error)
        ) from None


def _urls(entry: object, name: str, source: str) -> SocketUrls:
    try:
        urls = msgspec.convert(entry, SocketUrls)
    except msgspec.ValidationError as error:
        raise InputError(
            source=source, field=name, expected='{"rest": …, "ws": …}', found=str(error)
        ) from None
    for url in (urls.rest, urls.ws):
        if not is_loopback(url):
            raise InputError(source=source, field=name, expected="a loopback address", found=url)
    return checked_urls(urls, source)


def _check(url: str, encrypted: str, plain: str, source: str) -> None:
    try:
        parts = urlsplit(url)
        port_is_fine = parts.port is None or parts.port > 0
    except ValueError:
        raise InputError(source=source, expected=f"a {encrypted}: address", found=url) from None
    if parts.hostname and port_is_fine and parts.scheme == encrypted:
        return
    if parts.hostname and port_is_fine and parts.scheme == plain and is_loopback(url):
        return
    raise InputError(
        source=source,
        expected=f"{encrypted}:// (or {plain}:// on this machine)",
        found=url,
    )
