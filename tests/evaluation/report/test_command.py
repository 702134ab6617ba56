import pandas as pd
import pytest

from evaluation.report.__main__ import main


@pytest.fixture(scope="module")
def options(tiny_bundle, packed_photos) -> list[str]:
    return ["--models", str(tiny_bundle), "--packed-dir", str(packed_photos)]


def test_the_command_writes_one_table(options, tiny_bundle, tmp_path, capsys):
    more = ["--limit", "1", "--reference", str(tiny_bundle), "--name", "now"]
    assert main([*options, *more, "--results-dir", str(tmp_path)]) == 0
    written = capsys.readouterr()
    assert written.out.split() == [str(tmp_path / "now.csv")]
    assert "need --features" in written.err
    table = pd.read_csv(tmp_path / "now.csv")
    assert list(table.columns) == ["measure", "value", "low", "high", "n"]
    values = table.set_index("measure")["value"]
    assert values["router, same best category as the reference's"] == 1
    assert values["PSNR (dB) over gray, faithful, over photos"] == pytest.approx(
        values["PSNR (dB) over gray, routed, over photos"]
    )
    own, constant = "mean tint of the true category", "one constant tint of all photos"
    tints = [values[f"PSNR (dB) over gray, {one}, over photos"] for one in (own, constant)]
    assert tints[0] > tints[1] > 0
    assert not [name for name in values.index if name.startswith("judge")]


def test_photos_that_were_never_packed_are_told(tiny_bundle, tmp_path, capsys):
    assert main(["--models", str(tiny_bundle), "--packed-dir", str(tmp_path)]) == 1
    assert "python -m preprocessing" in capsys.readouterr().err
