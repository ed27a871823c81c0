"""Deribit's public methods, the same over websockets and REST."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import islice
from typing import Any, TypeAlias

from desk.sim.candles import DAY_MS, HOUR_MS, MINUTE_MS, Candle
from desk.sim.deribit import messages
from desk.sim.deribit.funding import AVERAGED_S
from desk.sim.deribit.present import Present
from desk.sim.past import candles

Parameters: TypeAlias = Mapping[str, Any]

INVALID_PARAMS = -32602
AVERAGED_MS = AVERAGED_S * 1000
LARGEST_DEPTH = 10_000
LARGEST_COUNT = 1_000
LARGEST_CHART = 5_000
RESOLUTIONS_MS = {
    "1": MINUTE_MS,
    "5": 5 * MINUTE_MS,
    "15": 15 * MINUTE_MS,
    "60": HOUR_MS,
    "1D": DAY_MS,
}
"""Lengths of candles; the others are not simulated, and four hours the venue has not."""
DEFAULT_DEPTH, DEFAULT_COUNT = 5, 10
CURRENCIES = {"BTC": ("Bitcoin", 0.0001, 4), "ETH": ("Ethereum", 0.0001, 4), "USDC": ("USDC", 1, 6)}
"""Long name, withdrawal fee, decimals of the fee."""
KINDS = {"future", "option", "spot", "future_combo", "option_combo", "combo", "any"}


class Refusal(Exception):
    """A request that is answered with an error code."""

    def __init__(self, code: int, message: str, data: Any = None) -> None:
        super().__init__(code, message)
        self.error: dict[str, Any] = {"code": code, "message": message}
        if data is not None:
            self.error["data"] = data


class Methods:
    """Answers the methods that clients call first; others do not exist here."""

    def __init__(self, instruments: Mapping[str, Present]) -> None:
        self._instruments = instruments
        self._methods: dict[str, Callable[[Parameters, int], Any]] = {
            "public/test": lambda _, __: {"version": "1.2.26"},
            "public/hello": lambda _, __: {"version": "1.2.26"},
            "public/status": lambda _, __: {"locked": "false", "locked_indices": []},
            "public/get_time": lambda _, now_ms: now_ms,
            "public/get_currencies": lambda _, __: _currencies(),
            "public/get_instruments": self._listed,
            "public/get_instrument": self._one_listed,
            "public/get_index_price": self._index,
            "public/ticker": self._ticker,
            "public/get_funding_rate_value": self._funding_rate,
            "public/get_order_book": self._order_book,
            "public/get_book_summary_by_instrument": self._summary,
            "public/get_book_summary_by_currency": self._summaries,
            "public/get_last_trades_by_instrument": self._trades,
            "public/get_tradingview_chart_data": self._chart,
        }

    def knows(self, method: str) -> bool:
        """Tell whether there is such a method."""
        return method in self._methods

    def call(self, method: str, parameters: Parameters, now_ms: int) -> Any:
        """Return the result of a method; raise Refusal."""
        answer = self._methods.get(method)
        if answer is None:
            raise Refusal(-32601, "Method not found")
        return answer(parameters, now_ms)

    # ------------------------------------------------------------------ listing

    def _listed(self, parameters: Parameters, now_ms: int) -> list[messages.Body]:
        del now_ms
        kind = parameters.get("kind", "any")
        if kind not in KINDS:
            raise _wrong("kind", "value not in the list of allowed values")
        wanted = self._of_currency(str(parameters.get("currency", "any")))
        return [row for name in wanted if kind in {"any", (row := self._row(name))["kind"]}]

    def _one_listed(self, parameters: Parameters, now_ms: int) -> messages.Body:
        del now_ms
        return self._row(self._wanted(parameters).name)

    def _row(self, name: str) -> messages.Body:
        number = 210_000 + list(self._instruments).index(name)
        return messages.description(self._instruments[name].spelling, number)

    def _of_currency(self, currency: str) -> list[str]:
        if currency not in {"any", *CURRENCIES, "USDT", "EURR"}:
            raise _wrong("currency", "value not in the list of allowed values")
        return [
            name
            for name, present in self._instruments.items()
            if currency in {"any", present.spelling.terms.settle}
        ]

    def _wanted(self, parameters: Parameters) -> Present:
        present = self._instruments.get(str(parameters.get("instrument_name", "")))
        if present is None:
            raise _wrong("instrument_name", "wrong format")
        return present

    # ------------------------------------------------------------------ prices

    def _index(self, parameters: Parameters, now_ms: int) -> messages.Body:
        del now_ms
        for present in self._instruments.values():
            mark = present.mark()
            if mark and present.spelling.terms.index_name == parameters.get("index_name"):
                price = round(mark.index_price, 2)
                return {"index_price": price, "estimated_delivery_price": price}
        raise _wrong("index_name", "value not in the list of allowed values")

    def _ticker(self, parameters: Parameters, now_ms: int) -> messages.Body:
        del now_ms
        ticker = self._wanted(parameters).ticker()
        if ticker is None:
            raise Refusal(13028, "temporarily_unavailable")
        return ticker

    def _funding_rate(self, parameters: Parameters, now_ms: int) -> float:
        """Return what a period would cost at the present average: the market keeps no more."""
        ticker = self._ticker(parameters, now_ms)
        if "funding_8h" not in ticker:
            raise _wrong("instrument_name", "not a perpetual")
        since = _whole(parameters, "start_timestamp", now_ms - AVERAGED_MS)
        until = _whole(parameters, "end_timestamp", now_ms)
        return round(ticker["funding_8h"] * max(0, until - since) / AVERAGED_MS, 16)

    def _order_book(self, parameters: Parameters, now_ms: int) -> messages.Body:
        present = self._wanted(parameters)
        depth = _count(parameters, "depth", DEFAULT_DEPTH, LARGEST_DEPTH)
        return {**self._ticker(parameters, now_ms), **present.depth(depth)}

    def _summary(self, parameters: Parameters, now_ms: int) -> list[messages.Body]:
        present, ticker = self._wanted(parameters), self._ticker(parameters, now_ms)
        terms, day = present.spelling.terms, ticker["stats"]
        told = ("instrument_name", "mark_price", "estimated_delivery_price")
        funding = ("open_interest", "current_funding", "funding_8h")
        summary = {name: ticker[name] for name in (*told, *funding) if name in ticker}
        bid, ask = ticker["best_bid_price"], ticker["best_ask_price"]
        return [
            {
                **day,
                **summary,
                "last": ticker["last_price"],
                "bid_price": bid,
                "ask_price": ask,
                "mid_price": round((bid + ask) / 2, 4),
                "base_currency": terms.base,
                "quote_currency": terms.quote,
                "creation_timestamp": now_ms,
            }
        ]

    def _summaries(self, parameters: Parameters, now_ms: int) -> list[messages.Body]:
        rows = self._listed(parameters, now_ms)
        names = [{"instrument_name": row["instrument_name"]} for row in rows]
        return [summary for name in names for summary in self._summary(name, now_ms)]

    # ------------------------------------------------------------------ what was

    def _trades(self, parameters: Parameters, now_ms: int) -> messages.Body:
        del now_ms
        present = self._wanted(parameters)
        count = _count(parameters, "count", DEFAULT_COUNT, LARGEST_COUNT)
        trades = [present.trade(told) for told in islice(reversed(present.recent), count)]
        if parameters.get("sorting") == "asc":
            trades.reverse()
        return {"trades": trades, "has_more": len(present.recent) > count}

    def _chart(self, parameters: Parameters, now_ms: int) -> messages.Body:
        present = self._wanted(parameters)
        span_ms = RESOLUTIONS_MS.get(str(parameters.get("resolution")))
        if span_ms is None:
            raise _wrong("resolution", "value not in the list of allowed values")
        until = min(_whole(parameters, "end_timestamp", now_ms), now_ms)
        since = max(_whole(parameters, "start_timestamp", 0), until - LARGEST_CHART * span_ms)
        return _columns(present, candles(present.history, span_ms, since, until))


def _columns(present: Present, told: list[Candle]) -> messages.Body:
    rows = [messages.chart(present.spelling, candle) for candle in told]
    names = ("open", "high", "low", "close", "volume", "cost")
    columns = {name: [row[name] for row in rows] for name in names}
    ticks = [row["tick"] for row in rows]
    return {"status": "ok" if rows else "no_data", "ticks": ticks, **columns}


def _currencies() -> list[messages.Body]:
    return [
        {
            "currency": currency,
            "currency_long": long,
            "coin_type": {"BTC": "BITCOIN"}.get(currency, "ETHER"),
            "fee_precision": decimals,
            "withdrawal_fee": fee,
            "min_withdrawal_fee": fee,
            "min_confirmations": 1,
            "withdrawal_priorities": [],
        }
        for currency, (long, fee, decimals) in CURRENCIES.items()
    ]


def _count(parameters: Parameters, name: str, default: int, largest: int) -> int:
    count = _whole(parameters, name, default)
    if not 0 < count <= largest:
        raise _wrong(name, "out of range")
    return count


def _whole(parameters: Parameters, name: str, default: int) -> int:
    text = str(parameters.get(name, default))
    if not text.isascii() or not text.isdigit() or len(text) > 15:
        raise _wrong(name, "must be an integer")
    return int(text)


def _wrong(parameter: str, reason: str) -> Refusal:
    return Refusal(INVALID_PARAMS, "Invalid params", {"param": parameter, "reason": reason})
