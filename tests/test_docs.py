import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from tests.documents import (
    COMMANDS,
    DOCUMENTS,
    PACKAGES,
    ROOT,
    SCRIPTS,
    SHELLS,
    anchors,
    ask,
    command_lines,
    complaint,
    documented_options,
    fences,
    in_one_line,
    not_a_module,
    options_of,
    prose,
    rows,
    section_of,
    what_is_wrong,
    wrong_with_make,
)

README, RESULTS = ROOT / "README.md", ROOT / "docs" / "results.md"
TESTS = ROOT / "docs" / "tests.md"  # its table of costs has names of then
ROOMS = (*PACKAGES, "basics", "imaging", "training", "tests", "docs", "lock")
FENCES = [fence for path in DOCUMENTS for fence in fences(path)]
IN_SHELL = [fence for fence in FENCES if fence.language in SHELLS]
QUICK = [fence for fence in FENCES if "quick" in fence.marks]


def names(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_readme_stays_short():
    assert len(README.read_text().splitlines()) <= 150


def test_every_package_with_commands_is_looked_through():
    assert {name.split(".")[0] for name in COMMANDS} == set(PACKAGES)
    assert set(SCRIPTS.values()) <= set(COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_the_documents_tell_every_option_of_a_command_and_no_other(command: str):
    assert documented_options(section_of(command)) == options_of(command)


def test_documents_and_help_say_the_same_of_a_blend():
    told = "blend the colorizers of the K most confident categories, weighted by confidence"
    assert told in section_of("pipeline.colorize")
    assert told in " ".join(ask("pipeline.colorize", "--help").split())


def test_asking_every_command_for_help_imports_no_framework():
    program = (
        "import sys\n"
        "from tests.documents import COMMANDS, options_of\n"
        "for command in COMMANDS: options_of(command)\n"
        "print([one for one in ('keras', 'tensorflow', 'torch', 'jax') if one in sys.modules])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert done.stdout == "[]\n", done.stderr


@pytest.mark.parametrize("fence", IN_SHELL, ids=str)
def test_every_fenced_command_is_one_that_its_parser_takes(fence):
    wrong = {" ".join(words): what_is_wrong(words) for words in command_lines(fence)}
    assert wrong
    assert {line: what for line, what in wrong.items() if what} == {}


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["photo.jpg", "--categry", "sunset"], "--categry"),
        (["--category", "sunset"], "required: PHOTO"),
        (["photo.jpg", "--mode", "loud"], "invalid choice: 'loud'"),
        (["photo.jpg", "--top", "none"], "invalid int value"),
    ],
)
def test_a_wrong_command_would_be_noticed(args, said):
    assert said in complaint("pipeline.colorize", args)
    assert complaint("pipeline.colorize", ["photo.jpg", "--category", "sunset"]) == ""


def test_a_wrong_target_or_module_would_be_noticed():
    assert wrong_with_make(["colourise", "PHOTO=x.jpg"]) == "no target colourise"
    assert (
        wrong_with_make(["colorize", "OPTIONS=--categry x"]) == "pipeline.colorize has no --categry"
    )
    assert not_a_module("pipeline.evaluate") == "no module pipeline.evaluate"
    assert "photoshop" in what_is_wrong(["photoshop", "x.jpg"])


@pytest.fixture
def with_photos(tmp_path: Path) -> Path:
    """A folder with the photos that the documents name, and the commands of the package."""
    photo = ROOT / "examples" / "astronaut.jpg"
    shutil.copy(photo, tmp_path / "photo.jpg")
    (tmp_path / "old-album").mkdir()
    shutil.copy(photo, tmp_path / "old-album" / "1925.jpg")
    (tmp_path / "bin").mkdir()
    programs = {name: f"-m {module}" for name, module in SCRIPTS.items()} | {"python": ""}
    for name, module in programs.items():
        script = tmp_path / "bin" / name
        script.write_text(f'#!/bin/sh\nexec "{sys.executable}" {module} "$@"\n')
        script.chmod(0o755)
    return tmp_path


