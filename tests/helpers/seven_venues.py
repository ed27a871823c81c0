"""A desk fed by seven venues: every kind of instrument, 150 streams, a consensus and its sources.

`seven_venues()` is a calm moment; `troubled_venues()` has one of each thing that can be wrong.
"""

from decimal import Decimal as D

from helpers.frames import WALL_MS, eth_market, feed, market, normal_desk, spot_market
from msgspec.structs import replace

from desk.engine.snapshot import IndexSourceView, IndexView, QualityView, RateView, StreamView

VENUES = ("BINANCE", "OKX", "BYBIT", "DERIBIT", "HYPERLIQUID", "COINBASE", "KRAKEN")
AGES = dict(zip(VENUES, (38, 61, 54, 72, 112, 88, 140), strict=True))
SKEWS = dict(zip(VENUES, (12, -3, 41, 7, None, -1_270, 0), strict=True))

INTERVALS = {"DERIBIT": 8, "HYPERLIQUID": 1}
"""Hours that a funding rate is for; 8 elsewhere."""

PERPETUALS = (
    "BTCUSDT-PERP.BINANCE", "BTCUSD-PERP.BINANCE", "BTC-USDT-SWAP.OKX", "BTC-USD-SWAP.OKX",
    "BTCUSDT-PERP.BYBIT", "BTCUSD-PERP.BYBIT", "BTC-PERPETUAL.DERIBIT",
    "BTC_USDC-PERPETUAL.DERIBIT", "BTC-PERP.HYPERLIQUID",
    "ETHUSDT-PERP.BINANCE", "ETH-USDT-SWAP.OKX", "ETHUSDT-PERP.BYBIT", "ETH-PERPETUAL.DERIBIT",
    "ETH-PERP.HYPERLIQUID",
)  # fmt: skip
SPOTS = (
    "BTCUSDT.BINANCE", "BTC-USDT.OKX", "BTCUSDT.BYBIT", "BTC_USDC.DERIBIT", "BTC-USD.COINBASE",
    "BTC/USD.KRAKEN", "ETHUSDT.BINANCE", "ETH-USDT.OKX", "ETHUSDT.BYBIT", "ETH-USD.COINBASE",
    "ETH/USD.KRAKEN",
)  # fmt: skip
STABLECOINS = ("USDT/USD.KRAKEN", "USDC/USD.KRAKEN", "USDT-USD.COINBASE")

INDICES = {"BTC": D("61004.2"), "ETH": D("2601.74")}
KINDS = ("book", "top", "trades", "mark", "open_interest", "candles")
SILENT_KINDS = ("trades", "candles", "open_interest")


def venue_of(instrument):
    return instrument.rpartition(".")[2]


def base_of(instrument):
    return instrument[:4] if instrument.startswith("USD") else instrument[:3]


def _perpetual(instrument, number):
    venue, base = venue_of(instrument), base_of(instrument)
    make = market if base == "BTC" else eth_market
    shift = D(number % 5 - 2) * D("0.00004")
    mark = (INDICES[base] * (1 + shift)).quantize(D("0.01"))
    continuous = venue == "DERIBIT"
    return make(
        instrument,
        kind="perpetual",
        mark=mark,
        index=INDICES[base],
        bid=mark - D("0.1"),
        ask=mark,
        last=mark,
        mark_age_ms=AGES[venue],
        funding_rate=D("0.000013") if venue == "HYPERLIQUID" else D("0.000068"),
        funding_interval_h=INTERVALS.get(venue, 8),
        next_funding_ms=None if continuous else WALL_MS + 35 * 60_000,
        deviation=shift,
    )


def _spot(instrument, number):
    venue, base = venue_of(instrument), base_of(instrument)
    shift = D(number % 3 - 1) * D("0.00003")
    mark = (INDICES[base] * (1 + shift)).quantize(D("0.01"))
    return spot_market(
        instrument,
        base=base,
        bid=mark - D("0.01"),
        ask=mark + D("0.01"),
        last=mark,
        mark=mark,
        mark_age_ms=AGES[venue],
        deviation=shift,
    )


def _stablecoin(instrument, number):
    value = D("0.9998") + D(number) * D("0.0001")
    return spot_market(
        instrument,
        base=base_of(instrument),
        tick_size=D("0.0001"),
        bid=value - D("0.0001"),
        ask=value,
        last=value,
        mark=value,
        spread=D("0.0001"),
        change_24h_rate=D("0.0001"),
        mark_age_ms=AGES[venue_of(instrument)],
    )


def markets():
    return [
        *(_perpetual(name, number) for number, name in enumerate(PERPETUALS)),
        *(_spot(name, number) for number, name in enumerate(SPOTS)),
        *(_stablecoin(name, number) for number, name in enumerate(STABLECOINS)),
    ]


def source(venue, base="BTC", **changes):
    shift = D(VENUES.index(venue) - 3) * D("0.00002")
    fields = {
        "venue": venue,
        "price": (INDICES[base] * (1 + shift)).quantize(D("0.01")),
        "standing": "counted",
        "deviation": shift,
        "assumed": False,
        "age_ms": AGES[venue],
    }
    return IndexSourceView(**fields | changes)


