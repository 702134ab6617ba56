import pandas as pd
import pytest

from experiments.losses import SATURATIONS, VARIANTS, main
from tests.notebooks import make_07

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def compared(packed_photos, tiny_bundle, results_of):
    """The folder with the results of a very short comparison, and the command that made them."""
    folder = results_of("07")
    return folder, make_07.options(folder, packed_photos, tiny_bundle)


def test_every_variant_sees_as_many_photos_and_is_measured_at_every_saturation(compared):
    folder, _ = compared
    table = pd.read_csv(folder / "results" / "losses.csv")
    curves = table.dropna(subset="saturation").groupby("variant")
    assert set(curves.groups) == set(VARIANTS)
    assert set(curves["photos"].unique().explode()) == {32}
    for _, rows in curves:
        assert tuple(rows["saturation"]) == SATURATIONS
        assert rows["colorfulness"].is_monotonic_increasing
    gray = table.set_index("variant").loc["gray"]
    assert gray["colorfulness"] == pytest.approx(0, abs=0.5)
    assert table["psnr_db"].max() > gray["psnr_db"]
    assert (folder / "results" / "losses.png").stat().st_size > 5000


def test_a_second_run_only_measures(compared):
    folder, command = compared
    path = folder / "results" / "losses.csv"
    checkpoints = {one: one.stat().st_mtime_ns for one in folder.glob("runs/*/*.keras")}
    assert len(checkpoints) == len(VARIANTS)
    before = pd.read_csv(path)
    assert main(command) == 0
    assert {one: one.stat().st_mtime_ns for one in folder.glob("runs/*/*.keras")} == checkpoints
    pd.testing.assert_frame_equal(pd.read_csv(path), before)
