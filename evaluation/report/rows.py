"""From what was measured on each photo to the rows of the report: means and their intervals."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from basics.statistics import bootstrap_interval, group_means, ratio_interval
from evaluation.harness import TRUTH
from evaluation.report import measure
from evaluation.report.hues import SECTORS
from evaluation.report.measure import GRAY, METHODS, ROUTED, PhotoFigures
from evaluation.report.prints import TREATMENTS
from pipeline.engine.bundle import FAITHFUL

NAN = float("nan")
AGAINST = (  # what the default road, or the true category's colorizer, is compared with
    (ROUTED, measure.UNIVERSAL_ALONE),
    (ROUTED, measure.BEST_ALONE),
    (ROUTED, measure.MEAN_OF_ALL),
    (ROUTED, measure.CATEGORY_TINT),
    (measure.TRUE_CATEGORY, ROUTED),
    (measure.BEST_ALONE, measure.UNIVERSAL_ALONE),
    (measure.MEAN_OF_ALL, measure.UNIVERSAL_ALONE),
)
WORSE_BY_DB = 1.0  # than gray: what an eye surely sees


@dataclass(frozen=True, kw_only=True)
class Row:
    """One line of the report.

    Attributes:
        measure: what, and in which unit.
        value: of all photos.
        low, high: of its 95 % interval; nan where there is none.
        n: photos.
    """

    measure: str
    value: float
    low: float = NAN
    high: float = NAN
    n: int


@dataclass(frozen=True, kw_only=True, eq=False)
class Table:
    """The photos as arrays.

    Attributes:
        photos: what was measured on each.
        groups: (N,) the index of each photo's category among those of the bundle.
        modes: that were measured.
    """

    photos: Sequence[PhotoFigures]
    groups: NDArray[np.int64]
    modes: Sequence[str]

    def scores(self, method: str, name: str) -> NDArray[np.float64]:
        """(N,) one score of one method or mode."""
        return np.array([one.scores[method][name] for one in self.photos])

    def gains(self, method: str, over: str = GRAY, name: str = "psnr_db") -> NDArray[np.float64]:
        """(N,) a score less that of another method on the same photo."""
        return self.scores(method, name) - self.scores(over, name)


def table_of(
    photos: Sequence[PhotoFigures], categories: Sequence[str], modes: Sequence[str]
) -> Table:
    """Photos of a bundle's categories as arrays."""
    groups = np.array([categories.index(one.category) for one in photos])
    return Table(photos=photos, groups=groups, modes=modes)


def mean_rows(what: str, values: NDArray[np.float64], groups: NDArray[np.int64]) -> Iterator[Row]:
    """The mean over photos, and that over categories."""
    low, high = bootstrap_interval(values)
    n = len(values)
    yield Row(measure=f"{what}, over photos", value=float(values.mean()), low=low, high=high, n=n)
    mean, low, high = group_means(values, groups)
    yield Row(measure=f"{what}, over categories", value=mean, low=low, high=high, n=n)


def share_row(what: str, parts: NDArray[Any], wholes: NDArray[Any]) -> Row:
    """sum(parts) / sum(wholes); `n` counts the photos that have something of the whole."""
    whole = float(wholes.sum())
    low, high = ratio_interval(np.asarray(parts, float), np.asarray(wholes, float))
    value = float(parts.sum()) / whole if whole else NAN
    return Row(measure=what, value=value, low=low, high=high, n=int((wholes > 0).sum()))


def nearness_rows(table: Table) -> Iterator[Row]:
    """PSNR and SSIM of gray, and of every method over gray; pairs of methods."""
    for unit, name in (("PSNR (dB)", "psnr_db"), ("SSIM", "ssim")):
        yield from mean_rows(f"{unit} of gray", table.scores(GRAY, name), table.groups)
        for method in METHODS[1:]:
            gains = table.gains(method, name=name)
            yield from mean_rows(f"{unit} over gray, {method}", gains, table.groups)
    for better, worse in AGAINST:
        gains = table.gains(better, worse)
        yield from mean_rows(f"PSNR (dB), {better} less {worse}", gains, table.groups)


def mode_rows(table: Table) -> Iterator[Row]:
    """How colourful each mode is beside the originals, and what that costs."""
    truth = table.scores(TRUTH, "colorfulness")
    for mode in table.modes:
        share = f"colorfulness as a share of the originals', {mode}"
        yield share_row(share, table.scores(mode, "colorfulness"), truth)
        yield from mean_rows(f"PSNR (dB) over gray, {mode}", table.gains(mode), table.groups)


def worse_rows(table: Table) -> Iterator[Row]:
    """Share of photos that the default road takes further from the truth than gray is."""
    gains, every = table.gains(ROUTED), np.ones(len(table.photos))
    yield share_row("photos further from the truth than gray", gains < 0, every)
    far = f"photos further from the truth than gray by more than {WORSE_BY_DB:g} dB"
    yield share_row(far, gains < -WORSE_BY_DB, every)


