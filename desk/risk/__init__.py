"""May an order leave, and must a position be closed."""
