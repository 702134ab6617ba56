"""The fields of bundle.json, formats 1 and 2: checked one by one, then as a whole."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from pipeline.engine.bundle import (
    AB,
    FAITHFUL,
    FEATURES,
    LIGHTNESS,
    ROUTER,
    UNIVERSAL,
    Bundle,
    Mode,
    ModelEntry,
)
from pipeline.engine.json_fields import (
    Unfit,
    a_file,
    a_list,
    a_name,
    a_number,
    a_sha256,
    a_table,
    a_truth,
    a_whole_number,
    an_object,
    inside,
    or_none,
    take,
)
from pipeline.engine.request import MOST_SATURATION

FORMAT = 2  # that is written
READ = (1, 2)
CONFIDENCES = "confidences"  # what the router gives first
KNOWN = {  # names of the fields, by format
    "bundle": {"format", *(field.name for field in fields(Bundle))} - {"folder", "extra"},
    "entry": {field.name for field in fields(ModelEntry)} - {"extra"},
    "mode": {"colorizer", "saturation"},
}
RENAMED = ("unsure_below", "short_side")  # in format 1: fallback_threshold, inference_px

confidence = a_number(0, 1)
weight = a_number(1e-6, 1e6)  # its logarithm is taken
temperature = a_number(1e-3, 1e3)
side_px = a_whole_number(32, 4096)
names = a_list(a_name, most=100)


def bundle_of(folder: Path, content: Mapping[str, Any]) -> Bundle:
    """What bundle.json says.

    Args:
        folder: where it lies.
        content: its JSON; what it may leave out has a default.

    Raises:
        Unfit: a field is missing, is not of its type or range, or does not agree with another.
    """
    first = take(content, "format", a_whole_number(*READ)) == 1
    encoder = take(content, "encoder_sha256", a_sha256)
    lists = take(
        content,
        "colorizers",
        a_table(a_list(lambda one: _entry(one, first, "colorizer"), most=1000)),
    )
    tables = {
        architecture: _table(entries, encoder, f".colorizers.{architecture}")
        for architecture, entries in lists.items()
    }
    bundle = Bundle(
        folder=folder,
        categories=take(content, "categories", a_list(a_name, most=1000)),
        category_weights=take(content, "category_weights", a_list(weight, most=1000)),
        encoder_sha256=encoder,
        fallback_threshold=take(
            content, "unsure_below" if first else "fallback_threshold", confidence
        ),
        default=take(content, "default", a_name),
        router=take(content, "router", lambda one: _entry(one, first, "router")),
        colorizers=tables,
        training=take(content, "training", a_list(lambda one: _entry(one, first, "training"))),
        temperature=take(content, "temperature", temperature, 1.0),
        top=take(content, "top", a_whole_number(1, 1000), 1),
        universal_rest=take(content, "universal_rest", a_truth, False),
        modes=take(content, "modes", a_table(lambda one: _mode(one, first)), {}),
        mode=take(content, "mode", a_name, FAITHFUL),
        extra=_others(content, "bundle", first),
    )
    _require_agreement(bundle)
    return bundle


def _entry(content: Any, first: bool, kind: str) -> ModelEntry:
    """A model; format 1 said by its training alone whether it takes the encoder's features."""
    content = an_object(content)
    training = take(content, "training", an_object, {})
    category = take(content, "category", a_name)
    if first:
        encoder = take(training, "encoder_sha256", or_none(a_sha256), None)
        inputs = (FEATURES if kind == "colorizer" and encoder is not None else LIGHTNESS,)
        outputs = {
            "router": (CONFIDENCES, FEATURES),
            "training": (CONFIDENCES,) if category == ROUTER else (AB,),
        }.get(kind, (AB,))
    else:
        encoder = take(content, "encoder_sha256", or_none(a_sha256), None)
        inputs = take(content, "inputs", names, (LIGHTNESS,))
        outputs = take(content, "outputs", names, (AB,))
    return ModelEntry(
        file=take(content, "file", a_file),
        sha256=take(content, "sha256", a_sha256),
        architecture=take(content, "architecture", a_name),
        category=category,
        precision=take(content, "precision", a_name),
        inference_px=take(content, "short_side" if first else "inference_px", side_px),
        stride=take(content, "stride", a_whole_number(1, 512), 32),
        inputs=inputs,
        outputs=outputs,
        conditioning=take(content, "conditioning", names, ()),
        encoder_sha256=encoder,
        training=training,
        validation=take(content, "validation", a_table(a_number(-1e9, 1e9)), {}),
        extra=_others(content, "entry", first),
    )


