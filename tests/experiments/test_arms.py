import pandas as pd
import pytest

from classifier.config import ClassifierConfig
from experiments.arms import STAGES, Arm, measure_arms, staged_config, steps_per_stage, train_arms
from training.checkpoints import chosen_checkpoint


@pytest.fixture
def arms(packed_photos, tmp_path) -> list[Arm]:
    """A classifier and a colorizer, each shown 16 photos."""
    places = {"packed_dir": packed_photos, "batch_size": 2, "steps_per_epoch": 1}
    classifier = ClassifierConfig(
        **places,
        run_dir=tmp_path / "router",
        weights="none",
        head_epochs=0,
        epochs=STAGES,
        size=32,
        run_px=32,
    )
    colorizer = staged_config(
        **places, side_px=32, category="beach", run_dir=tmp_path / "beach", policy="float32"
    )
    return [
        Arm(name=name, training=one, photos=2 * STAGES)
        for name, one in (("router", classifier), ("beach", colorizer))
    ]


@pytest.mark.parametrize(("photos", "steps"), [(1, 1), (64, 2), (70, 2), (79, 2), (96, 3)])
def test_a_budget_is_spent_in_whole_batches(photos, steps):
    assert steps_per_stage(photos, batch_size=4) == steps


def test_each_arm_is_trained_once_and_measured_whenever_asked(arms):
    def measure(arm: Arm) -> pd.DataFrame:
        path = chosen_checkpoint(arm.training.run_dir)
        facts = {"arm": arm.name, "file": path.name, "saved": path.stat().st_mtime}
        return pd.DataFrame([facts])

    table = measure_arms(arms, measure)
    assert list(table["arm"]) == ["router", "beach"]
    assert set(table["file"]) == {f"epoch_{STAGES:04d}.keras"}
    train_arms(arms)
    pd.testing.assert_frame_equal(measure_arms(arms, measure), table)
