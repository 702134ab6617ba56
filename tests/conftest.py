"""Fixtures for all tests: drawn photos, the same packed, networks, a clean logger."""

import importlib
import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path

import pytest
import pyvips
from hypothesis import settings

from basics.cli import TALKATIVE
from pipeline.engine.bundle import PRETRAINED_DIR
from preprocessing.packing import pack
from tests import eager, thin
from tests.drawing import draw_photo, write_raw
from tests.sharing import make_once

pytest_plugins = ["tests.costs", "tests.spread"]

# the same examples on every machine, slow ones included
settings.register_profile("steady", deadline=None, derandomize=True)
settings.load_profile("steady")


@pytest.fixture(scope="session")
def drawn_photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A RAW_DIR with photos in three categories; read only, copy it to change it."""
    return make_once(tmp_path_factory, "drawn", lambda folder: write_raw(folder / "raw")) / "raw"


@pytest.fixture(scope="session")
def packed_photos(drawn_photos: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The drawn photos, packed: 8, 2 and 2 in each category (`PHOTOS_PER_SPLIT`); read only."""
    return make_once(tmp_path_factory, "packed", lambda folder: pack(drawn_photos, folder))


@pytest.fixture(scope="session")
def tiny_runs(packed_photos: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Run folders of a router, two kinds of universal colorizer and one of a category."""
    return make_once(tmp_path_factory, "runs", lambda folder: _train_tiny(packed_photos, folder))


def _train_tiny(packed_dir: Path, runs_dir: Path) -> None:
    from classifier.config import ClassifierConfig
    from classifier.train import train as train_classifier
    from colorizers.config import ColorizerConfig
    from colorizers.train import train as train_colorizer

    eager.install()
    thin.install()
    router_dir = runs_dir / "classifier" / "mobilenet_v2"
    train_classifier(
        ClassifierConfig(
            packed_dir=packed_dir,
            run_dir=router_dir,
            weights="none",
            head_epochs=1,
            epochs=1,
            steps_per_epoch=2,
            batch_size=4,
            size=64,
        )
    )
    for architecture, category in (
        ("shared_encoder", "universal"),
        ("shared_encoder", "beach"),
        ("encoder_decoder", "universal"),
    ):
        train_colorizer(
            ColorizerConfig(
                category=category,
                packed_dir=packed_dir,
                run_dir=runs_dir / "colorizers" / architecture / category,
                architecture=architecture,
                encoder=router_dir if architecture == "shared_encoder" else None,
                epochs=1,
                steps_per_epoch=4,
                batch_size=4,
                size=64,
                run_px=64 if architecture == "encoder_decoder" else 256,
            )
        )


@pytest.fixture(scope="session")
def tiny_bundle(
    tiny_runs: Path, packed_photos: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A bundle of three categories, exported from `tiny_runs`; read only."""
    from release.export import export

    def make(folder: Path) -> None:
        export(tiny_runs, folder / "pretrained", packed_photos)

    return make_once(tmp_path_factory, "bundle", make) / "pretrained"


@pytest.fixture(scope="session")
def results_of(
    packed_photos: Path, tiny_bundle: Path, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], Path]:
    """Gives the folder of what a notebook reads, by the notebook's number; read only.

    The tests of the command that makes it look at the same folder: it is trained once.
    """

    def results(number: str) -> Path:
        maker = importlib.import_module(f"tests.notebooks.make_{number}")

        def make(folder: Path) -> None:
            eager.install()
            thin.install()
            maker.make(folder, packed_photos, tiny_bundle)

        return make_once(tmp_path_factory, f"notebook_{number}", make)

    return results


@pytest.fixture
def gray_photo(tmp_path: Path) -> Path:
    """A gray JPEG of 300 x 200 px."""
    path = tmp_path / "beach.jpg"
    image = pyvips.Image.new_from_array(draw_photo("beach", 0), interpretation="srgb")
    image.colourspace("b-w").write_to_file(str(path), Q=95)
    return path


@pytest.fixture(scope="session")
def shipped() -> Path:
    """The bundle that is shipped."""
    return PRETRAINED_DIR


@pytest.fixture(scope="session", autouse=True)
def _training_is_quick() -> None:
    """For what sessions and modules share; see `tests/eager.py` and `tests/thin.py`."""
    if "keras" in sys.modules:
        eager.install()
        thin.install()


@pytest.fixture(autouse=True)
def _training_is_real_where_marked(request: pytest.FixtureRequest) -> Iterator[None]:
    """The marks `graph` and `full`."""
    marked = request.node.get_closest_marker
    with (
        eager.compiled() if marked("graph") else nullcontext(),
        thin.full_networks() if marked("full") else nullcontext(),
    ):
        yield


@pytest.fixture(autouse=True)
def _precision_as_it_was() -> Iterator[None]:
    """Take back the policy that a training sets for the whole process, as a command may."""
    yield
    if "keras" in sys.modules:
        sys.modules["keras"].config.set_dtype_policy("float32")


@pytest.fixture(autouse=True)
def _logger_as_it_was() -> Iterator[None]:
    """Take back what a command does to loggers, which would outlive its stderr."""
    loggers = [logging.getLogger(name) for name in (None, *TALKATIVE)]
    levels, handlers = [one.level for one in loggers], loggers[0].handlers[:]
    yield
    loggers[0].handlers[:] = handlers
    for one, level in zip(loggers, levels, strict=True):
        one.setLevel(level)