def _mode(content: Any, first: bool) -> Mode:
    content = an_object(content)
    return Mode(
        colorizer=take(content, "architecture" if first else "colorizer", a_name),
        saturation=take(content, "saturation", a_number(0, MOST_SATURATION)),
        extra={} if first else _others(content, "mode", first),
    )


def _others(content: Mapping[str, Any], kind: str, first: bool) -> dict[str, Any]:
    """What this program does not know; a newer one may."""
    known = {*KNOWN[kind], *(RENAMED if first else ())}
    return {name: one for name, one in content.items() if name not in known}


def _require_agreement(bundle: Bundle) -> None:
    """Raise `Unfit` where fields do not agree."""
    categories, weights = bundle.categories, bundle.category_weights
    if not categories:
        raise Unfit("it has none", ".categories")
    _require_single(categories, ".categories")
    if len(weights) != len(categories):
        what = f"{len(weights)} numbers for {len(categories)} categories"
        raise Unfit(what, ".category_weights")
    for one in (UNIVERSAL, ROUTER):
        if one in categories:
            raise Unfit(f"{one!r} stands for something else", ".categories")
    if not bundle.colorizers:
        raise Unfit("it has none", ".colorizers")
    _require_known(bundle.default, bundle.colorizers, ".default")
    for name, mode in bundle.modes.items():
        _require_known(mode.colorizer, bundle.colorizers, f".modes.{name}.colorizer")
    if bundle.mode not in {FAITHFUL, *bundle.modes}:
        known = ", ".join(sorted({FAITHFUL, *bundle.modes}))
        raise Unfit(f"{bundle.mode!r} is none of the modes {known}", ".mode")
    with inside(".router"):
        if bundle.router.inputs != (LIGHTNESS,):
            raise Unfit(f"a router takes {LIGHTNESS!r} alone", ".inputs")
        if bundle.router.outputs[:1] != (CONFIDENCES,):
            raise Unfit(f"a router gives {CONFIDENCES!r} first", ".outputs")
    _require_one_content(bundle)


def _table(entries: tuple[ModelEntry, ...], encoder: str, at: str) -> dict[str, ModelEntry]:
    """The colorizers of an architecture by category."""
    _require_single([one.category for one in entries], at)
    for index, one in enumerate(entries):
        if FEATURES in one.inputs and one.encoder_sha256 != encoder:
            what = "it takes the features of another encoder than the router's"
            raise Unfit(what, f"{at}[{index}].encoder_sha256")
    if UNIVERSAL not in {one.category for one in entries}:
        raise Unfit("it has no universal colorizer", at)
    return {one.category: one for one in entries}


def _require_single(found: Sequence[str], at: str) -> None:
    (most, count), *_ = Counter(found).most_common(1) or [("", 0)]
    if count > 1:
        raise Unfit(f"{most!r} stands {count} times", at)


def _require_known(name: str, known: Collection[str], at: str) -> None:
    if name not in known:
        raise Unfit(f"{name!r} is none of {', '.join(sorted(known))}", at)


def _require_one_content(bundle: Bundle) -> None:
    """A file may serve several categories, but has one content."""
    contents: dict[str, str] = {}
    for entry in bundle.entries:
        if contents.setdefault(entry.file, entry.sha256) != entry.sha256:
            raise Unfit(f"of {entry.file} two of them are told", ".sha256")
