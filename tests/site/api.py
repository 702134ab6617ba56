"""The API of the photo site: searches, tracked downloads, a key and its hourly quota."""

import json
import math
import threading
import time
from collections.abc import Callable
from typing import Any

from tests.site.server import Reply, Request, Site, photo_facts

KEY = "the-access-key_0123456789"
PER_PAGE = 30
HOUR_S = 3600.0


class Api:
    """Adds the API to a site; its attributes may be changed while it runs.

    Attributes:
        n_photos: how many photos every search finds.
        limit: requests per hour.
        remaining: in this hour.
        exhausted_status: status when none remains; Unsplash's is 403.
        changes: number of a photo -> replaced fields of its result.
        tracked: ids of the photos whose download was tracked.
        n_refused: requests when none remained.
    """

    def __init__(
        self, site: Site, *, limit: int = 50, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.site = site
        self.n_photos = 65
        self.limit = self.remaining = limit
        self.exhausted_status = 403
        self.changes: dict[int, dict[str, Any]] = {}
        self.tracked: list[str] = []
        self.n_refused = 0
        self._lock = threading.Lock()
        self._clock, self._hour_ends = clock, math.inf
        site.routes |= {
            "/search/photos": lambda request: self._reply(request, self._search),
            "/photos/": lambda request: self._reply(request, self._track),
        }

    def searched(self) -> list[Request]:
        """The searches so far."""
        return self.site.requested("/search/photos")

    def _reply(self, request: Request, handler: Callable[[Request], Any]) -> Reply:
        """Check key and limit; respond and count."""
        if request.headers.get("authorization") != f"Client-ID {KEY}":
            return Reply(status=401, content=b'{"errors": ["OAuth error: invalid token"]}')
        with self._lock:
            status, headers = self._count(), self._limits
        if status != 200:
            return Reply(status=status, content=b"Rate Limit Exceeded", headers=headers)
        content = json.dumps(handler(request)).encode()
        return Reply(content=content, content_type="application/json", headers=headers)

    def _count(self) -> int:
        """Count one request; the status of its response."""
        now = self._clock()
        if now >= self._hour_ends:
            self.remaining, self._hour_ends = self.limit, math.inf
        self._hour_ends = min(self._hour_ends, now + HOUR_S)
        if self.remaining == 0:
            self.n_refused += 1
            return self.exhausted_status
        self.remaining -= 1
        return 200

    @property
    def _limits(self) -> dict[str, str]:
        return {"X-Ratelimit-Limit": str(self.limit), "X-Ratelimit-Remaining": str(self.remaining)}

    def _search(self, request: Request) -> Any:
        per_page = int(request.query.get("per_page", "10"))
        first = (int(request.query.get("page", "1")) - 1) * per_page
        numbers = range(first, min(first + per_page, self.n_photos))
        return {
            "total": self.n_photos,
            "total_pages": math.ceil(self.n_photos / per_page),
            "results": [self.result(number) for number in numbers],
        }

    def result(self, number: int) -> dict[str, Any]:
        """A photo in the results of a search: the fields that we read, and a few more."""
        facts = photo_facts(number)
        page_url = f"https://unsplash.com/photos/{facts['slug']}-{facts['id']}"
        image_url = f"{self.site.url}{facts['image']}"
        download_url = f"{self.site.url}/photos/{facts['id']}/download?ixid=abc{number}"
        profile = f"https://unsplash.com/@{facts['username']}"
        usual = {
            "id": facts["id"],
            "slug": facts["slug"],
            "width": 3000,
            "height": 2000,
            "description": None,
            "alt_description": facts["alt"],
            "urls": {"raw": f"{image_url}?ixid=abc{number}", "full": image_url},
            "links": {"html": page_url, "download_location": download_url},
            "sponsorship": None,
            "premium": False,
            "plus": False,
            "user": {"name": facts["name"], "links": {"html": profile}},
        }
        return usual | self.changes.get(number, {})

    def _track(self, request: Request) -> Any:
        self.tracked.append(request.path.split("/")[2])
        return {"url": f"{self.site.url}/images/photo-1"}
