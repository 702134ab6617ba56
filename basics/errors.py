"""The error tree: each one says what was wrong, where, and what to do.

ProjectError
├── DataError        a photo, a folder of photos or a packed data set cannot be used
│   ├── TooLargeError    it goes beyond a bound that the caller has set
│   ├── DamagedError     it is damaged; what is left of it could be used
│   └── InColorError     it is in colour already, and was to be left alone then
├── ConfigError      a setting is wrong; the job stops at once
├── CheckpointError  a run folder, a checkpoint or a shipped model does not fit
├── ScrapeError      a page, an API answer or a download cannot be used
└── Cancelled        the caller has ended the job
"""

from typing import Any

from basics.printing import printable


class Setting(str):
    """A setting that an error is about, in Python's words: `force=True`, `max_pixels=...`.

    A command writes it as an option and a web API as a field; see `as_option`, `as_field`.
    """

    name: str
    value: Any

    def __new__(cls, name: str, value: Any = None) -> "Setting":
        """Name it, with the value to give, if there is one to recommend."""
        made = super().__new__(cls, f"{name}={'...' if value is None else repr(value)}")
        made.name, made.value = name, value
        return made

    def __getnewargs__(self) -> tuple[str, Any]:  # pyright: ignore[reportIncompatibleMethodOverride]
        """What pickle makes it from."""
        return self.name, self.value

    @property
    def as_option(self) -> str:
        """As a command has it: --force, --max-pixels, --format png."""
        option = f"--{self.name.replace('_', '-')}"
        return option if self.value in (None, True) else f"{option} {self.value}"

    @property
    def as_field(self) -> str:
        """As a form has it: force=true, max_pixels, format=png."""
        given = str(self.value).lower() if isinstance(self.value, bool) else self.value
        return self.name if self.value is None else f"{self.name}={given}"


class ProjectError(Exception):
    """Base class. Says what was wrong, where, and what to do about it.

    Attributes:
        what: was wrong.
        where: it was wrong; a `Setting` if it was one.
        fix: what to do.
        setting: that would help, in the caller's own words; None if none does.
    """

    def __init__(self, what: str, where: object, fix: str, setting: Setting | None = None) -> None:
        """Keep the parts as plain args, so that the error survives pickling."""
        self.what, self.fix, self.setting = what, fix, setting
        self.where = where if isinstance(where, Setting) else str(where)
        parts = (self.what, self.where, self.fix)
        super().__init__(*parts, *([setting] if setting is not None else []))

    def __str__(self) -> str:
        """Three lines, in Python's words: what, where, fix."""
        where = self.where.name if isinstance(self.where, Setting) else self.where
        return _three_lines(self.what, where, self.fix, self.setting)

    def for_command(self) -> str:
        """The same three lines, in the words of a command line."""
        where = self.where.as_option if isinstance(self.where, Setting) else self.where
        return _three_lines(self.what, where, self.fix, self.setting and self.setting.as_option)

    def for_form(self) -> tuple[str, str, str]:
        """What, where and fix in the words of a form's fields."""
        where = self.where.as_field if isinstance(self.where, Setting) else self.where
        return self.what, where, _with(self.fix, self.setting and self.setting.as_field)


class DataError(ProjectError):
    """A photo, a folder of photos or a packed data set cannot be used."""


class TooLargeError(DataError):
    """A photo goes beyond a bound that the caller has set."""


class DamagedError(DataError):
    """A photo is damaged; what is left of it could be used."""


class InColorError(DataError):
    """A photo is in colour already, and was to be left alone then."""


class ConfigError(ProjectError):
    """A setting is wrong; the job stops at once."""


class CheckpointError(ProjectError):
    """A run folder, a checkpoint or a shipped model does not fit."""


class ScrapeError(ProjectError):
    """A page, an API answer or a download cannot be used."""


class Cancelled(ProjectError):
    """The caller has ended the job."""


def _three_lines(what: str, where: str, fix: str, setting: str | None) -> str:
    what, fix = (printable(text, keep="\n\t") for text in (what, _with(fix, setting)))
    return f"{what}\n  where: {printable(where)}\n  fix: {fix}"


def _with(fix: str, setting: str | None) -> str:
    return f"{fix}: {setting}" if setting else fix
