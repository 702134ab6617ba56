"""The error tree: each one says what was wrong, where, and what to do.

ProjectError
├── DataError        a photo, a folder of photos or a packed data set cannot be used
├── ConfigError      a setting is wrong; the job stops at once
├── CheckpointError  a run folder, a checkpoint or a shipped model does not fit
└── ScrapeError      a page, an API answer or a download cannot be used
"""


class ProjectError(Exception):
    """Base class. Says what was wrong, where, and what to do about it."""

    def __init__(self, what: str, where: object, fix: str) -> None:
        """Keep the three parts as plain args, so that the error survives pickling."""
        super().__init__(what, str(where), fix)

    def __str__(self) -> str:
        """Three lines: what, where, fix."""
        what, where, fix = self.args
        return f"{what}\n  where: {where}\n  fix: {fix}"


class DataError(ProjectError):
    """A photo, a folder of photos or a packed data set cannot be used."""


class ConfigError(ProjectError):
    """A setting is wrong; the job stops at once."""


class CheckpointError(ProjectError):
    """A run folder, a checkpoint or a shipped model does not fit."""


class ScrapeError(ProjectError):
    """A page, an API answer or a download cannot be used."""
