"""Old prints drawn at random, with NumPy: the same on every backend."""

import numpy as np
from numpy.typing import NDArray

from training.old_prints.fields import (
    BLUE_SENSITIVE,
    FIELDS,
    ORTHOCHROMATIC,
    PANCHROMATIC,
    OldPrint,
    rows_of,
)

Rows = NDArray[np.float32]

# how many of the old prints have a fault, and between what it then lies; all ours
ANOTHER_FILM, BLUE_FILMS = 0.7, 0.4  # the latter of those of another film
MIXTURES = 1.5  # drawn up to it and cut at 1: a third is that film, the others lie between
BLURRED, BLUR_PX = 0.3, (0.3, 2.0)
ENLARGED, REDUCTION = 0.2, (1.3, 4.0)
GRAINY, GRAIN, GRAIN_PX = 0.5, (2 / 255, 14 / 255), (0.0, 1.2)
FADED, SPAN = 0.4, (0.15, 0.9)  # of levels; below 0.34 it is stretched again: imaging/fading.py
VEILED, VEIL, VEIL_PLACE, VEIL_RADIUS = 0.25, (0.1, 0.5), (-0.2, 1.2), (0.3, 1.0)
RIMMED, RIM, PALE, DARK = 0.15, (0.02, 0.1), (0.75, 1.0), (0.0, 0.2)
COMPRESSED, QUALITY = 0.4, (15.0, 80.0)


def draw_old_prints(
    rng: np.random.Generator, n: int, share: float, side: int
) -> dict[str, NDArray[np.float32]]:
    """Draw how n photos are shown.

    Args:
        rng: what draws.
        n: how many photos.
        share: how many of them become old prints, 0 to 1; the others stay sound.
        side: of what the network sees, in pixels.

    Returns:
        {"prints": (n, 16) in the order of `FIELDS`, "grain": (n, side, side) normally distributed},
        float32.
    """
    rows = draw_rows(rng, n, share)
    return {"prints": rows, "grain": rng.standard_normal((n, side, side), np.float32)}


def draw_rows(rng: np.random.Generator, n: int, share: float) -> Rows:
    """(n, 16) float32, in the order of `FIELDS`."""
    rows = np.repeat(rows_of(OldPrint()), n, axis=0)
    old = rng.random(n) < share

    def between(ends: tuple[float, float]) -> NDArray[np.float64]:
        return rng.uniform(*ends, n)

    def put(faulty: NDArray[np.bool_], **values: NDArray[np.float64]) -> None:
        for name, drawn in values.items():
            column = FIELDS.index(name)
            rows[:, column] = np.where(faulty, drawn, rows[:, column])

    def some(part: float) -> NDArray[np.bool_]:
        return old & (rng.random(n) < part)

    weights = _draw_films(rng, n)
    put(some(ANOTHER_FILM), red=weights[:, 0], green=weights[:, 1], blue=weights[:, 2])
    put(some(BLURRED), blur_px=between(BLUR_PX))
    put(some(ENLARGED), reduction=between(REDUCTION))
    put(some(GRAINY), grain=between(GRAIN), grain_px=between(GRAIN_PX))
    faded, span = some(FADED), between(SPAN)
    darkest = rng.random(n) * (1 - span)
    put(faded, darkest=darkest, brightest=darkest + span)
    places = {"veil_y": between(VEIL_PLACE), "veil_x": between(VEIL_PLACE)}
    put(some(VEILED), veil=between(VEIL), veil_radius=between(VEIL_RADIUS), **places)
    level = np.where(rng.random(n) < 0.5, between(PALE), between(DARK))
    put(some(RIMMED), rim=between(RIM), rim_level=level)
    # what fades is stretched, its blocks with it: nobody keeps such a file
    least = np.where(faded, 100 * (1 - span), 0)
    put(some(COMPRESSED), jpeg_quality=np.maximum(between(QUALITY), least))
    return rows


def _draw_films(rng: np.random.Generator, n: int) -> NDArray[np.float64]:
    """(n, 3) weights between a panchromatic film and one that sees no red."""
    blue = rng.random(n) < BLUE_FILMS
    film = np.where(blue[:, None], BLUE_SENSITIVE, ORTHOCHROMATIC)
    mixed = np.minimum(rng.uniform(0, MIXTURES, n), 1)[:, None]
    return (1 - mixed) * PANCHROMATIC + mixed * film
