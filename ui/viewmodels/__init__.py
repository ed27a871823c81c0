"""Frame in, rows and text out; no Qt."""
