"""From shipped files to a desk: catalogue, margin tiers, rule profile, engine."""

from __future__ import annotations

import msgspec

from desk.cli.shipped import shipped
from desk.engine.desk import Desk, Rules, Settings
from desk.engine.engine import Engine
from desk.execution.fee_tiers import catalogue_at, load_fees
from desk.execution.paper import LATENCY_MS, PaperVenue
from desk.execution.port import ExecutionClient
from desk.io.resources import resource
from desk.model.catalogue import Catalogue
from desk.model.errors import InputError
from desk.risk.limits import limits_of
from desk.risk.loan_limits import loan_limits
from desk.risk.profile import Profile

DEFAULT_PROFILE = "hk_sfc_2026"
FEES = "fees/binance.toml"


def rules_of(profile: Profile) -> Rules:
    """Return the numbers of a profile as the desk uses them."""
    number = profile.number
    return Rules(
        name=profile.name,
        hash=profile.hash,
        limits=limits_of(profile),
        default_leverage=number("perp.max_leverage"),
        messages_per_s=int(number("ord.max_messages")),
        message_burst=int(number("ord.max_messages", "burst")),
        repeat_limit=int(number("ord.repeat_throttle")),
        two_persons=profile.flag("kill.switch", "two_persons"),
        repeat_window_s=int(number("ord.repeat_throttle", "window_s")),
        loans=loan_limits(profile),
        profile=profile,
    )


def build_engine(
    settings: Settings,
    catalogue: Catalogue | None = None,
    profile: str = DEFAULT_PROFILE,
    *,
    latency_ms: int = LATENCY_MS,
    venue: ExecutionClient | None = None,
) -> Engine:
    """Put an engine together, with paper execution; raise InputError for an unknown profile.

    `catalogue` stands in for the one that ships, in other terms. What it says of fees gives way to
    the venue's table, at the level of the settings.
    """
    known = shipped()
    rules = known.profile(profile)
    if rules is None:
        raise InputError(source="profile", expected="a rule profile that ships", found=profile)
    fees = load_fees(resource(FEES), FEES)
    settings = msgspec.structs.replace(settings, fee_tier=settings.fee_tier or fees.base)
    desk = Desk(
        catalogue=catalogue_at(catalogue or known.catalogue, fees, settings.fee_tier),
        terms=known.terms,
        rules=rules_of(rules),
        settings=settings,
        venue=PaperVenue(latency_ms) if venue is None else venue,
    )
    return Engine(desk)
