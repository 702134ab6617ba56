"""What the server counts, for Prometheus."""

from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

SECONDS = (0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60)


class Metrics:
    """The counters of one server."""

    def __init__(self) -> None:
        """All at zero."""
        self.registry = CollectorRegistry()
        self.photos = Counter(
            "colorize_photos", "photos, by how they were answered", ["status"],
            registry=self.registry,
        )  # fmt: skip
        self.categories = Counter(
            "colorize_categories", "coloured photos, by category", ["category"],
            registry=self.registry,
        )  # fmt: skip
        self.workers = Counter(
            "colorize_workers", "workers that had to be replaced, by why", ["why"],
            registry=self.registry,
        )  # fmt: skip
        self.open = Gauge("colorize_open", "photos in work or waiting", registry=self.registry)
        self.seconds = Histogram(
            "colorize_seconds", "from upload to result", buckets=SECONDS, registry=self.registry
        )

    @contextmanager
    def timed(self) -> Iterator[None]:
        """Count a photo in, time it, count it out."""
        with self.open.track_inprogress(), self.seconds.time():
            yield

    def text(self) -> bytes:
        """All of them, in the format that Prometheus reads."""
        return generate_latest(self.registry)
