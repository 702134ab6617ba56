"""Tells the package's builder what has to be installed with it: what the requirements files say."""

from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface


class RequirementsFiles(MetadataHookInterface):
    """The package's dependencies, and those of its extra `web`; make reads the same files."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Fill in what pyproject.toml calls dynamic; hatchling calls this."""
        root = Path(self.root)
        metadata["dependencies"] = requirements(root / "requirements-colorize.txt")
        metadata["optional-dependencies"] = {"web": requirements(root / "requirements-web.txt")}


def requirements(path: Path) -> list[str]:
    """The lines of a requirements file that name a package; those of a file it includes are not."""
    lines = [line.split("#")[0].strip() for line in path.read_text().splitlines()]
    return [line for line in lines if line and not line.startswith("-")]
