"""What a photo may cost, and how a visitor is told that there will be no result."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from basics.errors import Cancelled, DataError, ProjectError
from pipeline.web.limits import TOO_LARGE, Refusal
from pipeline.web.workers.jobs import Job
from pipeline.web.workers.process import Why

NETWORKS_MB = 350  # a worker with all networks of the shipped bundle open
NEAR = 0.7  # of the bound: what ends by itself above it was refused more
AT_REST = 0.5  # of the bound: a worker that keeps more for itself is replaced
PHOTO = "the photo"


@dataclass(frozen=True, kw_only=True)
class Bounds:
    """What one photo may cost.

    Attributes:
        seconds: in work.
        megabytes: of 10**6 bytes, resident, on top of what its worker takes at rest.
    """

    seconds: float
    megabytes: float

    def most_bytes(self, rest: int, share: float = 1.0) -> float:
        """The resident memory of a worker that is at its bound, or at a share of it.

        Args:
            rest: what it took when the photo came, bytes; while networks are yet to be opened, as
                if they were.
            share: of the bound, 0 to 1.
        """
        return max(rest, NETWORKS_MB * 1e6) + share * self.megabytes * 1e6


def lost(why: Why, job: Job[Any], bounds: Bounds) -> ProjectError:
    """The error of a photo whose worker has ended."""
    if job.is_cancelled or why in ("cancelled", "closed"):
        return closed()
    if why == "time":
        what = f"not done within {bounds.seconds:g} seconds"
        return Refusal(TOO_LARGE, what, PHOTO, "shrink it")
    if why == "memory":
        what = f"it takes more than {bounds.megabytes:g} MB of memory"
        fix = "shrink it, or save it as a plain JPEG, neither progressive nor turned"
        return Refusal(TOO_LARGE, what, PHOTO, fix)
    what = "the photo cannot be decoded: it ended the process that read it"
    return DataError(what, PHOTO, "save it anew by another program")


def closed() -> Cancelled:
    """The error of a photo that nobody waits for any more."""
    return Cancelled("the photo was dropped", PHOTO, "send it again")


def no_worker() -> Refusal:
    """The error of a photo for which no worker could be started."""
    what = "no process that colours photos can be started"
    fix = "try again later; its operator finds the reason in the server's log"
    return Refusal(HTTPStatus.SERVICE_UNAVAILABLE, what, "the server", fix)
