"""OKX v5 as the simulated market speaks it: swaps and spot pairs of BTC and ETH."""
