"""What a device can do at most, and how much of it a network asks for; on any Keras backend."""

import shutil
import subprocess
import time
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.parts.common import processor_name

if TYPE_CHECKING:
    import keras

CHAIN = 16  # matrix products in a row
LARGEST = 16384  # side of the largest matrix
LONG_ENOUGH_S = 0.1  # a chain that takes so long hides what starting it costs


def forward_flop(network: "keras.Model", size: int) -> int:
    """Multiplications and additions of a network's convolutions for one photo of `size` px."""
    import keras

    # built anew for one size, for the network itself takes any and its layers know none
    sized = keras.models.clone_model(network, input_tensors=keras.Input((size, size, 1)))
    convolutions = [one for one in sized.layers if isinstance(one, keras.layers.Conv2D)]
    places = [one.output.shape[1] * one.output.shape[2] for one in convolutions]
    weights = [int(np.prod(one.kernel.shape)) for one in convolutions]
    return 2 * sum(p * w for p, w in zip(places, weights, strict=True))


def bf16_matrix_rate() -> float:
    """FLOP per second of large bfloat16 matrix products: the best of five tries."""
    from keras import ops

    side, best = 1024, 0.0
    while True:
        spread = np.random.default_rng(0).standard_normal((side, side)) / np.sqrt(side)
        matrix = ops.cast(ops.convert_to_tensor(spread.astype(np.float32)), "bfloat16")
        seconds = []
        for _ in range(6):  # the first one warms up
            started = time.perf_counter()
            product = matrix
            for _ in range(CHAIN):
                product = ops.matmul(product, matrix)
            ops.convert_to_numpy(ops.cast(product[0, 0], "float32"))  # waits for the device
            seconds.append(time.perf_counter() - started)
        best = max(best, CHAIN * 2 * side**3 / min(seconds[1:]))
        if side == LARGEST or min(seconds) > LONG_ENOUGH_S:
            return best
        side *= 2


def device_name() -> str:
    """What the backend computes on; of a processor, whether it multiplies bfloat16."""
    from keras import ops

    device = str(getattr(ops.zeros(1), "device", "an unknown device"))
    if any(word in device.lower() for word in ("gpu", "cuda")):
        command = ["nvidia-smi", "--query-gpu=name", "--format=csv,noheader"]
        if shutil.which(command[0]) is None:
            return device
        return subprocess.check_output(command, text=True).splitlines()[0]
    return processor_name()
