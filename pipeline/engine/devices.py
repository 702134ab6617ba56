"""Which processor runs the networks: ONNX Runtime's execution providers by their usual names."""

import logging

PROVIDERS = {
    "cuda": "CUDAExecutionProvider",
    "coreml": "CoreMLExecutionProvider",
    "cpu": "CPUExecutionProvider",
}  # the best first
AUTO = "auto"

log = logging.getLogger(__name__)


def find_providers(device: str) -> list[str]:
    """What ONNX Runtime is asked to run a network on, in order of preference.

    Args:
        device: "cuda", "coreml", "cpu" or "auto", the best that is there. One that is unknown or
            missing falls back to the processor, which is always there, with a warning.
    """
    import onnxruntime

    there = onnxruntime.get_available_providers()
    cpu = PROVIDERS["cpu"]
    if device == AUTO:
        return [one for one in PROVIDERS.values() if one in there]
    wanted = PROVIDERS.get(device.lower(), "")
    if wanted in there:
        return [wanted] if wanted == cpu else [wanted, cpu]
    known = [name for name, one in PROVIDERS.items() if one in there]
    why = "is not there" if wanted else "is unknown"
    log.warning("device %r %s (there is: %s): using the cpu", device, why, ", ".join(known))
    return [cpu]
