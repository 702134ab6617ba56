"""Fixtures for the pipeline: the shipped bundle, a tiny trained one, and photos to colour."""

from pathlib import Path

import pytest
import pyvips

from pipeline.bundle import PRETRAINED_DIR
from tests.drawing import draw_photo


@pytest.fixture(scope="session")
def tiny_runs(packed_photos: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Run folders of a router, two kinds of universal colorizer and one of a category."""
    from classifier.config import ClassifierConfig
    from classifier.train import train as train_classifier
    from colorizers.config import ColorizerConfig
    from colorizers.train import train as train_colorizer

    runs_dir = tmp_path_factory.mktemp("runs")
    router_dir = runs_dir / "classifier" / "mobilenet_v2"
    train_classifier(
        ClassifierConfig(
            packed_dir=packed_photos,
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
                packed_dir=packed_photos,
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
    return runs_dir


@pytest.fixture(scope="session")
def tiny_bundle(
    tiny_runs: Path, packed_photos: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A bundle of three categories, exported from `tiny_runs`; read only."""
    from pipeline.export import export

    bundle_dir = tmp_path_factory.mktemp("bundle") / "pretrained"
    return export(tiny_runs, bundle_dir, packed_photos).folder


@pytest.fixture(scope="session")
def shipped() -> Path:
    """The bundle that is shipped."""
    return PRETRAINED_DIR


@pytest.fixture
def gray_photo(tmp_path: Path) -> Path:
    """A gray JPEG of 300 x 200 px."""
    path = tmp_path / "beach.jpg"
    image = pyvips.Image.new_from_array(draw_photo("beach", 0), interpretation="srgb")
    image.colourspace("b-w").write_to_file(str(path), Q=95)
    return path
