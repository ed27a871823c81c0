"""A day on a desk that does a little of nearly all that it knows, for the golden journals."""

from decimal import Decimal as D

from helpers.engines import BTC, ETH, SPOT, Trader
from helpers.programs import ladder, twap

from desk.cli.grammar import read
from desk.cli.words import Words

MORNING = """
deposit 20000 USDT
deposit 1 BTC account spot-1
withdraw 500 USDT
transfer 30000 USDT perp-1 spot-1
leverage eth 3
mode eth isolated
acknowledge BTCUSDT-PERP.BINANCE@1
alert price btc above 61000 note once
alert price btc above 62000 id soon
alert fill btc
alert off soon
daily-loss 90000 "Ada" "Ben" "a limit for a golden day"
override vaf.haircut 0.5 until 2026-11-19T18:00Z "Ada" "Ben" "a reason of some length"
"""

NOON = f"""
disclosure btc
acknowledge {BTC}@9
buy 0.1 {SPOT} limit 60000
buy 1 eth limit 2510
margin eth +50
buy 0.2 eth limit 2450 gtd 5m
buy 0.2 eth limit 2510 fok
buy 0.2 eth limit 2450 post-only
buy 0.2 eth limit 2510 post-only
sell 0.3 btc stop 58000
buy 0.3 btc stop 61000 limit 61050
sell 0.1 btc trail 500
sell 0.1 btc trail 1%
pledge 1 BTC loan-1
"""

EVENING = """
amend rests price 58900
oco sell 1 btc limit 61000 stop 58000
reverse btc
cancel rests
buy 900 btc limit 60000
close eth 50%
cancel all
"""


def lines(trader, text):
    """Give a desk what a trader would type."""
    for number, line in enumerate(text.strip().splitlines()):
        trader.market()
        trader.book(SPOT, bids=(("59999", "9"),), asks=(("60000", "9"),))
        typed = f"{line} ".replace(" btc ", f" {BTC} ").replace(" eth ", f" {ETH} ")
        trader.give(read(Words(typed), f"line-{len(trader.rows)}-{number}"))
        trader.run(120, step=40)


def day():
    """Money, settings, persons, alerts, programs, and orders of every kind."""
    trader = Trader()
    trader.deposit("900000")
    lines(trader, MORNING)
    lines(trader, NOON)
    trader.buy("1", stop_loss=D(57000), take_profit=D(62000), id="in")
    trader.run(200)
    trader.buy("2", "59000", id="rests")
    lines(trader, EVENING)
    trader.run(300)
    trader.give(ladder(id="up"))
    trader.give(twap(id="slow"))
    for _ in range(6):
        trader.market()
        trader.run(2_000, step=500)
    trader.mark(BTC, "61200")
    trader.run(300)
    lines(
        trader,
        'cancel all\nflatten\nclient clear\nkill "the day is over"\nrearm Ada "a quiet evening"',
    )
    trader.run(300)
    return trader.rows


def unguarded():
    """A bracket behind an entry that only makes a short smaller: there is nothing to protect."""
    trader = Trader()
    trader.deposit()
    trader.market()
    trader.buy("1", "59900", stop_loss=D(57000), take_profit=D(62000), id="in")
    trader.run(200)
    trader.sell("2", "59950", id="short")
    trader.run(200)
    trader.book(BTC, bids=(("59800", "9"),), asks=(("59900", "9"),))
    trader.run(400)
    return trader.rows
