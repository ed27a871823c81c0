"""Menus that come up at a point, and are gone once they are shut: a day has hundreds of them."""

from __future__ import annotations

from PySide6.QtWidgets import QMenu, QWidget


def passing_menu(parent: QWidget) -> QMenu:
    """Make a menu that is shown once; what was chosen in it still comes."""
    menu = QMenu(parent)
    menu.aboutToHide.connect(menu.deleteLater)
    return menu
