import pandas as pd
import pytest

from classifier.head import build_classifier
from colorizers.compare import SATURATIONS, VARIANTS, main
from tests.thin import build_thin_encoder
from training.checkpoints import save_checkpoint

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def compared(packed_photos, tmp_path_factory):
    """The folder with the results of a very short comparison, and the command that made them."""
    folder = tmp_path_factory.mktemp("compared")
    save_checkpoint(build_classifier(build_thin_encoder(), 3), folder / "router.keras")
    command = [
        "--packed-dir", str(packed_photos), "--runs-dir", str(folder / "runs"),
        "--results-dir", str(folder / "results"), "--encoder", str(folder / "router.keras"),
        "--photos", "32", "--batch-size", "2", "--size", "32", "--policy", "float32",
    ]  # fmt: skip
    assert main(command) == 0
    return folder, command


def test_every_variant_sees_as_many_photos_and_is_measured_at_every_saturation(compared):
    folder, _ = compared
    table = pd.read_csv(folder / "results" / "compare.csv")
    curves = table.dropna(subset="saturation").groupby("variant")
    assert set(curves.groups) == set(VARIANTS)
    assert set(curves["photos"].unique().explode()) == {32}
    for _, rows in curves:
        assert tuple(rows["saturation"]) == SATURATIONS
        assert rows["colorfulness"].is_monotonic_increasing
    gray = table.set_index("variant").loc["gray"]
    assert gray["colorfulness"] == pytest.approx(0, abs=0.5)
    assert table["psnr_db"].max() > gray["psnr_db"]
    assert (folder / "results" / "compare.png").stat().st_size > 5000


def test_a_second_run_only_measures(compared):
    folder, command = compared
    path = folder / "results" / "compare.csv"
    checkpoints = {one: one.stat().st_mtime_ns for one in folder.glob("runs/*/*.keras")}
    assert len(checkpoints) == len(VARIANTS)
    before = pd.read_csv(path)
    assert main(command) == 0
    assert {one: one.stat().st_mtime_ns for one in folder.glob("runs/*/*.keras")} == checkpoints
    pd.testing.assert_frame_equal(pd.read_csv(path), before)
