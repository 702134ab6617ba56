"""The tables of `experiments.category_forms`: levels, paired gains, and what is to ship."""

from collections.abc import Mapping, Sequence

import pandas as pd

from colorizers.config import UNIVERSAL
from experiments.category_forms.photos import ALL, BEST
from experiments.category_forms.predictions import NOTHING, WAYS
from experiments.category_forms.runs import DECODER, FORMS, FormsConfig, plan
from experiments.category_forms.scores import GRAY, VAL, method_of
from experiments.universal_vs_category.tables import ALL as ALL_PHOTOS
from experiments.universal_vs_category.tables import MEAN, gains, levels

METHODS = (GRAY, UNIVERSAL, *(method_of(form, way) for form in FORMS for way in WAYS[form]))
DESIGN = method_of(DECODER, BEST)  # a colorizer for each category, the three best blended


def pairs() -> list[tuple[str, str]]:
    """Each form in each way against the universal network, and against decoders told the same."""
    found = []
    for form in FORMS:
        for way in WAYS[form]:
            found.append((method_of(form, way), UNIVERSAL))
            if form != DECODER and way != NOTHING:
                against = BEST if way == ALL else way  # decoders would pay for all twenty
                found.append((method_of(form, way), method_of(DECODER, against)))
    return found


def tables_of(
    scores: pd.DataFrame, config: FormsConfig, categories: Sequence[str]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Levels, with what each form cost, and paired gains, of each split.

    Args:
        scores: rows of `scores.score_form` and `scores.score_gray`.
        config: of the comparison.
        categories: those of the photos.

    Returns:
        As `universal_vs_category.tables` has them, with the means over categories, after a column
        split; levels also have networks, photos_per_network, photos_in_all, size, batch_size and
        the factor of `mean_ab`.
    """
    parts = {str(split): rows for split, rows in scores.groupby("split", sort=False)}
    found = [
        _with_split({split: make(rows) for split, rows in parts.items()})
        for make in (
            lambda rows: levels(rows, METHODS, balanced=True),
            lambda rows: gains(rows, pairs(), balanced=True),
        )
    ]
    factors = scores.groupby(["method", "seed"], as_index=False)["factor"].first()
    costs = budgets(config, categories)
    return found[0].merge(costs, how="left").merge(factors, how="left"), found[1]


def budgets(config: FormsConfig, categories: Sequence[str]) -> pd.DataFrame:
    """What each method cost beyond the universal network from which all start."""
    rows = []
    for form in (UNIVERSAL, *FORMS):
        networks = plan(config, form, categories, 0) or plan(config, UNIVERSAL, categories, 0)
        facts = {
            "networks": len(networks),
            "photos_per_network": networks[0].photos,
            "photos_in_all": sum(one.photos for one in networks),
            "size": config.size,
            "batch_size": config.batch_size,
        }
        rows += [{"method": method_of(form, way), **facts} for way in WAYS[form]]
    return pd.DataFrame(rows).drop_duplicates()


def choose(table: pd.DataFrame) -> str:
    """The method that is to ship, by validation photos: the decoders, unless they lose.

    Another form takes their place where its gain over them has an interval above 0, the best of
    such forms; all as they are told by a router.

    Args:
        table: the gains of `tables_of`.
    """
    rows = table[(table["split"] == VAL) & (table["category"] == ALL_PHOTOS)]
    seeds = rows["seed"].astype(str)
    rows = rows[seeds == (MEAN if (seeds == MEAN).any() else "0")]
    better = rows[(rows["reference"] == DESIGN) & (rows["low"] > 0)]
    if better.empty:
        return DESIGN
    return str(better.loc[better["gain_db"].idxmax(), "method"])


def _with_split(parts: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    whole = pd.concat([one.assign(split=split) for split, one in parts.items()])
    return whole[["split", *whole.columns.drop("split")]].reset_index(drop=True)
