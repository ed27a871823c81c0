"""The oracle's prices, found again by halving: another way through the same definitions.

Halving knows nothing of pieces, bends or closed forms. It moves one mark in the document itself and
asks what is left over.
"""

import json
import random
from dataclasses import replace
from itertools import pairwise

import pytest
from oracle import liquidation, pool
from oracle.curve import EVERYWHERE
from oracle.document import F, pools, read
from oracle.random_portfolios import RandomPortfolios
from oracle.requirement import maintenance, pnl, wallet

EDGES = 500
NEAR = F(1, 10**9)


def left_over(one, held, price):
    """Collateral − maintenance with this mark, and the price of its coin with it, elsewhere."""
    if held.isolated:
        return wallet(held) + pnl(held, price) - maintenance(held, price)
    moved = price / held.mark
    at_price = replace(held, mark=price)
    prices = dict(one.prices)
    for asset in prices:
        if held.terms.base == one.settle:
            prices[asset] /= 1 if asset == one.settle else moved
        elif asset == held.terms.base:
            prices[asset] *= moved
    positions = tuple(at_price if each is held else each for each in one.positions)
    there = replace(one, positions=positions, prices=prices)
    return pool.collateral(there) - pool.pool_maintenance(there)


def halved(one, held, low, high):
    """Where what is left over changes its sign between two prices."""
    below = left_over(one, held, low) > 0
    while high - low > low * NEAR / 10:
        middle = (low + high) / 2
        if (left_over(one, held, middle) > 0) == below:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def edges_of(text):
    for one in pools(read(text)):
        if pool.unknown(one):
            continue
        for held in one.positions:
            found = liquidation.liquidation_prices(one, held) if held.quantity else ()
            if found is not EVERYWHERE:
                yield from ((one, held, edge, found) for edge in found)


@pytest.mark.thorough
def test_five_hundred_prices_are_found_again_by_halving():
    portfolios = RandomPortfolios(random.Random("halving"))
    checked = 0
    while checked < EDGES:
        for one, held, edge, others in edges_of(portfolios.document()):
            room = min((abs(edge - other) for other in others if other != edge), default=edge) / 3
            low, high = edge - min(room, edge / 2), edge + min(room, edge / 2)
            if (left_over(one, held, low) > 0) == (left_over(one, held, high) > 0):
                continue  # it touches and turns: nothing to halve
            assert abs(halved(one, held, low, high) - edge) <= edge * NEAR
            checked += 1


def test_between_and_beyond_the_edges_the_sign_never_changes():
    """No edge is left out: what is left over keeps its sign at many prices between them."""
    portfolios = RandomPortfolios(random.Random("signs"))
    tried = 0
    for _ in range(60):
        for one in pools(read(portfolios.document())):
            if pool.unknown(one):
                continue
            for held in one.positions:
                found = liquidation.liquidation_prices(one, held) if held.quantity else EVERYWHERE
                if found is not EVERYWHERE:
                    assert_one_sign_between(one, held, found)
                    tried += 1
    assert tried > 80


def assert_one_sign_between(one, held, edges):
    ends = [F(0), *edges, max((held.mark, *edges)) * 1000]
    for low, high in pairwise(ends):
        inside = [low + (high - low) * F(share, 1000) for share in (1, 10, 100, 500, 900, 999)]
        signs = {left_over(one, held, price) > 0 for price in inside}
        assert len(signs) == 1, (held, edges, low, high)


def test_a_document_is_read_number_by_number():
    """A JSON number is read from its text, never through binary floating point."""
    assert read('{"quantity": 0.1, "price": 3}') == {"quantity": F(1, 10), "price": F(3)}
    assert json.loads("0.1") != F(1, 10)
