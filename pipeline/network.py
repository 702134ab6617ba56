"""A shipped network, opened: ONNX Runtime runs it."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.bundle import NetworkFile, read_verified


class Network:
    """An opened network."""

    def __init__(self, folder: Path, file: NetworkFile) -> None:
        """Verify and open a file of the bundle.

        Raises:
            CheckpointError: it is missing, or its content is not what bundle.json says.
        """
        import onnxruntime  # a quarter of a second, so not at import

        content = read_verified(folder, file)
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3  # errors only
        self.session = onnxruntime.InferenceSession(content, options, ["CPUExecutionProvider"])
        self.inputs = [one.name for one in self.session.get_inputs()]

    def __call__(self, inputs: Sequence[NDArray[np.float32]]) -> list[NDArray[np.float32]]:
        """Run the network; inputs and outputs in the order of the file."""
        return self.session.run(None, dict(zip(self.inputs, inputs, strict=True)))
