"""The photos that a worker keeps open, so that the next click on one costs its networks only."""

from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path

from pipeline.preview import OpenPhoto

MOST_PHOTOS = 2
MOST_BYTES = 16_000_000  # of one photo's features, copies and predictions


class KeptPhotos:
    """The photos that were looked at last; one that is not there is opened anew."""

    def __init__(self) -> None:
        """None yet."""
        self._photos: OrderedDict[Path, OpenPhoto] = OrderedDict()

    def take(self, path: Path, open_: Callable[[], OpenPhoto]) -> OpenPhoto:
        """A photo that is kept, or else one that is opened now; give it back by `keep`."""
        kept = self._photos.pop(path, None)
        return kept or open_()

    def keep(self, path: Path, photo: OpenPhoto) -> None:
        """Keep a photo, less the oldest predictions if it is too large with them, if at all."""
        photo.forget_above(MOST_BYTES)
        if photo.n_bytes > MOST_BYTES:
            return
        self._photos[path] = photo
        while len(self._photos) > MOST_PHOTOS:
            self._photos.popitem(last=False)
