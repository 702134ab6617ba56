"""The photos of the Turing test, the sessions in which they are drawn, and their pictures.

A set looks at all photos at once, to tell those in colour; it makes the pictures of a photo, about
a third of a second of work on two cores, when that is first shown.
"""

import secrets
import tempfile
import threading
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, Self, runtime_checkable

import numpy as np

from basics.errors import ConfigError
from basics.temporaries import remove_stale_temporaries
from pipeline.turing.pairs import Pair, pair_of
from pipeline.turing.photos import RealPhoto, read_photos

if TYPE_CHECKING:
    from pipeline.colorizer import Colorizer

LENGTH = 20  # photos of a session, at most unless asked for
SESSION_BYTES = 8  # of chance


@dataclass(frozen=True, kw_only=True)
class Stimulus:
    """One photo of a session: which of the set's, and whether its colours are predicted."""

    index: int
    is_colored: bool


@dataclass(frozen=True, kw_only=True)
class Session:
    """What a player is shown.

    Attributes:
        id: random; goes with each answer.
        stimuli: in the order in which they are shown.
    """

    id: str
    stimuli: tuple[Stimulus, ...]


@dataclass(frozen=True, kw_only=True)
class Shown:
    """A stimulus with its pictures.

    Attributes:
        name: of the photo.
        category: that of its folder, else what the router predicts.
        is_colored: whether the colours of `path` are predicted.
        path: the JPEG that is shown.
        real: the one in the photo's own colours.
        colored: the one in predicted colours.
    """

    name: str
    category: str
    is_colored: bool
    path: Path
    real: Path
    colored: Path


@runtime_checkable
class Maker(Protocol):
    """Opens photos: in this process, or in another one."""

    def photos(self, folder: Path | None) -> tuple[Sequence[RealPhoto], Mapping[str, int]]:
        """As `pipeline.turing.photos.read_photos`."""
        ...

    def pair(self, photo: Path, cache_dir: Path) -> Pair:
        """As `pipeline.turing.pairs.pair_of`."""
        ...


@dataclass(frozen=True)
class OwnMaker:
    """Opens photos in this process."""

    colorizer: "Colorizer"

    def photos(self, folder: Path | None) -> tuple[Sequence[RealPhoto], Mapping[str, int]]:
        """Those in colour."""
        return read_photos(folder)

    def pair(self, photo: Path, cache_dir: Path) -> Pair:
        """Both pictures of one."""
        return pair_of(photo, self.colorizer, cache_dir)


class StimulusSet:
    """The photos of a test, and the pictures of those that were shown; for any number of threads.

    Attributes:
        photos: that can be drawn.
        left_out: reason -> how many are left out for it.
        cache_dir: where the pictures are.
    """

    photos: Sequence[RealPhoto]
    left_out: Mapping[str, int]
    cache_dir: Path

    def __init__(
        self,
        colorizer: "Colorizer | Maker",
        folder: Path | None = None,
        *,
        cache_dir: Path | None = None,
    ) -> None:
        """Look through the photos; no picture is made yet.

        Args:
            colorizer: predicts the colours; or what opens photos elsewhere.
            folder: with photos, or with a folder of photos for each category; None takes those of
                scikit-image, as a demonstration.
            cache_dir: keeps the pictures for the next time; None takes a temporary folder.

        Raises:
            DataError: there is no photo of use.
            ConfigError: the cache lies among the photos.
        """
        if folder and cache_dir and cache_dir.resolve().is_relative_to(folder.resolve()):
            fix = "choose another folder, or predicted colours would count as real"
            raise ConfigError("the cache lies among the photos", cache_dir, fix)
        self._maker = colorizer if isinstance(colorizer, Maker) else OwnMaker(colorizer)
        self.photos, self.left_out = self._maker.photos(folder)
        self._temporary = ExitStack()
        if cache_dir is None:
            folder_of_ours = tempfile.TemporaryDirectory(prefix="turing-")
            cache_dir = Path(self._temporary.enter_context(folder_of_ours))
        self.cache_dir = cache_dir
        remove_stale_temporaries(cache_dir)
        self._making = [threading.Lock() for _ in self.photos]

    def __enter__(self) -> Self:
        """Nothing to prepare."""
        return self

    def __exit__(self, *_: Any) -> None:
        """Close the set."""
        self.close()

    def close(self) -> None:
        """Remove the pictures if their folder is a temporary one."""
        self._temporary.close()

    def start_session(self, *, length: int | None = None, seed: int | None = None) -> Session:
        """Draw a session.

        Args:
            length: of the session, in photos; None is `LENGTH`, or as many as there are.
            seed: of the stimuli, 0 or more; None makes other ones each time. The session always is
                another one.

        Raises:
            ConfigError: `length` is below 1.
        """
        n_photos = len(self.photos)
        n_stimuli = min(LENGTH, n_photos) if length is None else length
        stimuli = draw_stimuli(n_photos, n_stimuli, np.random.default_rng(seed))
        return Session(id=secrets.token_hex(SESSION_BYTES), stimuli=stimuli)

    def show(self, stimulus: Stimulus) -> Shown:
        """The pictures of a stimulus, made if nobody has seen the photo yet.

        Both are made, whichever is shown: how long it takes must not tell which one it is.

        Raises:
            DataError: the photo cannot be read any more, or the pictures not be written.
            CheckpointError: a network of the bundle cannot be used.
        """
        photo = self.photos[stimulus.index]
        with self._making[stimulus.index]:
            pair = self._maker.pair(photo.path, self.cache_dir)
        real, colored = self.cache_dir / pair.real, self.cache_dir / pair.colored
        return Shown(
            name=photo.name,
            category=photo.category or pair.category,
            is_colored=stimulus.is_colored,
            path=colored if stimulus.is_colored else real,
            real=real,
            colored=colored,
        )


def draw_stimuli(n_photos: int, length: int, rng: np.random.Generator) -> tuple[Stimulus, ...]:
    """Cards in random order, half of them in predicted colours, up to one.

    No photo comes again before all others were there, nor twice in a row if there are two.

    Raises:
        ConfigError: `length` is below 1.
    """
    if length < 1:
        raise ConfigError(f"a session of {length} photos", "length", "give 1 or more")
    indices: list[int] = []
    while len(indices) < length:
        turn = rng.permutation(n_photos).tolist()
        if indices and turn[0] == indices[-1]:
            turn.append(turn.pop(0))
        indices += turn
    n_colored = (length + rng.integers(2)) // 2  # of an odd number either half
    are_colored = rng.permutation(np.arange(length) < n_colored).tolist()
    drawn = zip(indices[:length], are_colored, strict=True)
    return tuple(Stimulus(index=index, is_colored=is_colored) for index, is_colored in drawn)
