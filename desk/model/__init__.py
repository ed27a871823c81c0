"""Words and values of the desk: standard library and msgspec only."""
