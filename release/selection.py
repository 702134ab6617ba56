"""Which colorizers colour a photo: how many are blended, and when the universal one alone."""

import logging
from dataclasses import replace
from pathlib import Path

from evaluation.blends import choose_threshold, choose_way, measure_ways, summarize
from pipeline.colorizer import Colorizer
from pipeline.engine.bundle import Bundle

log = logging.getLogger(__name__)


def choose_blend(bundle: Bundle, packed_dir: Path) -> Bundle:
    """How many colorizers are blended, and when the universal one colours alone."""
    measured = measure_ways(Colorizer(bundle), packed_dir)
    way = choose_way(measured)
    log.info("%s", summarize(measured).to_string(index=False))
    return replace(
        bundle,
        top=way.top,
        universal_rest=way.universal_rest,
        fallback_threshold=choose_threshold(measured, way),
    )
