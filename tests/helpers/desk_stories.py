"""Days on a desk in which it has much to say, and every text that it said."""

import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal as D

import msgspec
from helpers.engines import BTC, ETH, LIMITS, RULES, SPOT, Trader, unwritable
from helpers.linked import Practice, live
from helpers.loans import Lender
from helpers.programs import ladder, twap

from desk.app.completing import completions
from desk.cli.grammar import read
from desk.cli.shipped import shipped
from desk.cli.words import LineError, Words
from desk.engine.frame import build_frame
from desk.model.commands import Ask, NextFrame
from desk.risk.disclosure_sheet import disclosure_sheet

TODAY = date(2026, 11, 18)
SHORT = {"btc": BTC, "eth": ETH}
_SHORT = re.compile(r"(?<= )(btc|eth)(?= |$)")
_WORDY = re.compile(r"[a-z]{2,} [a-z]")

REFUSED = """
buy 1 NOWHERE limit 60000
buy 0 btc limit 60000
buy 1 btc limit 60000.05
buy 0.00001 btc limit 60000
buy 2000 btc limit 60000
buy 900 eth limit 2500
buy 40 btc limit 60000
buy 1 btc limit 80000
buy 1 btc limit 40000
buy 1 btc limit 60000 sl 61000
buy 1 btc limit 60000 tp 59000
buy 1 btc limit 60000 post-only fok
buy 1 btc stop 50000
sell 1 btc take-profit 50000
buy 1 btc limit 60000 reduce-only
buy 1eth btc limit 60000
buy 10% btc limit 60000
risk 500usdt btc limit 60000
buy 1 btc limit 59000 account spot-1
buy 1 btc limit 59000 account nobody
amend none price 59000
amend far price 57900
amend far trigger 57000
amend far price 57900.05
cancel none
cancel all NOWHERE
close btc 200%
close eth
close BTCUSDT.BINANCE
reverse eth
reverse btc
leverage btc 500
leverage BTCUSDT.BINANCE 2
mode btc isolated
margin btc +100
transfer 5 USDT perp-1 perp-1
transfer 999999999 USDT perp-1 spot-1
deposit -5 USDT
deposit 5 XRP
deposit 5 BTC
withdraw 5000000 USDT
pledge 5 XRP
draw 5 HKD
repay 5 HKD
rearm "Ada" "it is calm again"
limit nonsense 5
limit perp.max_leverage 90
override vaf.haircut 0.5 until 2026-11-19T18:00Z "Ada" "Ben" "a reason of some length"
override nonsense 0.5 until 2026-11-19T18:00Z "Ada" "Ben" "a reason of some length"
override vaf.loans_to_capital 9 until 2026-11-01T18:00Z "Ada" "Ben" "a reason of some length"
daily-loss 0 "Ada" "Ben" "a reason of some length"
alert price btc above 0
alert price btc
alert level perp-1 nothing
alert funding BTCUSDT.BINANCE above 0.1%
alert spread btc below -1%
alert distance perp-1 below 200%
alert stale NOWHERE
alert off none
alert seen 900
ladder buy 1 btc from 60000 to 60000.1 orders 9
ladder buy 0.001 btc from 60000 to 59000 orders 9
twap buy 1 btc over 7s every 5s
twap buy 1 btc over 30h every 60s
oco sell 1 btc limit 58000 stop 61000
disclosure NOWHERE
explain perp-1.luck
close btc 0.001%
flatten
stress BTC=-2
acknowledge BTCUSDT-PERP.BINANCE@9
"""
"""Lines of which most are refused, each for another reason."""

DONE = """
alert price btc above 61000 note once
alert spread btc above 0.001%
alert level perp-1 warning
alert stale btc
alert funding btc above 0.001%
alert fill btc
alert distance perp-1 below 90%
explain perp-1.equity
explain perp-1.collateral_value
explain perp-1.initial_margin
explain perp-1.maintenance_margin
explain perp-1.order_margin
explain perp-1.available_margin
explain perp-1.margin_utilization
explain perp-1.margin_ratio
explain perp-1.common_move
explain perp-1.BTCUSDT-PERP.BINANCE
explain perp-1.BTCUSDT-PERP.BINANCE.liquidation_price
explain totals
explain rules
explain perp-1
explain totals.equity
risk
rules
alerts
status
positions
cure perp-1
rehearse
stress BTC=-0.25,ETH=-0.3
stress
preview buy 3 btc limit 60000
preview leverage btc 3
disclosure btc
disclosure BTCUSDT.BINANCE
client show
"""
"""Lines that are carried out, or answered with words."""


