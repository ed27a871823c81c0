"""From shipped files to a desk: catalogue, margin tiers, rule profile, engine."""

from __future__ import annotations

from decimal import Decimal

from desk.engine.desk import Desk, Rules, Settings
from desk.engine.engine import Engine
from desk.execution.paper import PaperVenue
from desk.io.resources import resource
from desk.margin.inputs import MarginTerms
from desk.margin.table import load_tiers
from desk.model.catalogue import Catalogue, load_catalogue
from desk.risk.context import Limits
from desk.risk.profile import Profile, load_profile

HKD_PER_USD_STRICT = Decimal("7.85")
"""The weak edge of the peg band 7.75-7.85: a limit in HKD is smallest in USD there."""

DEFAULT_PROFILE = "hk_sfc_2026"


def shipped_catalogue() -> Catalogue:
    """Return the instruments that ship with the desk."""
    return load_catalogue(resource("instruments.toml"))


def shipped_terms(catalogue: Catalogue) -> dict[str, MarginTerms]:
    """Return the margin terms of every perpetual whose tiers ship; the others stay unknown."""
    table = load_tiers(resource("tiers/binance_usdm.toml"), "tiers/binance_usdm.toml")
    return {
        instrument.id: terms
        for instrument in catalogue.all()
        if instrument.connection == "binance-usdm"
        and (terms := table.terms(instrument.symbol)) is not None
    }


def shipped_profile(name: str = DEFAULT_PROFILE) -> Profile:
    """Return a rule profile that ships with the desk."""
    return load_profile(resource(f"profiles/{name}.toml"), f"profiles/{name}.toml")


def rules_of(profile: Profile) -> Rules:
    """Return the numbers of a profile as the desk uses them."""
    number = profile.number
    return Rules(
        name=profile.name,
        hash=profile.hash,
        limits=Limits(
            collar_rate=number("ord.price_collar"),
            max_value_usd=number("ord.max_value") / HKD_PER_USD_STRICT,
            instrument_limit_usd=number("perp.position_limit", "instrument"),
            account_limit_usd=number("perp.position_limit", "account"),
            max_leverage=number("perp.max_leverage"),
            max_open_orders=int(number("ord.max_messages", "open_orders")),
            max_quantity={
                "BTC": number("ord.max_value", "max_btc"),
                "ETH": number("ord.max_value", "max_eth"),
            },
            allow_reduce_when_halted=profile.flag("kill.switch", "allow_reduce"),
        ),
        default_leverage=number("perp.max_leverage"),
        divergence_rate=number("price.mark_sources", "divergence"),
        messages_per_s=int(number("ord.max_messages")),
        message_burst=int(number("ord.max_messages", "burst")),
        repeat_limit=int(number("ord.repeat_throttle")),
        repeat_window_s=int(number("ord.repeat_throttle", "window_s")),
    )


def build_engine(settings: Settings, profile: str = DEFAULT_PROFILE) -> Engine:
    """Put an engine together, with paper execution."""
    catalogue = shipped_catalogue()
    desk = Desk(
        catalogue=catalogue,
        terms=shipped_terms(catalogue),
        rules=rules_of(shipped_profile(profile)),
        settings=settings,
        venue=PaperVenue(),
    )
    return Engine(desk)
