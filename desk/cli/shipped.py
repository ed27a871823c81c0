"""The files that ship, as the headless commands need them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from functools import cache, lru_cache

import msgspec

from desk.io.resources import resource
from desk.margin.inputs import MarginTerms
from desk.margin.rule_sets import RuleBook
from desk.margin.table import load_rules
from desk.model.catalogue import Catalogue, load_catalogue, merged
from desk.model.errors import InputError
from desk.model.instrument import Instrument, Kind
from desk.risk.profile import Profile
from desk.risk.profile_file import load_profile
from desk.risk.situation import Shipped

_NAME = re.compile(r"[a-z0-9_]{1,64}")

_INSTRUMENTS = (
    "instruments.toml",
    "instruments/okx.toml",
    "instruments/bybit.toml",
    "instruments/deribit.toml",
    "instruments/hyperliquid.toml",
    "instruments/coinbase.toml",
    "instruments/kraken.toml",
)
"""Catalogues by venue; Binance's is the first."""

_HASHES = "profile_hashes.toml"

_TIERS = (
    "tiers/binance_usdm.toml",
    "tiers/bybit_linear.toml",
    "tiers/deribit.toml",
    "tiers/hyperliquid.toml",
    "tiers/okx.toml",
)
"""The margin tables that ship."""


def shipped() -> Shipped:
    """Load catalogue and margin tables; profiles when they are asked for."""
    catalogue = merged(load_catalogue(resource(path), path) for path in _INSTRUMENTS)
    profiles: dict[str, Profile | None] = {}

    def profile(name: str) -> Profile | None:
        if name not in profiles:
            profiles[name] = shipped_profile(name)
        return profiles[name]

    return Shipped(catalogue=catalogue, terms=_terms(catalogue), profile=profile)


def shipped_profile(name: str) -> Profile | None:
    """Return a profile that ships; None when none of that name does."""
    toml = profile_text(name)
    if toml is None:
        return None
    found = load_profile(toml, f"profiles/{name}.toml", profile_text)
    if found.hash != (wanted := profile_hashes().get(name)):
        raise InputError(
            source=f"resources/profiles/{name}.toml",
            expected=f"the rules whose hash is {wanted} in {_HASHES}",
            found=found.hash,
        )
    return found


@cache
def profile_hashes() -> dict[str, str]:
    """Return the hashes of the profiles as they were checked by whoever changed them last.

    A bit that has turned in a file may leave a number that is a number still.
    """
    return msgspec.toml.decode(resource(_HASHES), type=dict[str, str])


def profile_text(name: str) -> bytes | None:
    """Return the text of a profile that ships; None when none of that name does."""
    if _NAME.fullmatch(name) is None:
        return None
    try:
        return resource(f"profiles/{name}.toml")
    except FileNotFoundError:
        return None


def _terms(catalogue: Catalogue) -> Callable[[date], Mapping[str, MarginTerms]]:
    """Return how to find the terms of every perpetual, by the rules in force on a day."""
    book = RuleBook(one for path in _TIERS for one in load_rules(resource(path), path))
    perpetuals = [one for one in catalogue.all() if one.kind is Kind.PERPETUAL]

    @lru_cache(maxsize=32)
    def on(day: date) -> Mapping[str, MarginTerms]:
        return {
            one.id: _of_contracts(terms, one)
            for one in perpetuals
            if (terms := book.terms(one.venue, one.symbol, day)) is not None
        }

    return on


def _of_contracts(terms: MarginTerms, instrument: Instrument) -> MarginTerms:
    """Say how large the contracts are that a table counts: a venue may list others one day."""
    if not terms.contract_tiers:
        return terms
    return msgspec.structs.replace(terms, contract_size=instrument.contract_size)
