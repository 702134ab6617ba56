"""The photos of the Turing test, opened by workers as all photos are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.turing.pairs import Pair
from pipeline.turing.photos import RealPhoto
from pipeline.web.service import ColorService
from pipeline.web.workers import messages
from pipeline.web.workers.jobs import Ask


@dataclass(frozen=True)
class ByWorkers:
    """What `pipeline.turing.stimuli.StimulusSet` needs; see `Maker` there."""

    service: ColorService

    def photos(self, folder: Path | None) -> tuple[Sequence[RealPhoto], Mapping[str, int]]:
        """Those in colour; there may be thousands, so that takes the time it takes."""
        how = {"folder": None if folder is None else str(folder)}
        ask = Ask(task="look", how=how, reply=messages.Found, is_timed=False)
        found = self.service.submit(ask).done.result()
        photos = [
            RealPhoto(name=one.name, path=Path(one.path), category=one.category)
            for one in found.photos
        ]
        return photos, found.left_out

    def pair(self, photo: Path, cache_dir: Path) -> Pair:
        """Both pictures of one."""
        how = {"photo": str(photo), "folder": str(cache_dir)}
        ask = Ask(task="pair", how=how, reply=messages.PairOf)
        pair = self.service.submit(ask).done.result()
        return Pair(category=pair.category, real=pair.real, colored=pair.colored)
