"""A photo on its way from file to file, and what is known of it in the end."""

from dataclasses import dataclass

from pipeline.engine.request import ColorRequest
from pipeline.engine.results import Prediction
from pipeline.media.colored import Colored
from pipeline.media.pages import PagesSink
from pipeline.media.photo_files import PhotoFrame, PhotoSink, PhotoSource


@dataclass(frozen=True, kw_only=True, eq=False)
class Job:
    """A photo that has been opened, and the file that waits for its colours.

    Attributes:
        frame: its first page.
        source, sink: its file, and that of the result.
        seconds: wall time so far.
    """

    frame: PhotoFrame
    source: PhotoSource
    sink: PhotoSink | PagesSink
    seconds: float

    def colored(
        self, prediction: Prediction[PhotoFrame], request: ColorRequest, seconds: float
    ) -> Colored:
        """What is known of the photo once it has been written.

        Args:
            prediction: of its first page.
            request: how it was coloured.
            seconds: wall time of all of it.
        """
        ranking, (width, height) = prediction.ranking, self.frame.size
        best = request.category or ranking[0][0]
        return Colored(
            input=self.frame.photo.path,
            output=self.sink.path,
            category=best,
            confidence=dict(ranking).get(best),
            ranking=ranking,
            width=width,
            height=height,
            seconds=round(seconds, 3),
            colorizer=prediction.colorizer,
        )
