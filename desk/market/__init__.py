"""What venues say now: books in ticks and lots, marks with age, series."""
