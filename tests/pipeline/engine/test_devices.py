import onnxruntime
import pytest

from pipeline.colorize import main
from pipeline.engine.devices import PROVIDERS, find_providers


@pytest.mark.parametrize("device", ["auto", "cpu", "cuda", "coreml"])
def test_the_processor_is_always_the_last_resort(device):
    providers = find_providers(device)
    assert providers[-1] == PROVIDERS["cpu"]
    assert set(providers) <= set(onnxruntime.get_available_providers())


@pytest.mark.parametrize(("device", "why"), [("tpu", "is unknown"), ("coreml", "is not there")])
def test_what_is_missing_falls_back_with_one_line(gray_photo, device, why, capsys):
    if PROVIDERS.get(device) in onnxruntime.get_available_providers():
        device, why = "npu", "is unknown"
    assert main([str(gray_photo), "--device", device]) == 0
    told = [line for line in capsys.readouterr().err.splitlines() if "device" in line]
    assert len(told) == 1
    assert f"device {device!r} {why}" in told[0]
    assert "using the cpu" in told[0]
