"""Menus that were shut are gone: a window that runs for days would fill with them."""

from helpers.frames import normal_desk, order
from PySide6.QtCore import QCoreApplication, QEvent, QPoint
from PySide6.QtWidgets import QMenu


def test_menus_that_were_shut_are_gone(rig_of):
    rig = rig_of(normal_desk(orders=[order()]))
    rig.settle()
    window = rig.window
    before = len(window.findChildren(QMenu))
    here = window.mapToGlobal(QPoint(200, 200))
    offers = (
        lambda: window.watch._offer(window.watch.grid.grid.rows[1].key, here),
        lambda: window.positions.grid._offer(window.positions.grid.grid.rows[0].key, here),
        lambda: window.order_desk.open_menu(here),
        window.orders.orders.hands.open_menu,
    )
    for offer in offers * 3:
        offer()
        (shown,) = [menu for menu in window.findChildren(QMenu) if menu.isVisible()]
        shown.close()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    assert len(window.findChildren(QMenu)) == before
