"""Kraken spot, websocket version 2, as the simulated market speaks it."""