def hue_rows(table: Table) -> Iterator[Row]:
    """Share of pixels within 30 degrees of their true hue, by sector and over all."""
    near, seen = (
        np.array([getattr(one, name) for one in table.photos]) for name in ("near_px", "seen_px")
    )
    what = f"px within 30 degrees of the true hue, {FAITHFUL}"
    for index, (sector, (low, high)) in enumerate(SECTORS.items()):
        named = f"{what}, {sector} ({low} to {high})"
        yield share_row(named, near[:, index], seen[:, index])
    yield share_row(f"{what}, all hues", near.sum(axis=1), seen.sum(axis=1))


def category_rows(table: Table, categories: Sequence[str]) -> Iterator[Row]:
    """What each category's photos gain over gray on the default road."""
    gains = table.gains(ROUTED)
    for index, category in enumerate(categories):
        own = gains[table.groups == index]
        if len(own):
            low, high = bootstrap_interval(own)
            what = f"PSNR (dB) over gray, {ROUTED}, photos of {category}"
            yield Row(measure=what, value=float(own.mean()), low=low, high=high, n=len(own))


def router_rows(table: Table, categories: Sequence[str], temperature: float) -> Iterator[Row]:
    """How often the router is right, whether it knows, and whether it is another one's equal."""
    from classifier.metrics import reliability, top_k_hits
    from evaluation.reliability import BINS, uncalibrated

    confidences = np.array([[one.ranking[name] for name in categories] for one in table.photos])
    n = len(confidences)
    for k in (1, 3):
        hits = top_k_hits(confidences, table.groups, k).astype(float)
        yield from mean_rows(f"router, top-{k}", hits, table.groups)
    stages = {"before": uncalibrated(confidences, temperature), "after": confidences}
    for stage, given in stages.items():
        error = reliability(given, table.groups, BINS).calibration_error
        yield Row(measure=f"router, calibration error {stage} the temperature", value=error, n=n)
    if table.photos[0].reference is not None:
        best = [categories[i] for i in confidences.argmax(axis=1)]
        same = [one.reference == own for one, own in zip(table.photos, best, strict=True)]
        what = "router, same best category as the reference's"
        yield share_row(what, np.array(same), np.ones(n))


def print_rows(table: Table) -> Iterator[Row]:
    """What each kind of old print costs against the clean photo."""
    clean = table.scores(ROUTED, "psnr_db")
    for treatment in TREATMENTS:
        losses = clean - np.array([one.prints_db[treatment] for one in table.photos])
        yield from mean_rows(f"old prints, loss (dB), {treatment}", losses, table.groups)


def judge_rows(table: Table) -> Iterator[Row]:
    """Whether a judge tells the modes from the truth, and how far they lie apart."""
    from evaluation.report.judge import (
        frechet_by_halves,
        frechet_distance,
        judged_right,
        principal_components,
    )

    n, each = len(table.photos), [one.features or [] for one in table.photos]
    maps = [np.array(one) for one in zip(*each, strict=True)]  # of each (N, versions, C)
    judges = {"judge": maps[-2:], "judge that sees the top alone": maps[-1:]}
    for eyes, chosen in {**judges, "judge that sees all maps": maps}.items():
        seen = np.concatenate(chosen, axis=-1)
        for index, mode in enumerate(table.modes, start=1):
            right = judged_right(seen[:, 0], seen[:, index])
            low, high = bootstrap_interval(right)
            what, value = f"{eyes}, accuracy on {mode}", float(right.mean())
            yield Row(measure=what, value=value, low=low, high=high, n=n)
    truth, *others = principal_components(maps[-1])
    halves = "Frechet distance of half of the true photos from the other half as"
    yield Row(measure=f"{halves} they are", value=frechet_by_halves(truth, truth), n=n // 2)
    for mode, predicted in zip(table.modes, others, strict=True):
        value = frechet_by_halves(truth, predicted)
        yield Row(measure=f"{halves} predicted, {mode}", value=value, n=n // 2)
    for mode, predicted in zip(table.modes, others, strict=True):
        what = f"Frechet distance of the true photos from the same as predicted, {mode}"
        yield Row(measure=what, value=frechet_distance(truth, predicted), n=n)


def all_rows(table: Table, categories: Sequence[str], temperature: float) -> list[Row]:
    """Every row, in the order of the report; the judge's only if features were made."""
    parts: list[Iterable[Row]] = [
        nearness_rows(table),
        mode_rows(table),
        worse_rows(table),
        hue_rows(table),
        category_rows(table, categories),
        router_rows(table, categories, temperature),
        print_rows(table),
    ]
    if table.photos[0].features is not None:
        parts.append(judge_rows(table))
    return [row for part in parts for row in part]
