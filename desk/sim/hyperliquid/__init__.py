"""Hyperliquid as the simulated market speaks it: perpetuals, and bridged coins on spot."""
