"""A trading desk for leveraged BTC and ETH positions, guarded by a local risk engine."""
