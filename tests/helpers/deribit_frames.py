"""Deribit frames made by hand, in the documented shapes."""

import json

from desk.io.resources import resource
from desk.model.catalogue import load_catalogue
from desk.venues.deribit import PATH, DeribitProtocol

CATALOGUE = load_catalogue(resource("instruments/deribit.toml"), "deribit.toml")

BTC, ETH = "BTC-PERPETUAL.DERIBIT", "ETH-PERPETUAL.DERIBIT"
START_MS = 1_800_000_000_000
MINUTE_MS = 60_000
S = 1_000_000_000


def protocol():
    return DeribitProtocol(CATALOGUE.all())


def opened(at_ns=1):
    """A protocol on an open socket whose subscriptions the venue has confirmed."""
    made = protocol()
    made.connection_made(PATH, at_ns)
    confirm(made, at_ns)
    made.events_received()
    return made


def sent(protocol):
    return [json.loads(frame) for frame in protocol.frames_to_send(PATH)]


def confirm(protocol, at_ns, without=()):
    """Answer what was sent as the venue does: channels in its own order, unknown ones left out."""
    requests = sent(protocol)
    for request in requests:
        if request["method"] == "public/subscribe":
            accepted = [c for c in reversed(request["params"]["channels"]) if c not in without]
            protocol.receive_frame(answer(request["id"], accepted), at_ns)
    return requests


def show(protocol, at_ns, without=()):
    """Confirm what was sent, and begin every book."""
    requests = confirm(protocol, at_ns, without)
    for instrument in CATALOGUE.all():
        protocol.receive_frame(snapshot_frame(1, instrument.symbol), at_ns)
    return requests


def raw(message):
    return json.dumps(message, separators=(",", ":")).encode()


def answer(request_id, result):
    stamps = {"usIn": "1786563120531596", "usOut": "1786563120531808", "usDiff": 212}
    return raw({"jsonrpc": "2.0", "id": request_id, "result": result, "testnet": False} | stamps)


def notice(channel, data):
    params = {"channel": channel, "data": data}
    return raw({"jsonrpc": "2.0", "method": "subscription", "params": params})


def heartbeat(kind):
    return raw({"jsonrpc": "2.0", "method": "heartbeat", "params": {"type": kind}})


def book(change_id, previous_id=None, *, bids=(), asks=(), symbol="BTC-PERPETUAL", **more):
    """A book message: without `previous_id` a snapshot."""
    data = {
        "type": "snapshot" if previous_id is None else "change",
        "timestamp": START_MS,
        "instrument_name": symbol,
        "change_id": change_id,
        "bids": [list(level) for level in bids],
        "asks": [list(level) for level in asks],
    }
    if previous_id is not None:
        data["prev_change_id"] = previous_id
    return data | more


def book_frame(*ids, **more):
    data = book(*ids, **more)
    return notice(f"book.{data['instrument_name']}.100ms", data)


def snapshot_frame(change_id=100, symbol="BTC-PERPETUAL", **more):
    sides = {"bids": [("new", 61000.0, 20.0)], "asks": [("new", 61000.5, 50.0)]}
    return book_frame(change_id, symbol=symbol, **sides | more)


def trade(seq, price=61000.5, amount=20, direction="buy", symbol="BTC-PERPETUAL", **more):
    return {
        "timestamp": START_MS,
        "price": price,
        "direction": direction,
        "index_price": 60990.12,
        "trade_id": f"ETH-{seq}",
        "instrument_name": symbol,
        "trade_seq": seq,
        "amount": amount,
        "mark_price": 61000.11,
        "tick_direction": 1,
        "contracts": 2,
    } | more


def trades_frame(*trades, symbol="BTC-PERPETUAL"):
    return notice(f"trades.{symbol}.100ms", list(trades))


def ticker(symbol="BTC-PERPETUAL", **more):
    return {
        "timestamp": START_MS,
        "state": "open",
        "stats": {"high": 64422, "low": None, "volume": 2778.68467406},
        "index_price": 60990.12,
        "instrument_name": symbol,
        "last_price": 61000,
        "min_price": 60000,
        "max_price": 62000,
        "open_interest": 716004750,
        "mark_price": 61003.33,
        "current_funding": 2.081e-05,
        "funding_8h": 0.00010036,
        "best_ask_price": 61000.5,
        "best_bid_price": 61000,
        "best_ask_amount": 9980,
        "best_bid_amount": 58060.0,
    } | more


def ticker_frame(symbol="BTC-PERPETUAL", **more):
    return notice(f"ticker.{symbol}.100ms", ticker(symbol, **more))


def candle(start_ms=START_MS, *prices, **more):
    """A minute: open, high, low and close, 61000.5 all of them where none are given."""
    told = dict(zip(("open", "high", "low", "close"), prices or [61000.5] * 4, strict=True))
    return {"volume": 0.02120555, "tick": start_ms, "cost": 670.0} | told | more


def candle_frame(*args, symbol="BTC-PERPETUAL", **more):
    return notice(f"chart.trades.{symbol}.1", candle(*args, **more))
