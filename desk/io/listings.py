"""Listings of instruments: asked of the venues, kept with their date for a start without one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeAlias

import msgspec

from desk.io.disk import make_private_folder, write_atomically
from desk.model.instrument import Instrument
from desk.venues.listing_figures import Listing, ListingSource
from desk.venues.protocol import RestRequest
from desk.venues.unreadable import UNREADABLE, reason_of

Ask: TypeAlias = Callable[[RestRequest], Awaitable[bytes | None]]
"""Makes a request; None: there is no answer."""


class KeptListing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The instruments of one connection as they were last listed."""

    as_of_ms: int
    """Wall clock."""
    instruments: list[Instrument]
    tells_fees: bool = False
    """The rates are the venue's answer; otherwise what ships knows better by now."""


class ListingMissing(Exception):
    """A venue's listing is not to be had, or is none; says why."""


async def ask_listing(source: ListingSource, ask: Ask) -> Listing:
    """Ask for every part of a listing and put them together; raise ListingMissing without one."""
    instruments: dict[str, Instrument] = {}
    refused: dict[str, str] = {}
    tells_fees = True
    for request in source.requests:
        body = await ask(request)
        if body is None:
            raise ListingMissing(f"no answer to {request.path}")
        try:
            part = source.read(request, body)
        except UNREADABLE as error:
            raise ListingMissing(f"{request.path}: {reason_of(error)}") from None
        for one in part.instruments:
            if instruments.setdefault(one.symbol, one) != one:
                raise ListingMissing(f"{request.path}: a symbol twice, in different terms")
        refused |= part.refused
        tells_fees = tells_fees and part.tells_fees
    return Listing(list(instruments.values()), refused, tells_fees)


def load_listing(path: Path) -> KeptListing | None:
    """Return what was kept; None where nothing is, or nothing that can be read."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=KeptListing)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return None


def keep_listing(path: Path, listing: KeptListing) -> None:
    """Keep a listing in place of the last one; raise OSError when it cannot be written."""
    make_private_folder(path.parent)
    write_atomically(path, msgspec.json.encode(listing))
