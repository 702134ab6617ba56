"""What the documents say that can be checked: options, commands, links; and who knows better.

A command is asked through its own `main`: for help, or with one option more than there is, so that
the parser reads all of a line, says that this one is left, and no job begins.
"""

import contextlib
import importlib
import importlib.util
import io
import re
import shlex
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGES = (
    "pipeline", "preprocessing", "scraper", "classifier", "colorizers", "evaluation", "release",
    "experiments", "benchmarks",
)  # fmt: skip
DOCUMENTS = (
    *(ROOT / name for name in ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "SECURITY.md")),
    ROOT / "examples" / "README.md",
    *sorted((ROOT / "docs").glob("*.md")),
)
LEFT_OVER = "--left-over-at-the-end"  # no command has it
SHELLS = ("sh", "bat")
OTHERS = frozenset({"cat", "curl", "docker", "git", "pip", "pipx", "ray", "uv"})
PYTHONS = re.compile(r"(\.venv\S*/(bin|Scripts)/)?(python|py)")
MAKEFILE = (ROOT / "Makefile").read_text()


@dataclass(frozen=True)
class Fence:
    """A fenced block: where it begins, its language, its marks such as `quick`, and its lines."""

    path: Path
    line: int
    language: str
    marks: tuple[str, ...]
    text: str

    def __str__(self) -> str:
        return f"{self.path.relative_to(ROOT)}:{self.line}"


def fences(path: Path) -> Iterator[Fence]:
    """The fenced blocks of a document."""
    text = path.read_text(encoding="utf-8")
    for found in re.finditer(r"^```([^\n`]*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
        language, *marks = found[1].split() or [""]
        line = text.count("\n", 0, found.start()) + 1
        yield Fence(path, line, language, tuple(marks), found[2])


def prose(path: Path) -> str:
    """A document without its fenced blocks."""
    text = path.read_text(encoding="utf-8")
    return re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)


def command_lines(fence: Fence) -> Iterator[list[str]]:
    """The words of each command of a block; pipes are parted, redirections left out."""
    text = fence.text.replace("\\\n", " ")
    text = text.replace("\\", "/") if fence.language == "bat" else text
    for line in text.splitlines():
        words: list[str] = []
        lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
        lexer.whitespace_split = True
        tokens = iter(lexer)
        for token in tokens:
            if token in ("|", "&&", ";"):
                yield words
                words = []
            elif token == ">":
                next(tokens)
            else:
                words.append(token)
        if words:
            yield words


def commands() -> dict[str, str]:
    """Name after `python -m` -> module, of all that have a parser."""
    found = {}
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            text = path.read_text(encoding="utf-8")
            if "argparse" in text and '__name__ == "__main__"' in text:
                module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
                found[module.removesuffix(".__main__")] = module
    return found


COMMANDS = commands()
_PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
SCRIPTS = {
    name: where.split(":")[0].removesuffix(".__main__")
    for name, where in _PROJECT["scripts"].items()
}


def ask(command: str, *args: str) -> str:
    """What a command prints when its parser ends it."""
    main = importlib.import_module(COMMANDS[command]).main
    printed = io.StringIO()
    ended = contextlib.suppress(SystemExit)
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed), ended:
        main(list(args))
        raise AssertionError(f"{command} {' '.join(args)}: its parser did not end it")
    return printed.getvalue()


def options_of(command: str) -> set[str]:
    """The long options of a command, as its help lists them."""
    columns = re.findall(r"^  (-\S.*?)(?: {2,}|$)", ask(command, "--help"), re.MULTILINE)
    return {option for one in columns for option in re.findall(r"--[a-z][\w-]*", one)} - {"--help"}


def complaint(command: str, args: Sequence[str]) -> str:
    """What a command's parser has against arguments; nothing if they are right."""
    said = ask(command, LEFT_OVER, *args)
    is_right = re.search(rf"error: unrecognized arguments: {LEFT_OVER}$", said, re.MULTILINE)
    return "" if is_right else said


def what_is_wrong(words: Sequence[str]) -> str:
    """What is wrong with a command line of a document; nothing if it is right."""
    words = list(words)
    while re.fullmatch(r"[A-Z_]+=.*", words[0]):  # set for this command
        words.pop(0)
    program, args = words[0].removeprefix(".venv/Scripts/"), words[1:]
    if program == "make":
        return wrong_with_make(args)
    if program in SCRIPTS:
        return complaint(SCRIPTS[program], args)
    if PYTHONS.fullmatch(program) and args[0] == "-m":
        return complaint(args[1], args[2:]) if args[1] in COMMANDS else not_a_module(args[1])
    return "" if program in OTHERS else f"no program that the documents know: {program}"


def not_a_module(name: str) -> str:
    """What is wrong with a module that is run; nothing if there is such a one."""
    try:
        found = importlib.util.find_spec(name)
    except ModuleNotFoundError:
        found = None
    return "" if found else f"no module {name}"


def wrong_with_make(args: Sequence[str]) -> str:
    """What is wrong with targets, and with the options that they hand on."""
    targets = [one for one in args if "=" not in one]
    for target in targets:
        recipe = re.search(rf"^{re.escape(target)}:.*\n((?:\t.*\n)*)", MAKEFILE, re.MULTILINE)
        if not recipe:
            return f"no target {target}"
        given = re.findall(r"--[a-z][\w-]*", " ".join(one for one in args if "=" in one))
        for command in re.findall(r"-m ([\w.]+).*\$\((?:ARGS|OPTIONS)\)", recipe[1]):
            unknown = set(given) - options_of(command) if command in COMMANDS else set()
            if unknown:
                return f"{command} has no {', '.join(sorted(unknown))}"
    return ""


def section_of(command: str) -> str:
    """The part of docs/ under the heading that names a command; empty if there is none."""
    for path in sorted((ROOT / "docs").glob("*.md")):
        text = path.read_text(encoding="utf-8")
        heading = rf"^#+ `python -m {re.escape(command)}`\n(.*?)(?=^#|\Z)"
        found = re.search(heading, text, re.MULTILINE | re.DOTALL)
        if found:
            return found[1]
    return ""


def documented_options(section: str) -> set[str]:
    """The long options in the first column of a section's tables."""
    cells = re.findall(r"^\| (`-.*?`) \|", section, re.MULTILINE)
    return {option for cell in cells for option in re.findall(r"--[a-z][\w-]*", cell)}


def anchors(path: Path) -> set[str]:
    """What a link can lead to within a document, as GitHub names it."""
    headings = re.findall(r"^#+ (.*)$", prose(path), re.MULTILINE)
    plain = (re.sub(r"[^\w\- ]", "", one.lower()) for one in headings)
    return {one.replace(" ", "-") for one in plain}


def rows(path: Path, first: str) -> dict[str, list[str]]:
    """First cell -> the others, of the table whose first column has that title."""
    text = path.read_text(encoding="utf-8")
    table = text[text.index(f"| {first} |") :].split("\n\n")[0].splitlines()[2:]
    cells = ([cell.strip(" *") for cell in line.strip("|").split("|")] for line in table)
    return {one: others for one, *others in cells}


def in_one_line(path: Path) -> str:
    """A document's words, wherever its lines end."""
    return " ".join(path.read_text(encoding="utf-8").split())
