"""ccxt's websocket client against one venue: a plan on standard input, what it saw on its output.

It runs in the clients' environment and knows nothing of the desk. Of ccxt's settings only the
scheme and host of its addresses are changed; paths stay, but for what the plan puts before them.
"""

import asyncio
import json
import sys
import time
from urllib.parse import urlsplit

import ccxt.pro

MOST_ERRORS = 50
SIDES = ("bids", "asks")
TERMS = ("contractSize", "linear", "inverse")


def moved(urls, rest, ws, prefix):
    """The addresses of an exchange, on loopback."""
    if isinstance(urls, dict):
        return {name: moved(value, rest, ws, prefix) for name, value in urls.items()}
    parts = urlsplit(urls)
    if parts.scheme.startswith("ws"):
        return ws + prefix + parts.path
    return rest + parts.path


def exchange_of(plan):
    exchange = getattr(ccxt.pro, plan["exchange"])(plan["settings"])
    exchange.urls["api"] = moved(
        exchange.urls["api"], plan["rest"], plan["ws"], plan["path_prefix"]
    )
    return exchange


def copied(value, levels):
    """What ccxt will change under our hands, as it is now: a book's best levels, a list's end."""
    if isinstance(value, dict) and "bids" in value and "asks" in value:
        kept = {name: value.get(name) for name in ("symbol", "nonce", "timestamp")}
        sides = {side: [list(level[:2]) for level in value[side][:levels]] for side in SIDES}
        return {**kept, **sides}
    if isinstance(value, list):
        return [copied(entry, levels) for entry in value]
    if isinstance(value, dict):
        return {name: entry for name, entry in value.items() if name != "info"}
    return value


async def follow(call, arguments, plan, seen, until_s):
    """Call again and again until the time is over; an error is noted, and then it goes on."""
    while (left_s := until_s - time.monotonic()) > 0 and len(seen["errors"]) < MOST_ERRORS:
        if plan["enough"] is not None and len(seen["updates"]) >= plan["enough"]:
            return
        try:
            value = await asyncio.wait_for(call(*arguments), left_s)
        except TimeoutError:
            return
        except ccxt.BaseError as error:
            seen["errors"].append(
                {
                    "kind": type(error).__name__,
                    "text": str(error)[:300],
                    "after": len(seen["updates"]),
                }
            )
            await asyncio.sleep(0.1)
        else:
            seen["updates"].append({"at_ms": clock_ms(), "value": copied(value, plan["levels"])})


def clock_ms():
    return time.time_ns() // 1_000_000  # noqa: TID251  # the desk's Clock is not importable here


async def look(plan, calls, streams, markets):
    """Follow some of the calls with one exchange object, as a program with ccxt would."""
    exchange = exchange_of(plan)
    try:
        await exchange.load_markets()
        markets.update(exchange.markets)
        until_s = time.monotonic() + plan["seconds"]
        async with asyncio.TaskGroup() as group:
            for name, (method, *arguments) in calls.items():
                call = getattr(exchange, method)
                seen = streams[name]
                group.create_task(follow(call, arguments, plan, seen, until_s))
    finally:
        await exchange.close()


async def run(plan):
    escaped, markets = [], {}
    asyncio.get_running_loop().set_exception_handler(
        lambda _, context: escaped.append(str(context.get("exception") or context["message"]))
    )
    streams = {name: {"updates": [], "errors": []} for name in plan["calls"]}
    apart = {name: plan["calls"][name] for name in plan["apart"] if name in plan["calls"]}
    together = {name: call for name, call in plan["calls"].items() if name not in apart}
    async with asyncio.TaskGroup() as group:
        for calls in (together, apart):
            if calls:
                group.create_task(look(plan, calls, streams, markets))
    market = markets[plan["symbol"]]
    terms = {**{name: market[name] for name in TERMS}, "tick": market["precision"]["price"]}
    return {"version": ccxt.__version__, "terms": terms, "escaped": escaped, "streams": streams}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(asyncio.run(run(json.load(sys.stdin)))))