@pytest.mark.parametrize("fence", QUICK, ids=str)
def test_what_is_marked_quick_runs(fence, with_photos: Path):
    program = {"sh": ["sh", "-e", "-c"], "python": [sys.executable, "-c"]}[fence.language]
    done = subprocess.run(
        [*program, fence.text], capture_output=True, text=True, cwd=with_photos, check=False,
        env={"PATH": f"{with_photos / 'bin'}:/usr/bin:/bin", "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout


def test_something_is_marked_quick_in_each_language():
    assert {fence.language for fence in QUICK} == {"sh", "python"}


@pytest.mark.parametrize("path", DOCUMENTS, ids=names)
def test_every_link_leads_somewhere(path: Path):
    links = re.findall(r"\]\(([^)\s]+)\)", prose(path))
    broken = []
    for link in links:
        target, _, anchor = link.partition("#")
        if "://" in link:
            continue
        file = path.parent / target if target else path
        if not file.exists() or (anchor and anchor not in anchors(file)):
            broken.append(link)
    assert broken == []


@pytest.mark.parametrize("path", DOCUMENTS, ids=names)
def test_every_command_named_in_a_sentence_exists(path: Path):
    text = prose(path)
    modules = re.findall(r"python -m ([\w.]*\w)", text)
    assert [name for name in modules if name not in COMMANDS and not_a_module(name)] == []
    made = re.findall(r"`make ([^`\n]+)`", re.sub(r"\[[^]\n`]*\]", "", text))
    assert [line for line in made if wrong_with_make(shlex.split(line))] == []


@pytest.mark.parametrize("path", [one for one in DOCUMENTS if one != TESTS], ids=names)
def test_every_module_and_folder_named_by_its_path_exists(path: Path):
    text = path.read_text(encoding="utf-8")
    files = [f"/{file.relative_to(ROOT)}" for room in ROOMS for file in (ROOT / room).rglob("*.py")]
    modules = re.findall(r"[\w/]*\w\.py\b", text)
    assert [one for one in modules if not any(file.endswith(f"/{one}") for file in files)] == []
    folders = re.findall(rf"`((?:{'|'.join(ROOMS)})/[\w/]*)`", text)
    assert [one for one in folders if not (ROOT / one).is_dir()] == []


@pytest.mark.parametrize("path", [README, RESULTS], ids=names)
def test_the_figures_of_quality_are_those_measured(path: Path):
    scores = pd.read_csv(ROOT / "results" / "evaluation.csv")
    scores = scores[scores["category"] == "all"].set_index("method")
    told = rows(path, "method")
    assert {"gray", "universal", "routed", "ground truth"} <= set(told) <= set(scores.index)
    for method, cells in told.items():
        one = scores.loc[method]
        measured = [
            f"{one['psnr_db']:.2f}", f"{one['psnr_db_low']:.2f} to {one['psnr_db_high']:.2f}",
            f"{one['ssim']:.3f}",
        ]  # fmt: skip
        assert cells[:3] == (["", "", ""] if method == "ground truth" else measured)
        assert cells[3] == f"{one['colorfulness']:.1f}"


def test_the_router_is_as_good_as_the_documents_say():
    router = pd.read_csv(ROOT / "results" / "router.csv").set_index("category").loc["all"]
    told = f"top-1 is {router['top_1']:.3f} and its top-3 {router['top_3']:.3f}"
    assert told in in_one_line(RESULTS)


def test_where_it_stands_is_what_was_measured():
    measured = pd.read_csv(ROOT / "results" / "report_2026-11-26.csv").set_index("measure")
    told = rows(RESULTS, "measure")
    assert len(told) > 40
    for measure, (value, interval, n) in told.items():
        one = measured.loc[measure]
        assert value == f"{one['value']:.3f}"
        assert interval in ("", f"{one['low']:.3f} to {one['high']:.3f}")
        assert int(n) == one["n"]
