"""Colour photos, in files or in memory: what commands, servers and Python programs use."""

import itertools
import logging
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from basics.errors import InColorError, Setting
from imaging.photo import Photo
from pipeline.engine.bundle import PRETRAINED_DIR, Bundle
from pipeline.engine.bundle_file import read_bundle
from pipeline.engine.engine import Engine
from pipeline.engine.request import ColorRequest, Limits, Rendering
from pipeline.engine.results import AnyFrame, Encoded, Prediction
from pipeline.engine.views import views_of
from pipeline.job import Job
from pipeline.media.colored import Colored
from pipeline.media.images import ImageFrame, colored_array, image_frame
from pipeline.media.names import default_output
from pipeline.media.pages import PagesSink
from pipeline.media.photo_files import PhotoFrame, PhotoSink, PhotoSource
from pipeline.media.pictures import write_pictures
from pipeline.media.sources import Sources

if TYPE_CHECKING:
    from PIL.Image import Image as PillowImage

log = logging.getLogger(__name__)

AS_THE_BUNDLE = ColorRequest()


class Colorizer:
    """The networks of one bundle; each is opened once, when a photo first needs it."""

    def __init__(
        self,
        models: str | Path | Bundle = PRETRAINED_DIR,
        *,
        colorizer: str | None = None,
        mode: str | None = None,
        device: str = "cpu",
        threads: int = 0,
    ) -> None:
        """Read the bundle.

        Args:
            models: folder with a bundle.json, or what was read of one.
            colorizer: an architecture of the bundle, for requests that name none; None takes that
                of the mode.
            mode: "faithful" or "vivid", for requests that name none; None takes the bundle's.
            device: "cuda", "coreml", "cpu" or "auto".
            threads: that share one run of a network; 0 takes all processors.

        Raises:
            CheckpointError: the bundle cannot be used.
            ConfigError: it has no such colorizer or mode.
        """
        self.bundle = models if isinstance(models, Bundle) else read_bundle(Path(models))
        self.engine = Engine(self.bundle, device=device, threads=threads)
        self.defaults = ColorRequest(mode=mode, colorizer=colorizer)
        self.engine.require(self.defaults)

    @property
    def architecture(self) -> str:
        """The name of the colorizers that colour unless a request names others."""
        return self.engine.architecture(self.defaults)

    @property
    def categories(self) -> list[str]:
        """What a photo can be coloured as."""
        return self.engine.categories(self.defaults)

    def colorize(
        self,
        path: str | Path,
        output: str | Path | None = None,
        request: ColorRequest | None = None,
        *,
        rendering: Rendering | None = None,
        limits: Limits | None = None,
        force: bool = False,
    ) -> Colored:
        """Colour one photo and write it.

        Args:
            path: the photo, of any size, in any format that libvips reads safely.
            output: where the result goes; None gives a name that tells what was asked for, such
                as photo_color_sunset.jpg, beside the input.
            request: how it is coloured; None leaves all to the bundle.
            rendering: how it is saved.
            limits: what it may cost.
            force: overwrite the result and its pictures if they exist; a photo itself never is.

        Raises:
            DataError: the photo cannot be read, or the result or a picture not be written.
            InColorError: it is in colour already, and `request.keep_color` says to leave it then.
            ConfigError: the bundle cannot do what is asked for.
            CheckpointError: a network of the bundle cannot be used.
            Cancelled: `limits.cancel` was used.
        """
        wanted, rendering = self.over_defaults(request), rendering or Rendering()
        self.engine.require(wanted)  # before its words stand in the name of a file
        target = Path(output) if output else default_output(Path(path), rendering.format, wanted)
        job = self.open(Path(path), target, wanted, rendering, limits or Limits(), force=force)
        colored = self.finish(job, wanted)
        for path in write_pictures(colored, rendering, job.sink.commit):
            log.info("written: %s", path)
        return colored

    def colorize_array(
        self, image: "NDArray[Any] | PillowImage", request: ColorRequest | None = None
    ) -> NDArray[Any]:
        """Colour a picture in memory.

        Args:
            image: (H, W) gray, (H, W, 3) RGB or (H, W, 4) RGBA, uint8 or uint16; or a Pillow image
                of any mode, which is converted as its mode says.
            request: how it is coloured; None leaves all to the bundle.

        Returns:
            (H, W, 3) RGB of the same size and depth, or (H, W, 4) RGBA with the alpha of `image`.

        Raises:
            DataError: `image` is no such picture.
            InColorError: it is in colour already, and `request.keep_color` says to leave it then.
            ConfigError: the bundle cannot do what is asked for.
            CheckpointError: a network of the bundle cannot be used.
        """
        frame, wanted = image_frame(image), self.over_defaults(request)
        _require_gray(frame, "image", wanted)
        (prediction,) = self.predict_frames([frame], wanted)
        return colored_array(prediction)

    def encode(self, image: "NDArray[Any] | PillowImage") -> Encoded[ImageFrame]:
        """Let the router see a picture, once, for any number of predictions.

        A prediction for which the best colours are asked has it seen in further views.

        Args:
            image: as `colorize_array` takes it.

        Returns:
            Its `ranking`, (category, confidence), the most confident first, and what `predict`
            needs.

        Raises:
            DataError: `image` is no such picture.
        """
        (encoded,) = self.engine.encode([image_frame(image, copy=True)])
        return encoded

    def predict(
        self, encoded: Encoded[Any], request: ColorRequest | None = None
    ) -> Prediction[Any]:
        """Predict the chrominance of an encoded picture: `ab`, (h, w, 2), at the networks' size.

        Raises:
            ConfigError: the bundle cannot do what is asked for.
            CheckpointError: a network of the bundle cannot be used.
        """
        (prediction,) = self.engine.predict([encoded], self.over_defaults(request))
        return prediction

    def over_defaults(self, request: ColorRequest | None) -> ColorRequest:
        """A request, with this colorizer's own mode where it names none."""
        return (request or AS_THE_BUNDLE).over(self.defaults)

    def open(
        self,
        path: Path,
        output: Path | Callable[[Photo], Path],
        request: ColorRequest,
        rendering: Rendering,
        limits: Limits,
        *,
        force: bool = False,
        sources: Sources | None = None,
    ) -> Job:
        """Open a photo and decode it for the networks; first make sure that it can be written.

        Args:
            path: of the photo.
            output: of the result, or what says it once the photo's header is read.
            request: how the photo is coloured.
            rendering: how the result is saved.
            limits: what the photo may cost.
            force: overwrite the result if it exists.
            sources: photos that are never overwritten, of a run of several.

        Raises:
            DataError: the photo cannot be read, or `output` not be written.
            InColorError: it is in colour already, and is to be left alone then.
            ConfigError: the bundle cannot do what is asked for.
        """
        started = time.perf_counter()
        limits.cancel.require()
        self.engine.require(request)
        source = PhotoSource(path, limits, reduced_px=self.bundle.router.inference_px)
        target = output if isinstance(output, Path) else output(source.photo)
        is_paged = rendering.pages == "all" and source.n_pages > 1
        how = {"rendering": rendering, "limits": limits, "force": force, "sources": sources}
        sink = (
            PagesSink(source.photo, target, **how)
            if is_paged
            else PhotoSink(source.photo, target, **how)
        )
        frame = source.first()
        frame.lightness(self.bundle.router.inference_px)  # damage is found here
        _require_gray(frame, path, request)
        seconds = time.perf_counter() - started
        return Job(frame=frame, source=source, sink=sink, seconds=seconds)

    def predict_frames(
        self, frames: Sequence[AnyFrame], request: ColorRequest
    ) -> list[Prediction[AnyFrame]]:
        """Classify frames and predict their chrominance, those of one size together."""
        return self.engine.predict(self.engine.encode(frames, views_of(request)), request)

    def finish(self, job: Job, request: ColorRequest) -> Colored:
        """Colour and write all pages of an opened photo that are wanted.

        Raises:
            DataError: a page is damaged, or the result cannot be written.
        """
        started = time.perf_counter()
        with job.sink as sink:
            first = self._color(job.frame, sink, request)
            if isinstance(sink, PagesSink):
                for frame in itertools.islice(job.source.frames(), 1, None):
                    self._color(frame, sink, request)
        return job.colored(first, request, job.seconds + time.perf_counter() - started)

    def write(
        self, job: Job, prediction: Prediction[PhotoFrame], request: ColorRequest, seconds: float
    ) -> Colored:
        """Write an opened photo in its predicted colours.

        Args:
            job: the photo.
            prediction: of its first page.
            request: how it was coloured.
            seconds: that have gone into it so far.

        Raises:
            DataError: the photo is damaged, or the result cannot be written.
        """
        started = time.perf_counter()
        with job.sink as sink:
            sink.write(job.frame, prediction.ab, prediction.saturation)
        return job.colored(prediction, request, seconds + time.perf_counter() - started)

    def _color(
        self, frame: PhotoFrame, sink: PhotoSink | PagesSink, request: ColorRequest
    ) -> Prediction[PhotoFrame]:
        """Predict and write one page."""
        (prediction,) = self.predict_frames([frame], request)
        sink.write(frame, prediction.ab, prediction.saturation)
        return prediction


def _require_gray(frame: PhotoFrame | ImageFrame, where: object, request: ColorRequest) -> None:
    """Raise `InColorError` if a picture has colours and is to be left alone then."""
    if request.keep_color and frame.has_color:
        fix, setting = "colour it all the same", Setting("keep_color", False)
        raise InColorError("the photo is in colour already", where, fix, setting)
