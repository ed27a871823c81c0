"""Fractions at 20 significant digits."""

from fractions import Fraction as F

SIGNIFICANT = 20


def rounded(value, direction=0):
    """Round to 20 significant digits: −1 down, 1 up, 0 to the nearest, halves to even."""
    if not value:
        return F(0)
    n, d = abs(value.numerator), value.denominator
    places = SIGNIFICANT - (len(str(n)) - len(str(d)))
    scaled = F(n * 10**places, d) if places >= 0 else F(n, d * 10**-places)
    while scaled >= 10**SIGNIFICANT:
        scaled, places = scaled / 10, places - 1
    while scaled < 10 ** (SIGNIFICANT - 1):
        scaled, places = scaled * 10, places + 1
    scaled = scaled if value > 0 else -scaled
    whole = round(scaled) if direction == 0 else (-(-scaled // 1) if direction > 0 else scaled // 1)
    return F(whole) / F(10) ** places


def exact_digits(value, most):
    """Whether a fraction is a decimal number of at most so many significant digits."""
    scaled = value * 10**most
    return scaled.denominator == 1 and len(str(abs(scaled.numerator)).rstrip("0")) <= most
