"""What a venue charges at each of its fee levels, read from a published table."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import msgspec

from desk.model.catalogue import Catalogue
from desk.model.errors import InputError
from desk.model.instrument import Instrument
from desk.model.numbers import ONE

Row = tuple[str, Decimal, Decimal]
"""Level, maker rate, taker rate; a negative maker rate is a rebate."""


class Schedule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The rates of one kind of instrument, from the dearest level on."""

    connection: str
    quote: str
    as_of: date
    source: str
    rows: list[Row]


class FeeTable(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All schedules of a venue."""

    venue: str
    base: str
    """The level of somebody who has none."""
    schedules: list[Schedule]

    @property
    def tiers(self) -> list[str]:
        """Every level, from the dearest on."""
        longest = max(self.schedules, key=lambda schedule: len(schedule.rows))
        return [name for name, _, _ in longest.rows]

    def charged(self, instrument: Instrument, tier: str) -> Instrument:
        """Return an instrument with the rates of a level, or as it is where no schedule is for it.

        A level that its schedule does not have is charged like the last one that it has.
        """
        for schedule in self.schedules:
            if (schedule.connection, schedule.quote) == (instrument.connection, instrument.quote):
                reached = self.tiers[: self.tiers.index(tier) + 1]
                rates = [row for row in schedule.rows if row[0] in reached]
                _, maker, taker = rates[-1]
                return msgspec.structs.replace(
                    instrument, maker_fee_rate=maker, taker_fee_rate=taker
                )
        return instrument


def load_fees(toml: bytes, source: str) -> FeeTable:
    """Read a fee table; raise InputError naming what is wrong."""
    try:
        table = msgspec.toml.decode(toml, type=FeeTable)
    except msgspec.DecodeError as error:
        raise InputError(source=source, expected="a table of fees", found=str(error)) from None
    if not table.schedules or any(not schedule.rows for schedule in table.schedules):
        raise InputError(source=source, expected="rows in every schedule", found="none")
    for schedule in table.schedules:
        _check(schedule, table, source)
    return table


def _check(schedule: Schedule, table: FeeTable, source: str) -> None:
    names = [name for name, _, _ in schedule.rows]
    if names != table.tiers[: len(names)] or names[0] != table.base:
        found = ", ".join(names)
        raise InputError(source=source, expected=f"levels from {table.base} on", found=found)
    for name, maker, taker in schedule.rows:
        if not (maker.is_finite() and taker.is_finite() and abs(maker) <= taker < ONE):
            found = f"{maker} and {taker} for {name}"
            raise InputError(source=source, expected="a taker's rate, maker's lower", found=found)


def catalogue_at(catalogue: Catalogue, table: FeeTable, tier: str) -> Catalogue:
    """Return a catalogue as an account of a level is charged; raise InputError for none such."""
    if tier not in table.tiers:
        expected = f"a fee tier of {table.venue} ({', '.join(table.tiers)})"
        raise InputError(source="fee_tier", expected=expected, found=tier)
    charged = [table.charged(instrument, tier) for instrument in catalogue.all()]
    return Catalogue(charged, catalogue.as_of)
