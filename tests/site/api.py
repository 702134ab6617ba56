"""The API's side of the photo site: searches, downloads told, a key and its hourly limit."""

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
        left: of them in this hour.
        used_up: status of the answer when none is left; Unsplash's is 403.
        changes: number of a photo -> what its result says instead.
        told: ids of the photos whose download was told.
        n_refused: requests that came when none was left.
    """

    def __init__(
        self, site: Site, *, limit: int = 50, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.site = site
        self.n_photos = 65
        self.limit = self.left = limit
        self.used_up = 403
        self.changes: dict[int, dict[str, Any]] = {}
        self.told: list[str] = []
        self.n_refused = 0
        self._lock = threading.Lock()
        self._clock, self._hour_ends = clock, math.inf
        site.routes |= {
            "/search/photos": lambda request: self._reply(request, self._search),
            "/photos/": lambda request: self._reply(request, self._tell),
        }

    def searched(self) -> list[Request]:
        """The searches so far."""
        return self.site.requested("/search/photos")

    def _reply(self, request: Request, answer: Callable[[Request], Any]) -> Reply:
        """Check key and limit; answer and count."""
        if request.headers.get("authorization") != f"Client-ID {KEY}":
            return Reply(status=401, content=b'{"errors": ["OAuth error: invalid token"]}')
        with self._lock:
            status, headers = self._count(), self._limits
        if status != 200:
            return Reply(status=status, content=b"Rate Limit Exceeded", headers=headers)
        content = json.dumps(answer(request)).encode()
        return Reply(content=content, content_type="application/json", headers=headers)

    def _count(self) -> int:
        """Count one request; the status of its answer."""
        now = self._clock()
        if now >= self._hour_ends:
            self.left, self._hour_ends = self.limit, math.inf
        self._hour_ends = min(self._hour_ends, now + HOUR_S)
        if self.left == 0:
            self.n_refused += 1
            return self.used_up
        self.left -= 1
        return 200

    @property
    def _limits(self) -> dict[str, str]:
        return {"X-Ratelimit-Limit": str(self.limit), "X-Ratelimit-Remaining": str(self.left)}

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
        """What a search says of a photo: the part of it that we read, and a little more."""
        facts = photo_facts(number)
        page_url = f"https://unsplash.com/photos/{facts['slug']}-{facts['id']}"
        image_url = f"{self.site.url}{facts['image']}"
        telling = f"{self.site.url}/photos/{facts['id']}/download?ixid=abc{number}"
        profile = f"https://unsplash.com/@{facts['username']}"
        usual = {
            "id": facts["id"],
            "slug": facts["slug"],
            "width": 3000,
            "height": 2000,
            "description": None,
            "alt_description": facts["alt"],
            "urls": {"raw": f"{image_url}?ixid=abc{number}", "full": image_url},
            "links": {"html": page_url, "download_location": telling},
            "sponsorship": None,
            "premium": False,
            "plus": False,
            "user": {"name": facts["name"], "links": {"html": profile}},
        }
        return usual | self.changes.get(number, {})

    def _tell(self, request: Request) -> Any:
        self.told.append(request.path.split("/")[2])
        return {"url": f"{self.site.url}/images/photo-1"}
