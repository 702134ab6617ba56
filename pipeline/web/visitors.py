"""Who a request comes from, and where the files of that visitor lie."""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Visitor:
    """Somebody before the page.

    Attributes:
        id: by which the server knows the visitor again.
        folder: of this visitor's files, inside the service's.
    """

    id: str
    folder: Path


def visitor_of(request: Any) -> Visitor:
    """The visitor of a request; here, each page is one."""
    session = str(getattr(request, "session_hash", None) or "nobody")
    name = hashlib.sha256(session.encode()).hexdigest()[:32]
    return Visitor(id=name, folder=Path(os.environ["GRADIO_TEMP_DIR"]) / "visitors" / name)
