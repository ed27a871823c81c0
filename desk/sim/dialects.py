"""The venues that the simulator can speak as."""

from __future__ import annotations

from collections.abc import Callable

from desk.sim.binance.dialect import BinanceDialect
from desk.sim.bybit.venue import BybitVenue
from desk.sim.channels import ChannelServer
from desk.sim.coinbase.venue import HABITS as COINBASE_HABITS
from desk.sim.coinbase.venue import CoinbaseVenue
from desk.sim.deribit.venue import DeribitVenue
from desk.sim.dialect import Dialect, Stage
from desk.sim.hyperliquid.venue import HABITS as HYPERLIQUID_HABITS
from desk.sim.hyperliquid.venue import HyperliquidVenue
from desk.sim.kraken.venue import HABITS as KRAKEN_HABITS
from desk.sim.kraken.venue import KrakenVenue
from desk.sim.okx.venue import OkxVenue

DIALECTS: dict[str, Callable[[Stage], Dialect]] = {
    "binance": BinanceDialect,
    "okx": lambda stage: ChannelServer(OkxVenue, stage),
    "bybit": lambda stage: ChannelServer(BybitVenue, stage),
    "deribit": lambda stage: ChannelServer(DeribitVenue, stage),
    "coinbase": lambda stage: ChannelServer(CoinbaseVenue, stage, COINBASE_HABITS),
    "kraken": lambda stage: ChannelServer(KrakenVenue, stage, KRAKEN_HABITS),
    "hyperliquid": lambda stage: ChannelServer(HyperliquidVenue, stage, HYPERLIQUID_HABITS),
}
