"""Composition of the whole product; the one room that knows every other."""

from desk.app.entry import main

__all__ = ["main"]
