"""What `pip install .` installs; what it depends on is taken from the running environment."""

import email
import os
import re
import site
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest
import pyvips
from packaging.requirements import Requirement

import pipeline
from pipeline.engine.bundle_file import file_sha256
from tests.corpus import corpus
from tests.sharing import make_once

ROOT = Path(__file__).parents[1]
LARGEST = 100_000_000  # bytes


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this clone."""

    def build(folder: Path) -> None:
        command = ["pip", "wheel", "--no-deps", "--no-build-isolation", "--no-index", "-q"]
        subprocess.run([sys.executable, "-m", *command, "-w", folder, ROOT], check=True)

    (found,) = make_once(tmp_path_factory, "wheel", build).glob("*.whl")
    return found


@pytest.fixture(scope="session")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bin/ of a fresh environment that the wheel is installed into."""

    def install(folder: Path) -> None:
        venv.create(folder, with_pip=False, symlinks=True)
        (packages,) = folder.glob("lib/python*/site-packages")
        (packages / "dependencies.pth").write_text("\n".join(site.getsitepackages()))
        python = str(folder / "bin" / "python")
        pip = [sys.executable, "-m", "pip", "--python", python]
        subprocess.run([*pip, "install", "-q", "--no-deps", "--no-index", wheel], check=True)

    return make_once(tmp_path_factory, "installed", install) / "bin"


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "photo.jpg"
    path.write_bytes(corpus()["gray.jpg"])
    return path


def run(folder: Path, *command: str | Path) -> subprocess.CompletedProcess[str]:
    """Run a command of the package from `folder`."""
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    return subprocess.run(
        list(map(str, command)), cwd=folder, env=environment, capture_output=True, text=True
    )


def files_below(folder: Path) -> set[str]:
    """Paths of the files below a folder, from there; no compiled ones."""
    files = [path.relative_to(folder) for path in folder.rglob("*") if path.is_file()]
    return {path.as_posix() for path in files if "__pycache__" not in path.parts}


def test_the_wheel_holds_three_packages_and_the_networks_and_nothing_else(wheel: Path):
    names = zipfile.ZipFile(wheel).namelist()
    models = files_below(ROOT / "pretrained")
    expected = {
        f"pipeline/pretrained/{file}" for file in models if not file.startswith("training/")
    }
    for package in ("basics", "imaging", "pipeline"):
        expected |= {f"{package}/{file}" for file in files_below(ROOT / package)}
    assert {name for name in names if ".dist-info/" not in name} == expected
    assert wheel.stat().st_size < LARGEST


def test_the_wheel_asks_for_what_the_requirements_files_name(wheel: Path):
    with zipfile.ZipFile(wheel) as archive:
        (path,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        metadata = email.message_from_bytes(archive.read(path))
    assert metadata["Version"] == pipeline.__version__
    asked = {normal(line) for line in metadata.get_all("Requires-Dist", [])}
    web = {normal(f"{line}; extra == 'web'") for line in lines_of("requirements-web.txt")}
    assert asked == web | {normal(line) for line in lines_of("requirements-colorize.txt")}


def lines_of(name: str) -> list[str]:
    """The requirements of a file; what follows # is a comment, and -r includes another file."""
    lines = [re.sub("#.*", "", line).strip() for line in (ROOT / name).read_text().splitlines()]
    return [line for line in lines if line and not line.startswith("-r ")]


def normal(requirement: str) -> str:
    return str(Requirement(requirement))


def test_the_command_colours_a_photo_from_any_folder(installed: Path, photo: Path):
    done = run(photo.parent, installed / "colorize", "photo.jpg")
    assert done.stdout == "photo_color.jpg\n", done.stderr
    assert pyvips.Image.new_from_file(str(photo.with_name("photo_color.jpg"))).bands == 3


def test_python_colours_a_photo_from_any_folder(installed: Path, photo: Path):
    program = (
        "import pipeline\n"
        "print(pipeline.__file__)\n"
        "print(pipeline.Colorizer().colorize('photo.jpg').output)\n"
    )
    done = run(photo.parent, installed / "python", "-c", program)
    home, output = done.stdout.splitlines()
    assert Path(home).is_relative_to(installed.parent)
    assert output == "photo_color.jpg"
    assert photo.with_name("photo_color.jpg").is_file()


def test_the_module_runs_from_any_folder(installed: Path, photo: Path):
    done = run(photo.parent, installed / "python", "-m", "pipeline.colorize", "photo.jpg")
    assert done.stdout == "photo_color.jpg\n", done.stderr


@pytest.mark.parametrize(
    ("command", "module"),
    [
        ("colorize", "pipeline.colorize"),
        ("colorize-web", "pipeline.web"),
        ("colorize-desktop", "pipeline.desktop"),
    ],
)
def test_help_and_version_speak_of_the_command_that_was_given(
    installed: Path, tmp_path: Path, command: str, module: str
):
    python = installed / "python"
    by_command = run(tmp_path, installed / command, "--help").stdout
    by_module = run(tmp_path, python, "-m", module, "--help").stdout
    assert by_command.startswith(f"usage: {command} [-h]")
    assert f"python -m {module}" not in by_command
    assert by_module.startswith(f"usage: python -m {module} [-h]")
    versions = [
        run(tmp_path, *how, "--version") for how in ([installed / command], [python, "-m", module])
    ]
    assert versions[0].stdout == versions[1].stdout
    assert versions[0].returncode == 0
    assert str(installed.parent) in versions[0].stdout


def test_the_version_tells_program_bundle_and_hashes(shipped: Path):
    done = run(ROOT, sys.executable, "-m", "pipeline.colorize", "--version")
    program, bundle, *hashes = done.stdout.splitlines()
    assert program == f"image colorizer {pipeline.__version__}"
    assert bundle == f"bundle {shipped}"
    assert len(hashes) > 20
    for line in hashes:
        name, digest, file = line.split(maxsplit=2)
        assert name == "sha256"
        assert file_sha256(shipped / file).startswith(digest)
        assert len(digest) == 12


def test_the_version_of_no_bundle_is_an_error(tmp_path: Path):
    command = [sys.executable, "-m", "pipeline.colorize", "--models", tmp_path, "--version"]
    done = run(ROOT, *command)
    assert done.returncode == 1
    assert done.stderr.startswith("error: no bundle of models\n")


@pytest.mark.parametrize(
    ("command", "lock"),
    [
        (["pipeline.colorize", "photo.jpg"], "colorize.txt"),
        (["pipeline.web", "--port", "0"], "web.txt"),
        (["pipeline.desktop"], "colorize.txt"),
    ],
)
def test_a_python_that_lacks_the_dependencies_is_told_what_to_run(command: list[str], lock: str):
    done = run(ROOT, sys.executable, "-S", "-m", *command)
    assert done.returncode == 1
    what, *rest = done.stderr.splitlines()
    assert re.fullmatch(r"error: \w+ is not installed", what)
    assert rest == [
        f"  where: {sys.executable}",
        "  fix: start it by make, which installs what it needs, or run: "
        f"{sys.executable} -m pip install -r {ROOT / 'lock' / lock}",
    ]


def test_the_page_without_its_extra_is_told_how_to_install_it(wheel: Path, tmp_path: Path):
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path)
    done = run(tmp_path, sys.executable, "-S", "-m", "pipeline.web", "--port", "0")
    assert done.returncode == 1
    assert done.stderr.startswith("error: fastapi is not installed\n")
    assert done.stderr.endswith("run: pip install '.[web]'\n")
