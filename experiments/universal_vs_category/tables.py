"""Means and paired gains of the methods that `experiments.universal_vs_category` compares."""

from collections.abc import Iterator, Sequence

import pandas as pd

from basics.statistics import bootstrap_interval, group_means
from experiments.measure import MEASURES
from experiments.universal_vs_category.runs import CONTINUED, EACH, FINE_TUNED, FOR_ALL, SCRATCH
from experiments.universal_vs_category.scores import METHODS, ROUTED, UNSURE

PAIRS = (  # method, and what it is compared with on the same photos
    (SCRATCH, FOR_ALL),
    (EACH, FOR_ALL),
    (FINE_TUNED, FOR_ALL),
    (FINE_TUNED, CONTINUED),
    (CONTINUED, FOR_ALL),
    (ROUTED, FINE_TUNED),
    (ROUTED, CONTINUED),
    (UNSURE, FINE_TUNED),
    (UNSURE, CONTINUED),
)
ALL, MEAN = "all", "mean"  # in place of a category, of a seed
BALANCED = "mean of categories"  # in place of a category: each counts alike, however many photos


def levels(
    scores: pd.DataFrame, methods: Sequence[str] = METHODS, *, balanced: bool = False
) -> pd.DataFrame:
    """Means over photos per method, seed and category, with the interval of PSNR.

    Args:
        scores: photo, category, method, seed, psnr_db and other figures of `MEASURES`.
        methods: those to tell of, in this order.
        balanced: tell the means over categories, `BALANCED`, too.

    Returns:
        method, category, seed, n, the figures, psnr_db_low, psnr_db_high; "all" stands only where
        a method coloured the photos of all categories.
    """
    rows = []
    n_categories = scores["category"].nunique()
    figures = [one for one in MEASURES if one in scores]
    for method in [one for one in methods if one in set(scores["method"])]:
        for seed, of_seed in scores[scores["method"] == method].groupby("seed"):
            for category, chosen in _parts(of_seed, n_categories, balanced):
                row = {"method": method, "category": category, "seed": seed, "n": len(chosen)}
                _, low, high = _mean(category, chosen, "psnr_db")
                interval = {"psnr_db_low": low, "psnr_db_high": high}
                means = {one: _mean(category, chosen, one)[0] for one in figures}
                rows.append({**row, **means, **interval})
    return pd.DataFrame(rows).round(5)


def gains(
    scores: pd.DataFrame, pairs: Sequence[tuple[str, str]] = PAIRS, *, balanced: bool = False
) -> pd.DataFrame:
    """Paired differences in PSNR on the same photos, with 95 % bootstrap intervals over photos.

    Args:
        scores: photo, category, method, seed, psnr_db.
        pairs: method, and what it is compared with.
        balanced: tell the means over categories, `BALANCED`, too.

    Returns:
        method, reference, category, seed, n, gain_db, low, high, spread_db. A seed meets the
        reference of the same seed where there is one, else that of seed 0. Where there are several,
        the row "mean" is of each photo's mean over seeds, and spread_db is the standard deviation
        between seeds.
    """
    n_categories = scores["category"].nunique()
    tables = {
        (str(method), int(str(seed))): rows.set_index("photo")
        for (method, seed), rows in scores.groupby(["method", "seed"])
    }
    rows = []
    for method, reference in pairs:
        found = {}
        for seed in sorted(seed for name, seed in tables if name == method):
            base = tables.get((reference, seed), tables.get((reference, 0)))
            if base is not None:
                found[seed] = _differences(tables[method, seed], base)
        pair = {"method": method, "reference": reference}
        for seed, differences in found.items():
            for category, part in _parts(differences, n_categories, balanced):
                about = {"category": category, "seed": seed}
                rows.append({**pair, **about, **_interval(category, part)})
        if len(found) > 1:
            of_seeds = _over_seeds([*found.values()], n_categories, balanced)
            rows += [{**pair, **row} for row in of_seeds]
    return pd.DataFrame(rows).round(4)


def _parts(
    rows: pd.DataFrame, n_categories: int, balanced: bool
) -> Iterator[tuple[str, pd.DataFrame]]:
    """Yield ("all", all rows) if they are of all categories, then each category and its rows."""
    if rows["category"].nunique() == n_categories:
        yield ALL, rows
        if balanced:
            yield BALANCED, rows
    for category, part in rows.groupby("category"):
        yield str(category), part


def _differences(own: pd.DataFrame, base: pd.DataFrame) -> pd.DataFrame:
    """Indexed by photo, those that both coloured: category, gain_db."""
    difference = (own["psnr_db"] - base["psnr_db"].reindex(own.index)).dropna()
    return pd.DataFrame({"category": own["category"].loc[difference.index], "gain_db": difference})


def _mean(category: str, rows: pd.DataFrame, column: str) -> tuple[float, float, float]:
    """The mean of a column over photos, or over categories, and its 95 % interval."""
    values = rows[column].to_numpy()
    if category == BALANCED:
        return group_means(values, rows["category"].factorize()[0])
    return float(values.mean()), *bootstrap_interval(values)


def _interval(category: str, differences: pd.DataFrame) -> dict[str, float]:
    mean, low, high = _mean(category, differences, "gain_db")
    return {"n": len(differences), "gain_db": mean, "low": low, "high": high}


def _over_seeds(seeds: Sequence[pd.DataFrame], n_categories: int, balanced: bool) -> Iterator[dict]:
    """Rows of the photos that every seed coloured: their means, and the spread between seeds."""
    together = pd.concat([one["gain_db"] for one in seeds], axis=1, join="inner")
    of_photos = pd.DataFrame(
        {"category": seeds[0]["category"].loc[together.index], "gain_db": together.mean(axis=1)}
    )
    for category, part in _parts(of_photos, n_categories, balanced):
        own = together.loc[part.index]
        means = own.groupby(part["category"]).mean() if category == BALANCED else own
        about = {"category": category, "seed": MEAN}
        yield {**about, **_interval(category, part), "spread_db": means.mean().std(ddof=1)}
