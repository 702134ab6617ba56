"""How many pixels an inch or a centimetre has, in the words of every format."""

import math
from dataclasses import dataclass
from fractions import Fraction

RATIO, INCH, CM = 1, 2, 3  # units, as TIFF and EXIF number them; RATIO: only the pixel's shape
CM_PER_INCH = Fraction(254, 100)
MOST = 1_000_000  # px per unit; more is nonsense
JFIF_MOST = 65_535
JFIF_UNITS = {0: RATIO, 1: INCH, 2: CM}


@dataclass(frozen=True)
class Resolution:
    """Pixels per unit across and down."""

    x: Fraction
    y: Fraction
    unit: int  # RATIO, INCH or CM

    def turned(self) -> "Resolution":
        """After a quarter turn."""
        return Resolution(self.y, self.x, self.unit)

    def per(self, unit: int) -> tuple[Fraction, Fraction]:
        """Per inch or per centimetre; a mere ratio stays as it is."""
        factor = {(CM, INCH): CM_PER_INCH, (INCH, CM): 1 / CM_PER_INCH}.get((self.unit, unit), 1)
        return self.x * factor, self.y * factor

    def for_jfif(self) -> tuple[int, int, int]:
        """JFIF's unit and whole densities: those of the unit that rounds off less."""
        if self.unit == RATIO:
            return (0, *_small_ratio(self.x / self.y))
        rounded = {}
        for jfif, unit in ((1, INCH), (2, CM)):
            exact = self.per(unit)
            whole = tuple(round(one) for one in exact)
            if all(1 <= one <= JFIF_MOST for one in whole):
                off = max(abs(one / was - 1) for one, was in zip(whole, exact, strict=True))
                rounded[jfif] = off, whole
        if not rounded:
            return (0, *_small_ratio(self.x / self.y))
        best = min(rounded, key=lambda jfif: (rounded[jfif][0], jfif))
        return (best, *rounded[best][1])

    def for_png(self) -> tuple[int, int, int]:
        """PNG's pixels per metre and unit; 0 is a mere ratio."""
        if self.unit == RATIO:
            return (*_small_ratio(self.x / self.y), 0)
        x, y = (max(1, round(one * 100)) for one in self.per(CM))
        return x, y, 1


def resolution(x: Fraction | float, y: Fraction | float, unit: int) -> Resolution | None:
    """A resolution, or None where the numbers are none."""
    if not (math.isfinite(x) and math.isfinite(y) and 0 < x <= MOST and 0 < y <= MOST):
        return None
    if unit not in (RATIO, INCH, CM):
        return None
    across, down = (max(_exact(one), Fraction(1, 10_000)) for one in (x, y))
    return Resolution(across, down, unit)


def of_jfif(unit: int, x: int, y: int) -> Resolution | None:
    """What a JFIF segment says."""
    return resolution(x, y, JFIF_UNITS[unit]) if unit in JFIF_UNITS else None


def of_png(x: int, y: int, unit: int) -> Resolution | None:
    """What a pHYs chunk says; 11811 a metre is 300 an inch."""
    if unit != 1:
        return resolution(x, y, RATIO)
    per_inch = [round(one * CM_PER_INCH / 100) for one in (x, y)]
    is_cm = x % 100 == 0 and y % 100 == 0
    pairs = zip(per_inch, (x, y), strict=True)
    if not is_cm and all(abs(inch * 100 / CM_PER_INCH - one) < 1 for inch, one in pairs):
        return resolution(per_inch[0], per_inch[1], INCH)
    return resolution(Fraction(x, 100), Fraction(y, 100), CM)


def _exact(number: Fraction | float) -> Fraction:
    """A number as a fraction that every format can hold."""
    return Fraction(number).limit_denominator(10_000)


def _small_ratio(ratio: Fraction) -> tuple[int, int]:
    """A ratio as two whole numbers that JFIF can hold."""
    near = ratio.limit_denominator(1000)
    if not 1 <= near.numerator <= JFIF_MOST:
        return 1, 1
    return near.numerator, near.denominator
