"""The mutations: patches that each break one small thing of the program."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from basics.errors import DataError
from basics.names import require_name


@dataclass(frozen=True, kw_only=True)
class Mutation:
    """One patch.

    Attributes:
        name: of its file, without the suffix.
        description: what is broken, in plain words.
        patch: the file.
        module: path of what it breaks, in the repository.
        tests: path of the tests that run first.
    """

    name: str
    description: str
    patch: Path
    module: PurePosixPath
    tests: PurePosixPath

    @property
    def package_tests(self) -> PurePosixPath:
        """The folder of all tests of the module's package."""
        return PurePosixPath("tests", self.module.parts[0])


def read_mutations(folder: Path) -> dict[str, Mutation]:
    """Every patch of a folder by its name, in the order of the names."""
    return {path.stem: read_mutation(path) for path in sorted(folder.glob("*.patch"))}


def read_mutation(path: Path) -> Mutation:
    """Read a patch: a line that says what is broken, perhaps one with `tests:`, then the diff.

    Raises:
        DataError: it says nothing, or does not change exactly one file.
    """
    head, _, diff = path.read_text().partition("diff --git ")
    lines = head.splitlines()
    modules = [line[6:] for line in diff.splitlines() if line.startswith("+++ b/")]
    if not lines or not lines[0].strip() or len(modules) != 1:
        fix = "one line of what is broken, then the diff of one file with a/ and b/"
        raise DataError("not a mutation", path, fix)
    named = [line.removeprefix("tests:").strip() for line in lines if line.startswith("tests:")]
    module = PurePosixPath(modules[0])
    mirror = PurePosixPath("tests", module.parent, f"test_{module.name}")
    return Mutation(
        name=path.stem,
        description=lines[0].strip(),
        patch=path,
        module=module,
        tests=PurePosixPath(named[0]) if named else mirror,
    )


def chosen(mutations: Mapping[str, Mutation], names: Sequence[str]) -> list[Mutation]:
    """Those that are named, by their whole names or their numbers; all if none is.

    Raises:
        ConfigError: there is no such mutation.
    """
    numbers = {name.split("_")[0]: name for name in mutations}
    full = [numbers.get(name, name) for name in names]
    for name in full:
        require_name(name, list(mutations), what="mutation", where="NAME")
    return [one for name, one in mutations.items() if name in full or not full]
