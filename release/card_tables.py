"""The tables of the model card, as Markdown, from the bundle and what was measured of it."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from basics.errors import DataError
from pipeline.engine.bundle import FEATURES, LIGHTNESS, UNIVERSAL, Bundle, ModelEntry
from preprocessing.categories import ANY
from preprocessing.inventory import read_rows
from preprocessing.split import SPLITS

if TYPE_CHECKING:
    import pandas as pd

MEASURED = ("gray", "mean tint of the category", "universal", "routed", "ground truth")
HEADS = {  # of the columns of splits
    "train": "training",
    "val": "validation",
    "test": "test",
    "val_more": "further validation",
    "test_more": "further test",
}
ENCODERS = {  # whose ImageNet weights the encoder started from, and their licence
    "mobilenet_v2": "MobileNetV2 1.0 (224 px) in google-coral/edgetpu (Apache-2.0)",
    "efficientnet_lite0": "EfficientNet-Lite0 in tensorflow/tpu (Apache-2.0)",
    "efficientnet_lite1": "EfficientNet-Lite1 in tensorflow/tpu (Apache-2.0)",
    "efficientnet_lite2": "EfficientNet-Lite2 in tensorflow/tpu (Apache-2.0)",
}
SCHEDULE = ("size", "learning_rate", "policy", "start")


def read_table(path: Path, columns: Iterable[str], command: str) -> "pd.DataFrame":
    """A table below results/.

    Raises:
        DataError: it is missing, or was written by an older program.
    """
    import pandas as pd

    if not path.is_file():
        raise DataError(f"no {path.name}, which the model card tells of", path, f"run: {command}")
    table = pd.read_csv(path)
    missing = sorted(set(columns) - set(table))
    if missing:
        raise DataError(f"columns are missing: {', '.join(missing)}", path, f"run: {command}")
    return table


def blending(bundle: Bundle) -> str:
    """Which colorizers a photo goes through after the router."""
    is_blend = bundle.top > 1
    best = f"colorizers of the {bundle.top} best, blended" if is_blend else "colorizer of the best"
    rest = " with the universal one, which takes the rest" if bundle.universal_rest else ""
    unsure = f", or the universal one where none reaches {bundle.fallback_threshold:.2f}"
    return f"the {best}{rest}{unsure if bundle.fallback_threshold > 0 else ''}"


def mode_list(bundle: Bundle) -> str:
    """The modes, the default one named, with the factors of their chrominance."""
    names = {bundle.mode, *bundle.modes}
    factors = {name: bundle.find_mode(name).saturation for name in sorted(names)}
    facts = " and ".join(f"`{name}` ({factor:g})" for name, factor in factors.items())
    return f"Modes, with the factor of their chrominance: {facts}; `{bundle.mode}` is the default"


def architecture_table(bundle: Bundle) -> str:
    """The kinds of colorizers, and how many categories have one of their own."""
    kinds = {FEATURES: "decoders on the router's encoder", LIGHTNESS: "networks of their own"}
    known = {"encoder_decoder": "the network of the paper, Fig. 3"}
    cells = [
        [name, known.get(name, kinds[table[UNIVERSAL].inputs[0]]), len(table.keys() - {UNIVERSAL})]
        for name, table in bundle.colorizers.items()
    ]
    return markdown(["colorizer", "what it is", "categories with their own"], cells)


def router_facts(bundle: Bundle) -> str:
    """What validation decided of the router: its precision, and how far it is to be believed."""
    facts, sentences = bundle.router.validation, []
    if "int8_agreement" in facts:
        sentences.append(
            f"The router is shipped in {bundle.router.precision}: in int8 its first choice is the\n"
            f"same for {facts['int8_agreement']:.1%} of the validation photos, and the colorizers "
            f"that it feeds lose {facts['int8_loss_db']:.3f} dB."
        )
    if "calibration_error_before" in facts:
        before, after = facts["calibration_error_before"], facts["calibration_error"]
        kept = f"the temperature {bundle.temperature:g}" if bundle.temperature != 1 else "none"
        sentences.append(
            f"Its temperature was fitted and judged on different photos of the validation split:\n"
            f"{kept} was kept (expected calibration error {before:.3f} before, {after:.3f} after; "
            f"negative\nlog-likelihood {facts['nll_before']:.3f}, {facts['nll']:.3f})."
        )
    return "\n".join(sentences) + "\n\n" if sentences else ""


def data_table(packed_dir: Path) -> tuple[str, dict[str, int]]:
    """Photos per category and split, those without category too; and the totals, by split.

    The further splits have columns where there are such photos.

    Raises:
        DataError: nothing was packed.
    """
    rows = read_rows(packed_dir / "photos.csv")
    if not rows:
        fix = f"run: python -m preprocessing RAW_DIR {packed_dir}"
        raise DataError("no packed photos to count", packed_dir / "photos.csv", fix)
    counts: dict[str, dict[str, int]] = {}
    for row in rows:
        of_category = counts.setdefault(row.category, dict.fromkeys(HEADS, 0))
        if row.result in of_category:
            of_category[row.result] += 1
    totals = {split: sum(one[split] for one in counts.values()) for split in HEADS}
    shown = [split for split in HEADS if split in SPLITS or totals[split]]
    cells = [
        [name, *(one[split] for split in shown)]
        for name, one in (*sorted(counts.items()), ("all", totals))
    ]
    return markdown(["category", *(HEADS[split] for split in shown)], cells), totals


def without_category(packed_dir: Path) -> int:
    """How many training photos are of no category."""
    rows = read_rows(packed_dir / "photos.csv")
    return sum(row.category == ANY and row.result == "train" for row in rows)


def schedule_table(bundle: Bundle, seconds: Mapping[str, float]) -> str:
    """One row per schedule: what was trained by it, on how many photos shown, for how long.

    Args:
        bundle: whose networks say how they were trained.
        seconds: run -> seconds, such as "colorizers/shared_encoder/beach".
    """
    groups: dict[tuple[Any, ...], list[ModelEntry]] = {}
    for file in (bundle.router, *(one for t in bundle.colorizers.values() for one in t.values())):
        of_all = [None] if file.category in (UNIVERSAL, bundle.router.category) else ["own"]
        facts = tuple(str(file.training.get(key, "")) for key in SCHEDULE)
        groups.setdefault((file.architecture, *of_all, photos_shown(file), *facts), []).append(file)
    cells = []
    for (architecture, _, shown, *facts), files in groups.items():
        names = "router" if files[0] is bundle.router else _name(files)
        took = [seconds.get(_run(bundle, file)) for file in files]
        known = [one for one in took if one is not None]
        minutes = f"{sum(known) / 60:.0f}" if len(known) == len(files) else ""
        cells.append([architecture, names, f"{shown:,}" if shown else "", *facts, minutes])
    heads = ["network", "for", "photos shown to each", "px", "learning rate", "precision"]
    return markdown([*heads, "start", "minutes, all"], cells)


def photos_shown(file: ModelEntry) -> int:
    """How many photos (repetitions counted) a network saw in its own run; 0 if it is not told."""
    facts = file.training
    epochs = facts.get("epochs", 0) + facts.get("head_epochs", 0)
    an_epoch = facts.get("steps_per_epoch", 0) * facts.get("batch_size", 0) or facts.get(
        "photos", 0
    )
    return epochs * an_epoch


def overall_table(scores: "pd.DataFrame") -> str:
    """Means over all test photos, a row per method."""
    over_all = scores[scores["category"] == "all"]
    cells = []
    for row in over_all.to_dict("records"):
        is_truth = row["method"] == "ground truth"
        interval = f"{row['psnr_db_low']:.2f} to {row['psnr_db_high']:.2f}"
        measured = ["", "", ""] if is_truth else [f"{row['psnr_db']:.2f}", interval]
        measured = measured if is_truth else [*measured, f"{row['ssim']:.3f}"]
        cells.append([row["method"], *measured, f"{row['colorfulness']:.1f}"])
    return markdown(["method", "PSNR in dB", "95 % interval", "SSIM", "colorfulness"], cells)


def category_table(scores: "pd.DataFrame", router: "pd.DataFrame") -> str:
    """A row per category: baselines, ours, how colourful, and how often the router is right.

    Raises:
        DataError: a method was not measured.
    """
    missing = sorted(set(MEASURED) - set(scores["method"]))
    if missing:
        fix = "run: python -m evaluation.evaluate"
        raise DataError(f"not measured: {', '.join(missing)}", "evaluation.csv", fix)
    by = scores.set_index(["method", "category"])
    hits = router.set_index("category")
    cells = []
    for category in (*sorted(set(scores["category"]) - {"all"}), "all"):
        gray, tint, universal, ours, truth = (by.loc[(one, category)] for one in MEASURED)
        psnrs = [f"{one['psnr_db']:.2f}" for one in (gray, tint, universal, ours)]
        interval = f"{ours['psnr_db_low']:.2f} to {ours['psnr_db_high']:.2f}"
        ssims = f"{ours['ssim']:.3f} ({ours['ssim'] - gray['ssim']:+.3f})"
        kept = f"{100 * ours['colorfulness'] / truth['colorfulness']:.0f} %"
        tops = [f"{hits.loc[category, k]:.2f}" for k in ("top_1", "top_3")]
        cells.append([category, int(ours["n"]), *psnrs, interval, ssims, kept, *tops])
    heads = ["category", "n", "gray", "mean tint", "universal", "routed", "95 % interval"]
    return markdown([*heads, "SSIM (over gray)", "colorfulness", "top-1", "top-3"], cells)


def markdown(heads: Sequence[object], rows: Iterable[Sequence[object]]) -> str:
    """A Markdown table."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)


def _name(files: Sequence[ModelEntry]) -> str:
    """For which categories some networks are: named, if they are few."""
    names = [one.category for one in files]
    return ", ".join(names) if len(names) <= 4 else f"{len(names)} categories"


def _run(bundle: Bundle, file: ModelEntry) -> str:
    """The run folder of a network, as the training log names it."""
    if file is bundle.router:
        return f"classifier/{file.architecture}"
    return f"colorizers/{file.architecture}/{file.category}"
