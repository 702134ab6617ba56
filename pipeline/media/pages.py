"""TIFF files of several pages, each coloured as a photo of its own."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from basics.errors import DataError
from basics.files import atomic_write, temporary_folder
from imaging.formats import TIFF
from pipeline.engine.results import Colored


def colorize_pages(
    target: Path, n_pages: int, colorize_page: Callable[[int, Path], Colored]
) -> Colored:
    """Colour every page of a file into one TIFF.

    Args:
        target: the result.
        n_pages: of the file.
        colorize_page: colours a page, counted from 0, into a TIFF of its own.

    Returns:
        what is known of the first page, with the time of all.

    Raises:
        DataError: a page cannot be read, or `target` is no TIFF.
    """
    if target.suffix.lower() not in TIFF:
        raise DataError(
            f"{target.suffix} holds one page, not {n_pages}", target, "give --format tiff"
        )
    with temporary_folder(target) as folder:
        pages = [colorize_page(page, folder / f"{page}.tif") for page in range(n_pages)]
        _join([page.output for page in pages], target)
    seconds = round(sum(page.seconds for page in pages), 3)
    return replace(pages[0], output=target, seconds=seconds)


def _join(parts: Sequence[Path], target: Path) -> None:
    """Write the pages of several TIFF files into one."""
    import tifftools

    with atomic_write(target) as side:
        tifftools.tiff_concat([str(part) for part in parts], str(side), overwrite=True)
