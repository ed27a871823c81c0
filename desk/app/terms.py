"""The terms of instruments: what ships, what was last listed, what is listed now.

Increments, smallest quantities, fees and the funding interval follow the venue's listing at any
time. What an instrument is (its coins, its contract and the size of one) is fixed once the desk
has traded in it, for the journal is read by it: a listing that says otherwise is not believed,
and the instrument gets no prices until a person has looked.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec

from desk.io.listings import KeptListing, keep_listing, load_listing
from desk.model.catalogue import Catalogue
from desk.model.instrument import Instrument
from desk.venues.listing_figures import Listing, completed

FOLDER = "listings"

_FIXED = ("id", "venue", "connection", "symbol", "kind", "base", "quote", "settle")
_FIXED_ONCE_TRADED = ("contract", "contract_size")


class Adopted(msgspec.Struct, frozen=True):
    """What became of a listing of one connection."""

    instruments: list[Instrument]
    """Those that may be streamed, in their present terms."""
    changed: list[Instrument]
    """Of these, the ones whose terms were others before."""
    refused: dict[str, str]
    """Why the others may not, by id."""

    @property
    def note(self) -> str:
        """What a trader should know of it; nothing when all is well."""
        return "; ".join(f"{name}: {why}" for name, why in self.refused.items())

    def over(self, known: Mapping[str, Instrument]) -> dict[str, Instrument]:
        """Return these terms by symbol, of the others those that were known."""
        return {**known, **{instrument.symbol: instrument for instrument in self.instruments}}


def adopt(
    known: Mapping[str, Instrument], listing: Listing, traded: Callable[[str], bool]
) -> Adopted:
    """Compare a listing with the known instruments of its connection, by symbol."""
    rows = completed(listing, {instrument.id: instrument for instrument in known.values()})
    listed = {instrument.symbol: instrument for instrument in rows}
    instruments: list[Instrument] = []
    changed: list[Instrument] = []
    refused: dict[str, str] = {}
    for symbol, before in known.items():
        after = listed.get(symbol)
        if after is None:
            refused[before.id] = f"not listed ({listing.refused.get(symbol, 'no such row')})"
            continue
        why = _contradiction(before, after, fixed=traded(before.id))
        if why:
            refused[before.id] = why
            continue
        instruments.append(after)
        if after != before:
            changed.append(after)
    return Adopted(instruments, changed, refused)


def _contradiction(before: Instrument, after: Instrument, *, fixed: bool) -> str:
    names = (*_FIXED, *_FIXED_ONCE_TRADED) if fixed else _FIXED
    for name in names:
        was, is_now = getattr(before, name), getattr(after, name)
        if was != is_now:
            return f"the listing says {name} {is_now}, the desk has {was}"
    return ""


class TermsStore:
    """Where the listings of one kind of source are kept: live ones apart from simulated."""

    def __init__(self, folder: Path, *, live: bool) -> None:
        self._folder = folder / FOLDER / ("live" if live else "simulated")

    def overlaid(self, shipped: Catalogue) -> tuple[Catalogue, dict[str, int]]:
        """Return the catalogue in the terms that were last listed, and by connection when."""
        instruments: list[Instrument] = []
        dates_ms: dict[str, int] = {}
        for connection in shipped.connections():
            known = shipped.of_connection(connection)
            kept = load_listing(self._path(connection))
            if kept is not None:
                dates_ms[connection] = kept.as_of_ms
                listing = Listing(kept.instruments, {}, kept.tells_fees)
                known = adopt(known, listing, lambda _: False).over(known)
            instruments += known.values()
        return Catalogue(instruments, shipped.as_of), dates_ms

    def keep(self, connection: str, listing: KeptListing) -> None:
        """Keep the terms of a connection; raise OSError when they cannot be written."""
        keep_listing(self._path(connection), listing)

    def _path(self, connection: str) -> Path:
        return self._folder / f"{connection}.json"
