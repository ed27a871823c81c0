"""How a portfolio document margins an instrument: a model and the numbers that belong to it.

A number that another model would need is refused where it stands: what is not used must not look
as if it were.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from desk.margin.inputs import ContractTier, MarginTerms, Tier
from desk.margin.models import MODELS
from desk.margin.rounding import finely
from desk.margin.tier_checks import check_contract_tiers, check_tiers
from desk.model.errors import InputError
from desk.model.instrument import Instrument
from desk.model.numbers import ONE, ZERO
from desk.risk.json_place import FieldError, Path
from desk.risk.portfolio import InstrumentRow, MarginRow, TierRow

FEE_INSIDE = frozenset({"okx", "bybit-2026"})
"""Models whose maintenance has the fee of closing inside."""

_TAKES: Mapping[str, frozenset[str]] = {
    "hyperliquid": frozenset({"tiers", "max_leverage"}),
    "deribit": frozenset({"base_rate", "slope", "max_leverage"}),
}
"""Fields of a model, where they are not tiers alone."""


@finely
def terms_of(
    instrument: Instrument, row: InstrumentRow | None, shipped: MarginTerms | None
) -> MarginTerms | None:
    """Return how an instrument is margined; None when nobody says. Raises FieldError."""
    if row is None or row.margin is None:
        return shipped
    margin = row.margin
    path: Path = ("instruments", instrument.id, "margin")
    if margin.model not in MODELS:
        raise FieldError((*path, "model"), f"one of {', '.join(MODELS)}", margin.model)
    _check_fields(margin, path)
    _check_fee(instrument, row, margin)
    return _READERS.get(margin.model, _by_notional)(margin, path)


def _check_fields(margin: MarginRow, path: Path) -> None:
    takes = _TAKES.get(margin.model, frozenset({"tiers"}))
    for name in ("tiers", "max_leverage", "base_rate", "slope"):
        given = getattr(margin, name)
        if name not in takes and given not in (None, []):
            found = "tiers" if name == "tiers" else str(given)
            raise FieldError((*path, name), f"nothing: model {margin.model} has none", found)


def _check_fee(instrument: Instrument, row: InstrumentRow, margin: MarginRow) -> None:
    fee_rate = instrument.taker_fee_rate
    if margin.model not in FEE_INSIDE or ZERO <= fee_rate < ONE:
        return
    inside = ("margin",) if margin.taker_fee_rate is not None else ()
    raise FieldError(
        ("instruments", instrument.id, *inside, "taker_fee_rate"),
        f"a rate from 0 to below 1: model {margin.model} has the closing fee inside",
        str(fee_rate),
    )


def _by_notional(margin: MarginRow, path: Path) -> MarginTerms:
    tiers = tuple(_tier(tier, (*path, "tiers", index)) for index, tier in enumerate(margin.tiers))
    _checked(lambda: check_tiers(tiers, "", ""), path)
    return MarginTerms(model=margin.model, tiers=tiers, taker_fee_rate=margin.taker_fee_rate)


def _by_contracts(margin: MarginRow, path: Path) -> MarginTerms:
    tiers = tuple(
        _contract_tier(tier, (*path, "tiers", index)) for index, tier in enumerate(margin.tiers)
    )
    _checked(lambda: check_contract_tiers(tiers, "", ""), path)
    return MarginTerms(
        model=margin.model, contract_tiers=tiers, taker_fee_rate=margin.taker_fee_rate
    )


def _by_leverage(margin: MarginRow, path: Path) -> MarginTerms:
    """Hyperliquid: maintenance is half of the initial margin at the highest leverage."""
    highest = margin.max_leverage
    if highest is None:
        return _by_notional(margin, path)
    if margin.tiers:
        raise FieldError((*path, "max_leverage"), "either max_leverage or tiers", "both")
    tier = Tier(
        notional_floor=ZERO,
        notional_cap=None,
        maintenance_rate=1 / (2 * highest),
        maintenance_amount=ZERO,
        max_leverage=highest,
    )
    _checked(lambda: check_tiers((tier,), "", ""), path, "max_leverage")
    return MarginTerms(model=margin.model, tiers=(tier,), taker_fee_rate=margin.taker_fee_rate)


def _by_coin(margin: MarginRow, path: Path) -> MarginTerms:
    """Deribit: rates that grow with the coins of the position."""
    rates = {"base_rate": margin.base_rate, "slope": margin.slope}
    silent = margin.max_leverage is None and set(rates.values()) == {None}
    for name, given in rates.items():
        if given is None and not silent:
            raise FieldError((*path, name), "a number beside the other rates", "nothing")
    return MarginTerms(
        model=margin.model,
        base_rate=margin.base_rate,
        slope=margin.slope,
        max_leverage=margin.max_leverage,
        taker_fee_rate=margin.taker_fee_rate,
    )


def _checked(check: Callable[[], None], path: Path, name: str = "tiers") -> None:
    try:
        check()
    except InputError as error:
        raise FieldError((*path, name), error.expected, error.found) from None


def _tier(row: TierRow, path: Path) -> Tier:
    for name in ("quantity_floor", "quantity_cap"):
        if (given := getattr(row, name)) is not None:
            raise FieldError((*path, name), "nothing: this model tiers by notional", str(given))
    if row.notional_floor is None:
        raise FieldError(
            (*path, "notional_floor"), "a number: this model tiers by notional", "nothing"
        )
    return Tier(
        notional_floor=row.notional_floor,
        notional_cap=row.notional_cap,
        maintenance_rate=row.maintenance_rate,
        maintenance_amount=row.maintenance_amount,
        max_leverage=row.max_leverage,
    )


def _contract_tier(row: TierRow, path: Path) -> ContractTier:
    for name in ("notional_floor", "notional_cap"):
        if (given := getattr(row, name)) is not None:
            raise FieldError((*path, name), "nothing: this model tiers by contracts", str(given))
    if row.maintenance_amount:
        raise FieldError(
            (*path, "maintenance_amount"),
            "0: this model has no deduction",
            str(row.maintenance_amount),
        )
    if row.quantity_floor is None:
        raise FieldError(
            (*path, "quantity_floor"), "a number: this model tiers by contracts", "nothing"
        )
    return ContractTier(
        quantity_floor=row.quantity_floor,
        quantity_cap=row.quantity_cap,
        maintenance_rate=row.maintenance_rate,
        max_leverage=row.max_leverage,
    )


_READERS: Mapping[str, Callable[[MarginRow, Path], MarginTerms]] = {
    "okx": _by_contracts,
    "hyperliquid": _by_leverage,
    "deribit": _by_coin,
}
"""Models that are not read by notional alone."""
