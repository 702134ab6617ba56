"""What the server takes from a worker: checked word by word, for a photo may have subverted it."""

import json
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from basics.errors import ProjectError, Setting
from imaging.formats import FORMATS, READABLE
from pipeline.web.workers.wire import KINDS, MOST_LETTERS

MOST_BYTES = 16_000_000  # of one message
MOST_RANKED = 10_000  # categories
MOST_PX = 1_000_000_000  # of a side
SUFFIXES = {*READABLE, *FORMATS.values(), ""}

Text = Annotated[str, Field(max_length=MOST_LETTERS)]
Name = Annotated[str, Field(min_length=1, max_length=255, pattern=r"^[^/\\\x00]+$")]
Pixels = Annotated[int, Field(ge=1, le=MOST_PX)]
Ranking = Annotated[
    list[tuple[Text, Annotated[float, Field(ge=0, le=1)]]], Field(max_length=MOST_RANKED)
]


class Message(BaseModel):
    """Anything a worker says: nothing but what is asked for, of the types that are asked for."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False, frozen=True)


class Nothing(Message):
    """It is done, and there is nothing to tell."""


class Suffixed(Message):
    """A file was written beside the name that the server gave, with a suffix of its format."""

    suffix: Text

    def model_post_init(self, _: Any) -> None:
        """Check the suffix.

        Raises:
            ValueError: it is that of no format.
        """
        if self.suffix not in SUFFIXES:
            raise ValueError("the suffix of no format")


class ColoredFile(Suffixed):
    """A photo was coloured at full size; fields as in `pipeline.media.colored`."""

    category: Text
    ranking: Ranking
    width: Pixels
    height: Pixels
    seconds: float = Field(ge=0)
    colorizer: Text


class Opened(Message):
    """A photo was opened; its size, upright."""

    width: Pixels
    height: Pixels


class ColoredPreview(Message):
    """A photo was coloured small: what the router says, and who coloured it."""

    ranking: Ranking
    used: list[Text] = Field(max_length=MOST_RANKED)


class Whole(Suffixed):
    """A photo was coloured small and at full size."""

    ranking: Ranking


class Sheet(Message):
    """The photo by each colorizer: pictures 0.jpg, 1.jpg and so on, in this order."""

    ranking: Ranking


class FoundPhoto(Message):
    """A photo of the Turing test."""

    name: Text
    path: Text
    category: Text | None


class Found(Message):
    """The photos of the Turing test, and how many were left out for which reason."""

    photos: list[FoundPhoto]
    left_out: dict[Text, int]


class PairOf(Message):
    """A photo in both colours; see `pipeline.turing.pairs`."""

    category: Text
    real: Name
    colored: Name


class SettingSaid(Message):
    """A setting that an error names."""

    name: Text
    value: bool | int | float | Text | None

    def as_setting(self) -> Setting:
        """The setting."""
        return Setting(self.name, self.value)


class Failed(Message):
    """An error of the project; see `pipeline.web.workers.wire.from_error`."""

    kind: Text
    what: Text
    where: Text
    setting_at: SettingSaid | None
    fix: Text
    setting: SettingSaid | None
    errno: int | None

    def as_error(self) -> ProjectError:
        """The error, with the system's own one as its cause."""
        where = self.setting_at.as_setting() if self.setting_at else self.where
        setting = self.setting.as_setting() if self.setting else None
        error = KINDS.get(self.kind, KINDS["DataError"])(self.what, where, self.fix, setting)
        if self.errno is not None:
            error.__cause__ = OSError(self.errno, "told by a worker")
        return error


class NoSenseError(Exception):
    """A worker said something that no worker says."""


Reply = TypeVar("Reply", bound=Message)


def read(content: bytes, reply: type[Reply]) -> Reply:
    """What a worker has answered.

    Raises:
        ProjectError: that is what it said.
        MemoryError: the worker was refused more memory.
        NoSenseError: it is no answer to what was asked.
    """
    try:
        told = json.loads(content)
        if not isinstance(told, dict) or len(told) != 1:
            raise NoSenseError
        if "memory" in told:
            raise MemoryError
        if "error" in told:
            raise Failed.model_validate(told["error"]).as_error()
        return reply.model_validate(_with_tuples(told.get("done")))
    except (ValidationError, ValueError, RecursionError) as error:
        raise NoSenseError from error


def _with_tuples(value: Any) -> Any:
    """JSON has no tuples, of which rankings are made."""
    if isinstance(value, dict) and isinstance(value.get("ranking"), list):
        pairs = [tuple(one) if isinstance(one, list) else one for one in value["ranking"]]
        return {**value, "ranking": pairs}
    return value
