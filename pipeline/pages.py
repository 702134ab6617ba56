"""TIFF files of several pages, each coloured as a photo of its own."""

from dataclasses import replace
from typing import TYPE_CHECKING

from pipeline.results import Colored
from preprocessing.cli import aside, written_aside
from preprocessing.errors import DataError
from preprocessing.formats import TIFF

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline.options import Options
    from pipeline.router import Colorizer


def colorize_pages(
    colorizer: "Colorizer", path: "Path", target: "Path", options: "Options", n_pages: int
) -> Colored:
    """Colour every page into one TIFF.

    Returns:
        what is known of the first page, with the time of all.

    Raises:
        DataError: a page cannot be read, or `target` is no TIFF.
    """
    if target.suffix.lower() not in TIFF:
        raise DataError(
            f"{target.suffix} holds one page, not {n_pages}", path, "give --format tiff"
        )
    pages = []
    with aside(target) as folder:
        for page in range(n_pages):
            part = folder / f"{page}.tif"
            seen = colorizer.look(path, part, options, page=page)
            (predicted,) = colorizer.predict([seen], options)
            pages.append(colorizer.write(predicted, part, options))
        _join([page.output for page in pages], target)
    seconds = round(sum(page.seconds for page in pages), 3)
    return replace(pages[0], output=target, seconds=seconds)


def _join(parts: "list[Path]", target: "Path") -> None:
    """Write the pages of several TIFF files into one."""
    import tifftools

    with written_aside(target) as side:
        tifftools.tiff_concat([str(part) for part in parts], str(side), overwrite=True)
