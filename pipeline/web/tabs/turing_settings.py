"""What the Turing test of a server is made of."""

from dataclasses import dataclass
from pathlib import Path

from pipeline.turing.answers import ANSWERS


@dataclass(frozen=True, kw_only=True)
class TuringTest:
    """Where photos come from and answers go.

    Attributes:
        folder: of real colour photos; None takes scikit-image's, as a demonstration.
        answers: an SQLite file.
    """

    folder: Path | None = None
    answers: Path = ANSWERS
