"""Coinbase Advanced Trade as the simulated market speaks it: spot pairs against the dollar."""
