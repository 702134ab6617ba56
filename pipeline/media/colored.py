"""What became of a photo: where the result is, and how it came about."""

import base64
import html
from dataclasses import dataclass
from pathlib import Path

from pipeline.engine.routing import Ranking

NOTEBOOK_PX = 480  # long side of each half of the picture in a notebook


@dataclass(frozen=True, kw_only=True)
class Colored:
    """One coloured photo; in a notebook it shows itself, before and after.

    Attributes:
        input, output: paths.
        category: the most confident one, or the one that the caller named.
        confidence: the router's for that category, 0 to 1; None if it does not know it.
        ranking: (category, confidence) of all that the router knows, most confident first.
        width, height: px, of input and output alike.
        seconds: wall time; of a photo in a batch with its share of the networks' time.
        colorizer: what coloured it, such as "shared_encoder/beach"; of a blend all, joined by
            "+", the weightiest first.
    """

    input: Path
    output: Path
    category: str
    confidence: float | None
    ranking: Ranking
    width: int
    height: int
    seconds: float
    colorizer: str

    def _repr_html_(self) -> str:
        """What a notebook shows."""
        from pipeline.media.pictures import before_and_after

        both = before_and_after(self, NOTEBOOK_PX)
        picture = base64.b64encode(both.write_to_buffer(".jpg", Q=85, keep="none")).decode()
        confidence = "" if self.confidence is None else f" ({self.confidence:.0%})"
        caption = html.escape(
            f"{self.output}: {self.category}{confidence}, {self.width} x {self.height} px,"
            f" {self.seconds:.1f} s"
        )
        return (
            f'<figure><img alt="before and after" src="data:image/jpeg;base64,{picture}">'
            f"<figcaption>{caption}</figcaption></figure>"
        )