def index(base="BTC", sources=None, **changes):
    if sources is None:
        sources = [source(venue, base) for venue in VENUES]
    votes = sum(one.standing == "counted" for one in sources)
    fields = {
        "base": base,
        "value": INDICES[base],
        "state": "CONSENSUS" if votes >= 3 else "THIN",
        "votes": votes,
        "sources": sources,
    }
    return IndexView(**fields | changes)


def quality(instrument="BTCUSDT-PERP.BINANCE", **changes):
    fields = {
        "instrument": instrument,
        "quality": "LIVE",
        "book_state": "SYNCED",
        "mark_age_ms": 38,
        "book_age_ms": 41,
        "gaps": 0,
        "crossed": 0,
        "jumps": 0,
        "deviation": D("0.0001"),
        "diverging": False,
        "blocked": "",
    }
    return QualityView(**fields | changes)


def stream(instrument="BTCUSDT-PERP.BINANCE", kind="mark", **changes):
    venue = venue_of(instrument)
    quiet = kind in SILENT_KINDS
    fields = {
        "connection": f"{venue.lower()}-{'perp' if 'SWAP' in instrument else 'main'}",
        "name": f"{instrument.partition('.')[0].lower()}@{kind}",
        "kind": kind,
        "instrument": instrument,
        "active": True,
        "age_ms": AGES[venue] * (40 if quiet else 1),
        "limit_ms": None if quiet else 2_000,
        "messages": 1_000,
        "state": "QUIET" if quiet else "LIVE",
    }
    return StreamView(**fields | changes)


def streams():
    fed = [stream(name, kind) for name in (*PERPETUALS, *SPOTS) for kind in KINDS]
    return [*fed, *(stream(name, "book") for name in STABLECOINS)]


def rates():
    return [
        RateView(asset="USDT", usd=D("0.99985"), assumed=False),
        RateView(asset="USDC", usd=D(1), assumed=True),
    ]


def seven_venues(**changes):
    rows = markets()
    fields = {
        "markets": rows,
        "feeds": [feed(venue, AGES[venue], skew_ms=SKEWS[venue]) for venue in VENUES],
        "indices": [index("BTC"), index("ETH")],
        "rates": rates(),
        "streams": streams(),
        "quality": [quality(row.instrument, deviation=row.deviation) for row in rows],
    }
    return normal_desk(**fields | changes)


WRONG = {
    "BTC-USDT-SWAP.OKX": (
        {"quality": "STALE", "mark_age_ms": 6_400},
        {"quality": "STALE", "mark_age_ms": 6_400, "blocked": "its mark is 6.4 s old"},
    ),
    "BTCUSDT-PERP.BYBIT": (
        {"book_state": "SYNCING"},
        {"book_state": "SYNCING", "gaps": 3},
    ),
    "BTC-PERP.HYPERLIQUID": (
        {"deviation": D("0.0342")},
        {"diverging": True, "blocked": "its mark is 3.42% from the consensus"},
    ),
    "BTC_USDC.DERIBIT": ({}, {"crossed": 1, "blocked": "its book was crossed"}),
    "ETH-PERP.HYPERLIQUID": (
        {"quality": "UNKNOWN", "mark": None, "mark_age_ms": None},
        {"quality": "UNKNOWN", "mark_age_ms": None, "blocked": "it has no mark"},
    ),
}
"""By instrument: what its market and its quality say."""


def troubled_venues(**changes):
    def changed(row, number):
        return replace(row, **WRONG.get(row.instrument, ({}, {}))[number])

    calm = seven_venues()
    stale = {"age_ms": 6_400, "state": "STALE"}
    feeds = {
        "OKX": feed("OKX", 6_400, gaps=3, rejected=1, skew_ms=-3, note="reconnecting in 2 s"),
        "KRAKEN": feed("KRAKEN", 1_700, skew_ms=0),
        "COINBASE": feed("COINBASE", None, inactive=2, note="refused: 429, again in 30 s"),
    }
    fields = {
        "markets": [changed(row, 0) for row in calm.markets],
        "quality": [changed(row, 1) for row in calm.quality],
        "feeds": [feeds.get(one.venue, one) for one in calm.feeds],
        "indices": [
            index(
                "BTC",
                [
                    *(source(venue) for venue in ("BINANCE", "BYBIT", "DERIBIT", "KRAKEN")),
                    source("OKX", standing="silent", age_ms=12_400),
                    source("HYPERLIQUID", standing="held", deviation=D("0.0342")),
                    source("COINBASE", price=None, standing="silent", deviation=None, age_ms=None),
                ],
            ),
            index("ETH", [source("BINANCE", "ETH"), source("DERIBIT", "ETH", assumed=True)]),
        ],
        "streams": [
            stream(one.instrument, one.kind, **stale)
            if venue_of(one.instrument) == "OKX" and one.kind == "mark"
            else stream(one.instrument, one.kind, active=False, age_ms=None, state="SILENT")
            if venue_of(one.instrument) == "COINBASE" and one.kind in ("book", "top")
            else one
            for one in calm.streams
        ],
    }
    return seven_venues(**fields | changes)
