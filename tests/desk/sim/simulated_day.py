"""Runs the market without a venue and measures its tape, with arithmetic of its own."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from desk.io.resources import resource
from desk.model.catalogue import load_catalogue
from desk.sim.events import MarkUpdate, Print, TopOfBook
from desk.sim.market import Market

START_MS = 1_795_392_000_000  # 2026-11-23T00:00:00Z
CONNECTIONS = ("binance-spot", "binance-usdm")
PERPETUALS = {
    "BTCUSDT-PERP.BINANCE": "BTCUSDT.BINANCE",
    "ETHUSDT-PERP.BINANCE": "ETHUSDT.BINANCE",
}


def instruments():
    catalogue = load_catalogue(resource("instruments.toml")).all()
    return [i for i in catalogue if i.connection in CONNECTIONS]


def new_market(seed, start_ms=START_MS):
    return Market(instruments(), seed=seed, start_ms=start_ms)


@dataclass
class Tape:
    """What was seen of one instrument, second by second."""

    mids: list = field(default_factory=list)
    trades: list = field(default_factory=list)
    wide_us: list = field(default_factory=list)
    sweeps: list = field(default_factory=list)
    """(spread right after, ticks; spread 100 ms later; best lots when closed; lots 2 s later)"""
    marks: list = field(default_factory=list)


class TapeReader:
    def __init__(self, tick):
        self.tape = Tape()
        self.tick = tick
        self.top = None
        self.count = 0
        self.wide = 0
        self.order = None
        self.open_sweeps = []

    def read(self, event):
        if type(event) is TopOfBook:
            if self.top is not None:
                self.spread_until(event.at_us)
                self.follow_sweeps(event.at_us)
            self.top = event
            if self.order and self.order[2] > 1:
                self.open_sweeps.append([event.at_us, spread(event), None, self.order[1]])
            self.order = None
        elif type(event) is Print:
            self.count += 1
            key = event.at_us, event.buyer_is_taker
            if self.order is None or self.order[:2] != [*key]:
                self.order = [*key, 1, event.ticks]
            elif event.ticks != self.order[3]:
                self.order[2] += 1
                self.order[3] = event.ticks
        elif type(event) is MarkUpdate:
            self.tape.marks.append(event)

    def spread_until(self, at_us):
        if spread(self.top) > 1:
            self.wide += at_us - self.since
        self.since = at_us

    def follow_sweeps(self, now_us):
        for sweep in list(self.open_sweeps):
            at_us, wide, soon, buys = sweep
            lots = self.top.ask_lots if buys else self.top.bid_lots
            if soon is None and now_us > at_us + 100_000:
                sweep[2] = spread(self.top), lots
            elif soon is not None and now_us > at_us + 3_000_000:
                self.tape.sweeps.append((wide, soon[0], soon[1], lots))
                self.open_sweeps.remove(sweep)

    since = 0

    def end_second(self, at_us):
        if self.top is None:
            return
        self.spread_until(at_us)
        self.tape.mids.append((self.top.bid_ticks + self.top.ask_ticks) / 2 * self.tick)
        self.tape.trades.append(self.count)
        self.tape.wide_us.append(self.wide)
        self.count = self.wide = 0


def spread(top):
    return top.ask_ticks - top.bid_ticks


def run_market(seed, hours):
    """Simulate and return each instrument's tape."""
    market = new_market(seed)
    readers = {i.id: TapeReader(float(i.tick_size)) for i in instruments()}
    for _ in range(int(hours * 3600)):
        for name, events in market.advance(market.time_ms + 1000).items():
            read = readers[name].read
            for event in events:
                read(event)
            readers[name].end_second(market.time_ms * 1000)
    return {name: reader.tape for name, reader in readers.items()}


def minute_returns(tape):
    return np.diff(np.log(np.array(tape.mids)[59::60]))


def kurtosis(x):
    x = x - x.mean()
    return float((x**4).mean() / (x**2).mean() ** 2)


def autocorrelation(series, lag):
    """Pooled over days: products are only taken within a day."""
    pooled = np.concatenate(series)
    mean, variance = pooled.mean(), pooled.var()
    products = np.concatenate([(x[lag:] - mean) * (x[:-lag] - mean) for x in series])
    return float(products.mean() / variance)


def half_life_minutes(series):
    """From the autoregression of minute samples, pooled over days."""
    return float(-np.log(2) / np.log(autocorrelation(series, 1)))


def dispersion(counts):
    counts = np.concatenate(counts)
    return float(counts.var() / counts.mean())
