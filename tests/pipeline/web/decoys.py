"""What nobody has uploaded, in all the ways in which a value can name it."""

import base64
import os
from pathlib import Path
from typing import Any

from pipeline.web.gate.values import META

ADDRESS = "http://127.0.0.1:9/a.png"


def decoys(folder: Path, secret: bytes, address: str = ADDRESS) -> list[str]:
    """Files, links, pipes, devices, folders and addresses, made in a folder where they can be.

    Args:
        folder: for them.
        secret: what the files have.
        address: of a server on this computer.
    """
    folder.mkdir(exist_ok=True)
    plain, link, hard, fifo = (folder / f"{one}.png" for one in ("secret", "link", "hard", "fifo"))
    plain.write_bytes(secret)
    link.symlink_to(plain)
    hard.hardlink_to(plain)
    os.mkfifo(fifo)
    (folder / "linked").symlink_to(folder)
    return [
        *map(str, (plain, link, hard, fifo, folder, folder / "linked" / "secret.png")),
        os.path.relpath(plain), f"~/{plain}", plain.as_uri(), f"{plain}\0.jpg",
        "/dev/zero", "/dev/stdin", "/proc/self/environ", "/etc/passwd", "README.md",
        "pipeline/web/app.py", address, address.replace("http:", "HTTPS:"), f"//{address[7:]}",
    ]  # fmt: skip


def values(path: Any) -> list[Any]:
    """The ways in which a value can name a file."""
    plain = {"path": path, "orig_name": "a.png", "size": 9}
    marked = {**plain, "meta": META}
    return [
        plain, marked, [marked], {"image": marked, "caption": None}, {"video": [[plain]]},
        {**marked, "is_stream": True}, {**marked, "url": path, "mime_type": "image/png"},
    ]  # fmt: skip


def data_values(secret: bytes, address: str = ADDRESS) -> list[Any]:
    """A picture that is written out or to be fetched, not uploaded."""
    text = f"data:image/png;base64,{base64.b64encode(secret).decode()}"
    return [text, {"url": text}, {"url": address}, {"url": address, "meta": META}, [[text]]]
