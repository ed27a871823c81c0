"""Deribit v2 as the simulated market speaks it: JSON-RPC over websockets and REST."""
