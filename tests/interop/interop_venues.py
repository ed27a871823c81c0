"""The venues as ccxt knows them: class, address, symbol, and which calls give which stream."""

from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class Venue:
    """One section of the simulator, and how ccxt is pointed at it."""

    name: str
    dialect: str
    exchange: str
    """Class of ccxt.pro."""
    symbol: str
    section: str | None = None
    """Where a dialect listens on one address a section."""
    settings: dict = field(default_factory=dict)
    asked_often: dict = field(default_factory=dict)
    """Settings for a run in which the streamed book is to be met by REST."""
    path_prefix: str = ""
    lacks: tuple[str, ...] = ()
    """Streams that ccxt, or the venue itself, does not have here."""
    apart: tuple[str, ...] = ()
    """Streams that ccxt confuses with another of the same exchange object."""
    finds_gaps: bool = False
    """ccxt checks that each change of a book follows the one before."""

    def plan(self, ready, *, seconds, streams, settings=None, levels=20, enough=None):
        """What ccxt is to do, against the addresses of a ready line.

        It looks for so many seconds, or until there are enough updates of each stream; of books it
        tells the best levels.
        """
        urls = ready[self.dialect] if self.section is None else ready[self.dialect][self.section]
        return {
            "exchange": self.exchange,
            "settings": {**self.settings, **(settings or {})},
            "rest": urls["rest"],
            "ws": urls["ws"],
            "path_prefix": self.path_prefix,
            "apart": self.apart,
            "levels": levels,
            "enough": enough,
            "symbol": self.symbol,
            "seconds": seconds,
            "calls": {name: call(self.symbol) for name, call in CALLS.items() if name in streams},
        }

    def streams(self):
        """The streams that there must be."""
        return [name for name in STREAMS if name not in self.lacks]


REST_BOOK = "depth by REST"
CALLS = {
    "order book": lambda symbol: ["watch_order_book", symbol],
    "trades": lambda symbol: ["watch_trades", symbol],
    "ticker": lambda symbol: ["watch_ticker", symbol],
    "best bid/ask": lambda symbol: ["watch_bids_asks", [symbol]],
    "mark price": lambda symbol: ["watch_mark_price", symbol],
    "candles": lambda symbol: ["watch_ohlcv", symbol, "1m"],
    "liquidations": lambda symbol: ["watch_liquidations", symbol],
    "funding": lambda symbol: ["fetch_funding_rate", symbol],
    "open interest": lambda symbol: ["fetch_open_interest", symbol],
    REST_BOOK: lambda symbol: ["fetch_order_book", symbol],
}
STREAMS = tuple(name for name in CALLS if name != REST_BOOK)
SPOT_LACKS = ("mark price", "liquidations", "funding", "open interest")

ASKED_OFTEN = {"rateLimit": 1}
"""ccxt asks Kraken and Hyperliquid once a second: too seldom to meet the book that it streams."""

VENUES = [
    Venue(
        name="binance spot",
        dialect="binance",
        section="spot",
        exchange="binance",
        symbol="BTC/USDT",
        settings={"options": {"fetchMarkets": {"types": ["spot"]}}},
        path_prefix="/stream",  # ccxt tells a spot address by this word or by Binance's host
        lacks=SPOT_LACKS,
        finds_gaps=True,
    ),
    Venue(
        name="binance usdm",
        dialect="binance",
        section="usdm",
        exchange="binanceusdm",
        symbol="BTC/USDT:USDT",
        finds_gaps=True,
    ),
    Venue(
        name="binance coinm",
        dialect="binance",
        section="coinm",
        exchange="binancecoinm",
        symbol="BTC/USD:BTC",
        finds_gaps=True,
    ),
    Venue(
        name="okx linear", dialect="okx", exchange="okx", symbol="BTC/USDT:USDT", finds_gaps=True
    ),
    Venue(
        name="okx inverse",
        dialect="okx",
        exchange="okx",
        symbol="BTC/USD:BTC",
        finds_gaps=True,
    ),
    Venue(
        name="okx spot",
        dialect="okx",
        exchange="okx",
        symbol="BTC/USDT",
        lacks=SPOT_LACKS,
        finds_gaps=True,
    ),
    Venue(
        name="bybit linear",
        dialect="bybit",
        exchange="bybit",
        symbol="BTC/USDT:USDT",
        lacks=("mark price",),
        apart=("best bid/ask",),  # ccxt keeps the book of one level in the place of the deep one
    ),
    Venue(
        name="bybit inverse",
        dialect="bybit",
        exchange="bybit",
        symbol="BTC/USD:BTC",
        lacks=("mark price",),
        apart=("best bid/ask",),
    ),
    Venue(
        name="bybit spot",
        dialect="bybit",
        exchange="bybit",
        symbol="BTC/USDT",
        lacks=SPOT_LACKS,
        apart=("best bid/ask",),
    ),
    Venue(
        name="deribit inverse",
        dialect="deribit",
        exchange="deribit",
        symbol="BTC/USD:BTC",
        lacks=("mark price", "liquidations"),
    ),
    Venue(
        name="deribit linear",
        dialect="deribit",
        exchange="deribit",
        symbol="BTC/USDC:USDC",
        lacks=("mark price", "liquidations"),
    ),
    Venue(
        name="hyperliquid perp",
        dialect="hyperliquid",
        exchange="hyperliquid",
        symbol="BTC/USDC:USDC",
        asked_often=ASKED_OFTEN,
        lacks=("best bid/ask", "mark price", "liquidations"),
    ),
    Venue(
        name="coinbase spot",
        dialect="coinbase",
        exchange="coinbase",
        symbol="BTC/USD",
        lacks=(*SPOT_LACKS, "best bid/ask", "candles"),
    ),
    Venue(
        name="kraken spot",
        dialect="kraken",
        exchange="kraken",
        symbol="BTC/USD",
        asked_often=ASKED_OFTEN,
        lacks=SPOT_LACKS,
    ),
]
