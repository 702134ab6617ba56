"""How large the image of Dockerfile is, layer by layer, in MB: no Docker is needed.

    .venv-web/bin/python -m benchmarks.image_size

Sums up what lock/web.txt has installed into this environment and the folders that Dockerfile
copies. The base image comes on top.
"""

import argparse
import importlib.metadata
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.parts.table import Row, add_results_dir, conditions, publish
from benchmarks.parts.tables import IMAGE_SIZE

ROOT = Path(__file__).parents[1]
LARGEST = 8  # packages that are named
PACKAGES, ALL = "packages of lock/web.txt", "all, and the base image beside"


def main(argv: Sequence[str] | None = None) -> int:
    """Run the benchmark; returns the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    add_results_dir(parser)
    args = parser.parse_args(argv)
    publish(IMAGE_SIZE, sizes(), conditions(args), args.results_dir)
    return 0


def sizes() -> Iterator[Row]:
    """Packages, the largest of them, folders, and all together."""
    packages = {name: package_mb(name) for name in locked(ROOT / "lock" / "web.txt")}
    folders = {name: folder_mb(ROOT / name) for name in copied(ROOT / "Dockerfile")}
    yield {"part": PACKAGES, "mb": sum(packages.values())}
    for name in sorted(packages, key=packages.__getitem__, reverse=True)[:LARGEST]:
        yield {"part": f"of them {name}", "mb": packages[name]}
    for name, size in folders.items():
        yield {"part": name, "mb": size}
    yield {"part": ALL, "mb": sum(packages.values()) + sum(folders.values())}


def locked(path: Path) -> list[str]:
    """The packages of a lock file that are installed here; markers leave some out."""
    names = re.findall(r"^([A-Za-z0-9._-]+)==", path.read_text(), flags=re.MULTILINE)
    installed = {one.metadata["Name"].lower().replace("_", "-") for one in _distributions()}
    return [name for name in names if name.lower().replace("_", "-") in installed]


def copied(dockerfile: Path) -> list[str]:
    """The folders that a Dockerfile copies."""
    return re.findall(r"^COPY (\w+) ", dockerfile.read_text(), flags=re.MULTILINE)


def package_mb(name: str) -> float:
    """The size of an installed package's files."""
    files = importlib.metadata.distribution(name).files or []
    paths = [Path(str(file.locate())) for file in files]
    return sum(path.stat().st_size for path in paths if path.is_file()) / 1e6


def folder_mb(folder: Path) -> float:
    """The size of a folder's files, as .dockerignore lets them pass."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    kept = [path for path in files if not {"training", "__pycache__"} & set(path.parts[-3:-1])]
    return sum(path.stat().st_size for path in kept) / 1e6


def _distributions() -> list[importlib.metadata.Distribution]:
    return list(importlib.metadata.distributions())


if __name__ == "__main__":
    raise SystemExit(main())
