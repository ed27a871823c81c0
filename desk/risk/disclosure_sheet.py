"""The disclosure sheet of an instrument: what a client is told before the first trade.

It is made of the instrument's terms, its margin table and the rule profile, so that it can say
nothing that the desk does not do. The SFC asks for clear disclosure of a perpetual contract's
design (paper of 11 February 2026) and of affiliated market makers (circular 26EC6).
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import msgspec

from desk.margin.inputs import MarginTerms
from desk.model.instrument import Contract, Instrument, Kind
from desk.model.numbers import plain
from desk.risk.client import DISCLOSURE_VERSION, disclosure
from desk.risk.profile import Profile


class Section(msgspec.Struct, frozen=True):
    """One thing the client is told."""

    title: str
    text: str


class Sheet(msgspec.Struct, frozen=True, kw_only=True):
    """One version of one instrument's sheet."""

    name: str
    """What is acknowledged: `INSTRUMENT@VERSION`."""
    version: int
    instrument: str
    sections: tuple[Section, ...]
    profile: str
    profile_hash: str


def disclosure_sheet(
    instrument: Instrument, terms: MarginTerms | None, profile: Profile, *, paper: bool
) -> Sheet:
    """Return the current sheet of an instrument; `paper`: the desk fills its orders itself."""
    perpetual = instrument.kind is Kind.PERPETUAL
    told = _perpetual(instrument, terms, profile) if perpetual else _spot(instrument)
    return Sheet(
        name=disclosure(instrument.id),
        version=DISCLOSURE_VERSION,
        instrument=instrument.id,
        sections=(*told, _market_maker(paper=paper)),
        profile=profile.name,
        profile_hash=profile.hash,
    )


def _spot(instrument: Instrument) -> Iterator[Section]:
    yield Section(
        "What it is",
        f"{instrument.base} against {instrument.quote} at {instrument.venue}, bought and sold in "
        "full, without credit.",
    )
    yield Section("Maximum loss", f"All that was paid: {instrument.base} may become worthless.")


def _perpetual(
    instrument: Instrument, terms: MarginTerms | None, profile: Profile
) -> Iterator[Section]:
    yield Section("What it is", _design(instrument))
    yield Section("Maximum loss", _maximum_loss(instrument, profile))
    yield Section("Leverage", _leverage(terms, profile))
    yield Section("Liquidation", _liquidation(terms, profile))
    yield Section("Funding", _funding(instrument, profile))
    yield Section("Mark price", _mark(instrument, profile))
    yield Section("Loss allocation", _loss(profile))


def _design(instrument: Instrument) -> str:
    unit = instrument.base if instrument.contract is Contract.LINEAR else instrument.quote
    return (
        f"A perpetual contract on {instrument.base} in {instrument.quote} at {instrument.venue}: "
        f"it has no expiry and is settled in {instrument.settle}. One contract is "
        f"{plain(instrument.contract_size)} {unit}."
    )


def _maximum_loss(instrument: Instrument, profile: Profile) -> str:
    reserve = _percent(profile.number("perp.loss_limited_to_margin", "slippage_reserve"))
    return (
        "The margin that was posted, all of it: an isolated position may lose its own margin, a "
        f"cross position the whole {instrument.settle} collateral of its account, and no more. "
        f"{reserve} of the position is set aside for slippage when it is opened."
    )


def _leverage(terms: MarginTerms | None, profile: Profile) -> str:
    cap = plain(profile.number("perp.max_leverage"))
    origin = _origin(profile, "perp.max_leverage")
    said = f"At most {cap}× on this desk ({origin}): a loss is up to {cap} times that of the price."
    tiers = () if terms is None else terms.tiers
    if not tiers:
        return f"{said} The venue's own limit is not known to the desk."
    return f"{said} The venue itself would allow {plain(tiers[0].max_leverage)}×."


def _liquidation(terms: MarginTerms | None, profile: Profile) -> str:
    buffer = plain(profile.number("perp.maintenance_margin", "buffer"))
    house = _percent(profile.number("perp.maintenance_margin"))
    said = (
        "Positions are closed at market, step by step and without asking, once maintenance margin "
        "reaches collateral value on a fresh and confirmed mark. No new risk is taken while "
        f"equity is below {buffer} times maintenance margin, of which the desk asks for {house} of "
        "the position where the venue asks for less"
    )
    rates = [tier.maintenance_rate for tier in terms.tiers] if terms is not None else []
    if not rates:
        return f"{said}. The venue's own maintenance rates are not known to the desk."
    return f"{said}; the venue asks for {_percent(min(rates))} to {_percent(max(rates))} by size."


def _funding(instrument: Instrument, profile: Profile) -> str:
    longest = plain(profile.number("perp.convergence"))
    every = instrument.funding_interval_h
    how_often = "as often as the venue says" if every is None else f"every {every} h"
    return (
        f"Longs and shorts pay each other {how_often}, so that the price stays near that of "
        f"{instrument.base}: at a positive rate longs pay. The rate changes and may be high. A "
        f"contract that is settled less often than every {longest} h is not traded here."
    )


def _mark(instrument: Instrument, profile: Profile) -> str:
    sources = plain(profile.number("price.mark_sources"))
    apart = _percent(profile.number("price.mark_sources", "divergence"))
    return (
        f"Margin stands on the mark that {instrument.venue} publishes, at most "
        f"{plain(Decimal(instrument.mark_limit_ms) / 1000)} s old. Beside it the desk holds the "
        f"median index of {sources} venues or more; farther apart than {apart}, no new risk is "
        "taken."
    )


def _loss(profile: Profile) -> str:
    origin = _origin(profile, "perp.loss_limited_to_margin")
    return (
        "What a position or an account loses beyond its margin is booked to the loss-allocation "
        f"account of this desk and not to the client ({origin})."
    )


def _market_maker(*, paper: bool) -> Section:
    said = (
        "The other side of every fill is this desk's own paper market, which is an affiliate: it "
        "sees the order, and no money of a third party stands behind it."
        if paper
        else "Market makers of the venue's own group may be the other side of a fill."
    )
    return Section("Affiliated market makers", said)


def _origin(profile: Profile, rule: str) -> str:
    found = profile.get(rule)
    return "HOUSE" if found is None else found.origin


def _percent(rate: Decimal) -> str:
    return f"{plain(rate * 100)}%"
