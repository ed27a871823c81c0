"""The form that amends an order: under a lock that closes, and of an order that moves meanwhile."""

from decimal import Decimal as D

import pytest
from helpers.frames import normal_desk, order

from desk.model.commands import AmendOrder

pytestmark = pytest.mark.qt


def test_an_amendment_whose_surface_was_disarmed_before_it_was_sent_is_not_sent(rig):
    rig.arm()
    rig.window.orders.orders.select_key("t-118")
    rig.window.order_desk.amend()
    form = rig.window.order_desk.form
    form.controls["price"].setText("60800")
    assert form.send.isEnabled()
    rig.window.arming.disarm("test", surface="ticket")
    form.send.click()
    rig.settle()
    assert rig.desk.sent(AmendOrder) == []


def amending(rig):
    rig.settle(normal_desk(orders=[order(price=D("60950.0"))]))
    rig.arm()
    rig.window.orders.orders.select_key("t-118")
    rig.window.order_desk.amend()
    return rig.window.order_desk.form


def test_a_form_measures_by_the_order_as_it_is_by_now(rig):
    form = amending(rig)
    assert form.values()["price"] == "60950"
    rig.settle(normal_desk(orders=[order(price=D("61000.0"))]))
    assert form.values()["price"] == "61000"
    form.controls["price"].setText("60950")
    assert form.command().price == D(60950)


def test_what_is_written_in_a_form_stays_when_the_order_moves(rig):
    form = amending(rig)
    form.controls["quantity"].setText("3")
    rig.settle(normal_desk(orders=[order(price=D("61000.0"))]))
    assert form.values()["quantity"] == "3"
    assert form.command().price is None
