"""What a worker does with a photo; each task gives what the server is told of it."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pyvips

from basics.cancel import CancelToken
from basics.errors import DataError
from imaging.formats import result_suffix
from imaging.photo import set_threads
from pipeline.colorizer import Colorizer
from pipeline.engine.bundle import Bundle
from pipeline.engine.request import ColorRequest, Limits, Rendering
from pipeline.preview import OpenPhoto
from pipeline.turing.pairs import pair_of
from pipeline.turing.photos import read_photos
from pipeline.web.workers.kept import KeptPhotos
from pipeline.web.workers.wire import clean

PREVIEW_PX = 1280  # long side of what the page shows
SHEET_PX = 480  # of a photo in the contact sheet
QUALITY = 92
RESULT = "result"  # the name of a coloured file, before its suffix

Told = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What all workers of a pool share.

    Attributes:
        bundle: of models.
        device: runs the networks.
        threads: of one photo.
        max_pixels: of one photo.
        max_bytes: resident memory of a worker, its networks included.
    """

    bundle: Bundle
    device: str
    threads: int
    max_pixels: int
    max_bytes: int


class Tasks:
    """The networks of one worker, and the photos that it keeps open."""

    def __init__(self, settings: Settings) -> None:
        """Open the router.

        Raises:
            CheckpointError: it cannot be used.
        """
        set_threads(settings.threads)
        self.settings = settings
        self.colorizer = Colorizer(
            settings.bundle, device=settings.device, threads=settings.threads
        )
        self.colorizer.engine.warm_up()
        self._kept = KeptPhotos()

    def colorize(self, cancel: CancelToken, *, photo: str, tolerate: bool, **how: Any) -> Told:
        """Colour a photo beside its file, as `pipeline.colorize` does."""
        path, request, rendering = Path(photo), ColorRequest(**how["request"]), _rendering(how)
        job = self.colorizer.open(
            path,
            lambda one: path.with_name(
                f"{RESULT}{result_suffix(path, one.loader, rendering.format)}"
            ),
            request,
            rendering,
            self._limits(cancel, tolerate=tolerate),
        )
        colored = self.colorizer.finish(job, request)
        return {
            "suffix": colored.output.suffix,
            "category": clean(colored.category),
            "ranking": _plain(colored.ranking),
            "width": colored.width,
            "height": colored.height,
            "seconds": colored.seconds,
            "colorizer": clean(colored.colorizer),
        }

    def open(self, cancel: CancelToken, *, photo: str, before: str) -> Told:
        """Open a photo and write it small, in gray."""
        path = Path(photo)
        opened = self._kept.take(path, lambda: self._open(path, cancel))
        write_small(opened.small.colourspace("b-w"), Path(before))
        self._kept.keep(path, opened)
        width, height = opened.frame.size
        return {"width": width, "height": height}

    def color(
        self, cancel: CancelToken, *, photo: str, after: str, request: Mapping[str, Any]
    ) -> Told:
        """Colour a photo small."""
        path = Path(photo)
        opened = self._kept.take(path, lambda: self._open(path, cancel))
        told = _color_small(opened, ColorRequest(**request), Path(after))
        self._kept.keep(path, opened)
        return told

    def full(self, cancel: CancelToken, *, photo: str, folder: str, **how: Any) -> Told:
        """Colour a photo at full size, into a folder."""
        path = Path(photo)
        opened = self._kept.take(path, lambda: self._open(path, cancel))
        told = self._save(opened, cancel, Path(folder), ColorRequest(**how["request"]))
        self._kept.keep(path, opened)
        return told

    def sheet(self, cancel: CancelToken, *, photo: str, folder: str) -> Told:
        """Colour a photo by each category's colorizer, small, into a folder."""
        path, target = Path(photo), Path(folder)
        opened = self._kept.take(path, lambda: self._open(path, cancel))
        ranking = []
        for index, (category, confidence, image) in enumerate(opened.sheet(SHEET_PX)):
            cancel.require()
            write_small(image, target / f"{index}.jpg")
            ranking.append((category, confidence))
        self._kept.keep(path, opened)
        return {"ranking": _plain(ranking)}

    def whole(
        self, cancel: CancelToken, *, photo: str, after: str, folder: str, **how: Any
    ) -> Told:
        """Colour a photo small and at full size, and do not keep it."""
        opened, request = self._open(Path(photo), cancel), ColorRequest(**how["request"])
        told = _color_small(opened, request, Path(after))
        saved = self._save(opened, cancel, Path(folder), request)
        return {**saved, "ranking": told["ranking"]}

    def look(self, cancel: CancelToken, *, folder: str | None) -> Told:
        """Look for photos in colour, for the Turing test."""
        photos, left_out = read_photos(None if folder is None else Path(folder))
        rows = [{**asdict(one), "path": str(one.path)} for one in photos]
        return {"photos": rows, "left_out": dict(left_out)}

    def pair(self, cancel: CancelToken, *, photo: str, folder: str) -> Told:
        """Make both pictures of a photo of the Turing test, unless they are there."""
        return asdict(pair_of(Path(photo), self.colorizer, Path(folder)))

    def _open(self, path: Path, cancel: CancelToken) -> OpenPhoto:
        return OpenPhoto(self.colorizer, path, longest_px=PREVIEW_PX, limits=self._limits(cancel))

    def _save(
        self, opened: OpenPhoto, cancel: CancelToken, folder: Path, request: ColorRequest
    ) -> Told:
        suffix = result_suffix(opened.path, opened.frame.photo.loader, None)
        target, limits = folder / f"{RESULT}{suffix}", self._limits(cancel)
        opened.save(target, request, Rendering(), limits=limits)
        return {"suffix": suffix}

    def _limits(self, cancel: CancelToken, *, tolerate: bool = False) -> Limits:
        return Limits(max_pixels=self.settings.max_pixels, tolerate=tolerate, cancel=cancel)


TASKS: Mapping[str, Callable[..., Told]] = {
    "colorize": Tasks.colorize, "open": Tasks.open, "color": Tasks.color, "full": Tasks.full,
    "sheet": Tasks.sheet, "whole": Tasks.whole, "look": Tasks.look, "pair": Tasks.pair,
}  # fmt: skip


def write_small(image: pyvips.Image, path: Path) -> None:
    """Write a picture for the page.

    Raises:
        DataError: there is no room for it, or its folder is gone.
    """
    try:
        image.write_to_file(str(path), Q=QUALITY, keep="none")
    except pyvips.Error as error:
        what = "the server cannot keep the picture"
        raise DataError(what, path.name, "send the photo again") from error


def _color_small(opened: OpenPhoto, request: ColorRequest, after: Path) -> Told:
    preview = opened.color(request)
    write_small(preview.after, after)
    used = [clean(entry.category) for entry, _ in preview.prediction.chosen]
    return {"ranking": _plain(preview.prediction.ranking), "used": used}


def _rendering(how: Mapping[str, Any]) -> Rendering:
    return Rendering(**how["rendering"])


def _plain(ranking: Any) -> list[tuple[str, float]]:
    return [(clean(category), float(confidence)) for category, confidence in ranking]
