"""Double entry in Decimal: what is owned, owed and earned."""
