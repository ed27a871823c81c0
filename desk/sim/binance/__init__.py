"""Binance as the simulated market speaks it: spot and USDⓈ-M perpetuals."""
