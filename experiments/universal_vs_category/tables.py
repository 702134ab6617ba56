"""Means and paired gains of the methods that `experiments.universal_vs_category` compares."""

from collections.abc import Iterator, Sequence

import pandas as pd

from basics.statistics import bootstrap_interval
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


def levels(scores: pd.DataFrame) -> pd.DataFrame:
    """Means over photos per method, seed and category, with the interval of PSNR.

    Args:
        scores: photo, category, method, seed and the figures of `MEASURES`.

    Returns:
        method, category, seed, n, the figures, psnr_db_low, psnr_db_high; "all" stands only where
        a method coloured the photos of all categories.
    """
    rows = []
    n_categories = scores["category"].nunique()
    for method in [one for one in METHODS if one in set(scores["method"])]:
        for seed, of_seed in scores[scores["method"] == method].groupby("seed"):
            for category, chosen in _parts(of_seed, n_categories):
                psnr = chosen["psnr_db"].to_numpy()
                row = {"method": method, "category": category, "seed": seed, "n": len(psnr)}
                low, high = bootstrap_interval(psnr)
                interval = {"psnr_db_low": low, "psnr_db_high": high}
                rows.append({**row, **chosen[[*MEASURES]].mean(), **interval})
    return pd.DataFrame(rows).round(5)


def gains(scores: pd.DataFrame) -> pd.DataFrame:
    """Paired differences in PSNR on the same photos, with 95 % bootstrap intervals over photos.

    Args:
        scores: photo, category, method, seed, psnr_db.

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
    for method, reference in PAIRS:
        found = {}
        for seed in sorted(seed for name, seed in tables if name == method):
            base = tables.get((reference, seed), tables.get((reference, 0)))
            if base is not None:
                found[seed] = _differences(tables[method, seed], base)
        pair = {"method": method, "reference": reference}
        for seed, differences in found.items():
            for category, part in _parts(differences, n_categories):
                rows.append({**pair, "category": category, "seed": seed, **_interval(part)})
        if len(found) > 1:
            rows += [{**pair, **row} for row in _over_seeds([*found.values()], n_categories)]
    return pd.DataFrame(rows).round(4)


def _parts(rows: pd.DataFrame, n_categories: int) -> Iterator[tuple[str, pd.DataFrame]]:
    """Yield ("all", all rows) if they are of all categories, then each category and its rows."""
    if rows["category"].nunique() == n_categories:
        yield ALL, rows
    for category, part in rows.groupby("category"):
        yield str(category), part


def _differences(own: pd.DataFrame, base: pd.DataFrame) -> pd.DataFrame:
    """Indexed by photo, those that both coloured: category, gain_db."""
    difference = (own["psnr_db"] - base["psnr_db"].reindex(own.index)).dropna()
    return pd.DataFrame({"category": own["category"].loc[difference.index], "gain_db": difference})


def _interval(differences: pd.DataFrame) -> dict[str, float]:
    values = differences["gain_db"].to_numpy()
    low, high = bootstrap_interval(values)
    return {"n": len(values), "gain_db": values.mean(), "low": low, "high": high}


def _over_seeds(seeds: Sequence[pd.DataFrame], n_categories: int) -> Iterator[dict]:
    """Rows of the photos that every seed coloured: their means, and the spread between seeds."""
    together = pd.concat([one["gain_db"] for one in seeds], axis=1, join="inner")
    of_photos = pd.DataFrame(
        {"category": seeds[0]["category"].loc[together.index], "gain_db": together.mean(axis=1)}
    )
    for category, part in _parts(of_photos, n_categories):
        spread = together.loc[part.index].mean().std(ddof=1)
        yield {"category": category, "seed": MEAN, **_interval(part), "spread_db": spread}