def spoken() -> Iterator[str]:
    """Yield every text in words that a desk tells in these stories, once."""
    said: dict[str, None] = {}
    stories = (
        _typed,
        _refused,
        _closed_out,
        _lent,
        _sheets,
        _bare,
        _protected,
        _programs,
        _cut_off,
    )
    for told in (story() for story in stories):
        for one in told:
            for text in _texts(one):
                said.setdefault(text)
    yield from (text for text in said if _WORDY.search(text))


def _texts(value: object) -> Iterator[str]:
    """Yield the texts in anything; keys that are words too."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from (key for key in value if isinstance(key, str))
        for one in value.values():
            yield from _texts(one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _texts(one)
    elif isinstance(value, msgspec.Struct):
        yield from _texts([getattr(value, name) for name in value.__struct_fields__])


def _lines(trader: Trader, lines: str) -> Iterator[object]:
    for number, line in enumerate(lines.strip().splitlines()):
        yield trader.desk.waits
        try:
            typed = _SHORT.sub(lambda word: SHORT[word[0]], line)
            command = read(Words(typed), f"line-{number}-{len(trader.rows)}")
        except LineError as error:
            yield f"E{str(error)[1:]}."
            continue
        yield trader.give(command)


def _frame(trader: Trader) -> object:
    wanted = NextFrame(selected=BTC, streams=True)
    return build_frame(trader.desk, wanted, number=1, engine_ms=0.0, notes={})


def _typed() -> Iterator[object]:
    """Lines that cannot be read, and what each could go on with."""
    trader = Trader()
    words = "buy sell amend cancel close leverage mode margin transfer draw repay pledge limit"
    more = "override daily-loss alert ladder twap oco explain stress client rearm capital"
    for verb in (words + " " + more).split():
        for rest in ("", " x", " btc", " btc x", " 1 btc limit", " 1 btc limit x y"):
            yield from _lines(trader, verb + rest)
            yield completions(trader.desk, verb + rest)


def _refused() -> Iterator[object]:
    trader = Trader()
    yield from _lines(trader, REFUSED)
    trader.deposit()
    trader.market()
    trader.buy("1", "60000", id="in")
    trader.buy("1", "58000", id="far")
    trader.run(60)
    yield from _lines(trader, REFUSED)
    yield from _lines(trader, DONE)
    yield _frame(trader)
    trader.mark(BTC, "62000", "66000")
    trader.run(200)
    yield from _lines(trader, "buy 1 btc limit 62000")
    trader.tick(20_000)
    yield _frame(trader)
    yield from _lines(trader, REFUSED + DONE)
    yield from _lines(trader, 'kill "the feeds are odd"\nbuy 1 btc limit 60000\nrearm "" ""')
    trader.refuse = unwritable()
    yield from _lines(trader, 'rearm "Ada" "it is calm again"\nbuy 1 btc limit 60000')
    yield _frame(trader)
    yield trader.events


def _closed_out() -> Iterator[object]:
    """A position too large for what is behind it, and a market that falls."""
    trader = Trader()
    trader.deposit("15000")
    trader.market()
    trader.buy("1", "60000")
    trader.run(60)
    for price in ("49000", "46500", "45800", "45200"):
        below = str(D(price) - 1)
        trader.book(BTC, bids=((below, "0.2"),), asks=((price, "10"),))
        for _ in range(3):
            trader.mark(BTC, price)
            trader.tick(20)
        yield from _lines(trader, "buy 0.01 btc limit " + price + "\nrehearse\ncure perp-1\nrules")
        yield _frame(trader)
    for _ in range(8):
        trader.mark(BTC, "45200")
        trader.run(500, step=100)
    yield trader.events


def _lent() -> Iterator[object]:
    lender = Lender()
    lender.pledge("1", "BTC")
    lender.draw("5000")
    lender.ready()
    lender.draw("50000000")
    lender.draw("900000")
    lender.release("9", "BTC")
    lender.securities("100", haircut="2")
    lender.exchange_rate("9")
    yield _frame(lender)
    figures = (
        "margin_value capital_value utilization loan_to_value excess loan market_value credit_free "
        "stress fall_to_call largest_share securities_share interest_per_day"
    )
    lines = "\n".join(f"explain loan-1.{figure}" for figure in figures.split())
    yield from _lines(
        lender, "explain loan-1\n" + lines + "\nexplain totals.equity\ncure loan-1\nrules\nrisk"
    )
    for price in ("40000", "15000", "9000"):
        lender.market(btc=price, eth="600")
        lender.tick(1000)
        yield _frame(lender)
        yield from _lines(lender, "draw 5 HKD\nrelease 1 BTC\ncure loan-1\nrehearse")
        lender.run(1500, step=100)
    yield lender.events


def _sheets() -> Iterator[object]:
    """The disclosure of one instrument of each kind."""
    world = shipped()
    for profile in ("hk_sfc_2026", "eu_retail"):
        for name in (BTC, SPOT, ETH, "BTCUSD-PERP.BINANCE", "BTC-PERPETUAL.DERIBIT"):
            instrument = world.catalogue.get(name)
            if instrument is not None:
                terms = world.terms(TODAY).get(name)
                yield disclosure_sheet(instrument, terms, world.profile(profile), paper=True)
                yield disclosure_sheet(instrument, None, world.profile(profile), paper=False)


def _protected() -> Iterator[object]:
    """Stops behind a position that is turned round, and marks that are gone."""
    trader = Trader()
    trader.deposit()
    trader.market()
    trader.buy("1", stop_loss=D(57000), take_profit=D(62000), id="in")
    trader.run(200)
    yield _frame(trader)
    yield from _lines(trader, "amend in-sl trigger 56000\namend in-tp price 5\ncancel in-sl")
    trader.buy("2", "59000", stop_loss=D(57000), id="more")
    yield from _lines(trader, "reverse btc\nreverse btc\noco sell 1 btc limit 61000 stop 58000")
    trader.book(BTC, bids=(("59999.9", "1.6"), ("50000", "100")))
    trader.run(300)
    trader.tick(30_000)
    trader.run(300)
    trader.mark(BTC, "56900", rate="0.01")
    trader.tick(3_600_000)
    trader.tick(10_000)
    yield _frame(trader)
    yield trader.events


def _programs() -> Iterator[object]:
    trader = Trader()
    trader.deposit("400000")
    trader.market()
    yield trader.give(ladder(id="up"))
    yield trader.give(ladder(id="up"))
    yield trader.give(ladder(count=90, id="many"))
    yield trader.give(twap(id="slow"))
    for _ in range(3):
        trader.market()
        trader.run(2000, step=500)
    yield _frame(trader)
    trader.run(9000, step=500)
    yield from _lines(trader, 'cancel all up\ncancel up\nkill "the feeds are odd"\norders')
    trader.run(200)
    yield _frame(trader)
    yield trader.events


def _cut_off() -> Iterator[object]:
    """A venue that cannot be reached, and is back with what had not come."""
    practice = Practice()
    trader = practice.ready()
    trader.buy("1", "59000", id="rests")
    live(trader, 500)
    practice.fault("down:for=30s")
    live(trader, 4000)
    yield trader.buy("1", "58000", id="lost")
    yield _frame(trader)
    yield from _lines(trader, "cancel rests\nbuy 1 btc limit 57900")
    live(trader, 8000)
    practice.fault("")
    live(trader, 4000)
    yield _frame(trader)
    yield trader.events


def _bare() -> Iterator[object]:
    """A desk without a client, and one without limits."""
    trader = Trader(sample_client=False)
    trader.market()
    yield trader.buy("1", "60000")
    yield _frame(trader)
    none = msgspec.structs.replace(LIMITS, max_value_usd=D(0), collar_rate=D(0))
    empty = msgspec.structs.replace(RULES, limits=none)
    trader = Trader(rules=empty)
    trader.market()
    yield trader.buy("1", "60000")
    yield trader.give(Ask(about="rules"))
