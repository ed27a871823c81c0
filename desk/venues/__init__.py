"""One sans-I/O protocol a venue: bytes in, market events out."""
