"""Bybit v5 as the simulated market speaks it: linear perpetuals and spot pairs."""
