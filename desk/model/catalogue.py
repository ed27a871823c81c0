"""The instruments the desk knows, by id and by the venue's own symbol."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from desk.model.errors import InputError
from desk.model.instrument import Instrument, InstrumentId


class _File(msgspec.Struct, forbid_unknown_fields=True):
    as_of: str
    instruments: list[Instrument]


class Catalogue:
    """A set of instruments; look-ups by id, and by connection and symbol.

    Which instruments there are is fixed; the terms of one are replaced when its venue lists others.
    """

    def __init__(self, instruments: list[Instrument], as_of: str = "") -> None:
        self.as_of = as_of
        self._by_id = {instrument.id: instrument for instrument in instruments}
        self._by_symbol = {(i.connection, i.symbol): i for i in instruments}

    def get(self, instrument_id: str) -> Instrument | None:
        """Return an instrument, or None when the desk does not know it."""
        return self._by_id.get(InstrumentId(instrument_id))

    def replace(self, instrument: Instrument) -> None:
        """Take new terms of an instrument that is there, under the same symbol."""
        known = self._by_id[instrument.id]
        assert (known.connection, known.symbol) == (instrument.connection, instrument.symbol)
        self._by_id[instrument.id] = instrument
        self._by_symbol[instrument.connection, instrument.symbol] = instrument

    def all(self) -> list[Instrument]:
        """Return every instrument, in the order of the file."""
        return list(self._by_id.values())

    def of_connection(self, connection: str) -> dict[str, Instrument]:
        """Return the instruments of one connection, by the venue's symbol."""
        return {s: i for (c, s), i in self._by_symbol.items() if c == connection}

    def connections(self) -> list[str]:
        """Return every connection that streams an instrument, in the order of the files."""
        return list(dict.fromkeys(i.connection for i in self._by_id.values()))


def merged(catalogues: Iterable[Catalogue]) -> Catalogue:
    """Return one catalogue of several files; its date is that of the oldest."""
    parts = list(catalogues)
    instruments = [instrument for part in parts for instrument in part.all()]
    return Catalogue(instruments, min((part.as_of for part in parts), default=""))


def load_catalogue(toml: bytes, source: str = "instruments.toml") -> Catalogue:
    """Read the shipped instruments; raise InputError naming what is wrong."""
    try:
        file = msgspec.toml.decode(toml, type=_File)
    except msgspec.DecodeError as error:
        raise InputError(
            source=source, expected="a catalogue of instruments", found=str(error)
        ) from None
    return Catalogue(file.instruments, file.as_of)
