"""Shipped models, opened: ONNX Runtime runs them."""

import threading
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from basics.errors import CheckpointError
from pipeline.engine.bundle import ModelEntry
from pipeline.engine.bundle_file import read_verified
from pipeline.engine.devices import find_providers
from pipeline.engine.onnx_checks import (
    MEND,
    keep_inside,
    onnx_errors,
    require_finite,
    require_fitting,
)

LONGEST = 300  # characters of what ONNX Runtime says


class OnnxModel:
    """An opened model; several threads may run it at once.

    Attributes:
        name: of its file in the bundle.
        seconds: how long its runs have taken so far, summed over threads.
    """

    def __init__(
        self,
        folder: Path,
        entry: ModelEntry,
        *,
        providers: Sequence[str] = ("CPUExecutionProvider",),
        threads: int = 0,
    ) -> None:
        """Verify and open a file of the bundle.

        Args:
            folder: the bundle's.
            entry: which of its files.
            providers: of ONNX Runtime, the first that can run it; see `pipeline.engine.devices`.
            threads: that share one run; 0 takes all processors.

        Raises:
            CheckpointError: it is missing, or its content is not what bundle.json says.
        """
        import onnxruntime  # a quarter of a second, so not at import

        content = read_verified(folder, entry)
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3  # errors only
        options.intra_op_num_threads = threads
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # wait, not spin
        options.enable_cpu_mem_arena = False  # it would keep what the largest photo took
        keep_inside(options)
        try:
            self.session = onnxruntime.InferenceSession(content, options, list(providers))
        except onnx_errors() as error:
            what = f"a network that cannot be opened: {str(error)[:LONGEST]}"
            raise CheckpointError(what, folder / entry.file, MEND) from error
        require_fitting(self.session, entry)
        self.name = entry.file
        self.inputs = [one.name for one in self.session.get_inputs()]
        self.seconds = 0.0

    def __call__(self, inputs: Sequence[NDArray[np.float32]]) -> list[NDArray[np.float32]]:
        """Run the network; inputs and outputs in the order of the file.

        Raises:
            CheckpointError: it takes another number of inputs, or others, or gives what is no
                number.
        """
        started = time.perf_counter()
        if len(inputs) != len(self.inputs):
            what = f"a model takes {len(self.inputs)} arrays; bundle.json has {len(inputs)} for it"
            raise CheckpointError(what, self.name, "get the bundle anew, or give another one")
        try:
            outputs = self.session.run(None, dict(zip(self.inputs, inputs, strict=True)))
        except onnx_errors() as error:
            what = f"a network that cannot be run: {str(error)[:LONGEST]}"
            raise CheckpointError(what, self.name, MEND) from error
        require_finite(outputs, self.name)
        self.seconds += time.perf_counter() - started
        return outputs


class ModelCache:
    """The models of one folder; each is opened once, when it is first needed."""

    def __init__(self, folder: Path, *, device: str = "cpu", threads: int = 0) -> None:
        """Open none yet.

        Args:
            folder: the bundle's.
            device: "cuda", "coreml", "cpu" or "auto".
            threads: that share one run of a network; 0 takes all processors.
        """
        self.folder, self.device, self.threads = folder, device, threads
        self.providers: list[str] = []  # found with the first network
        self.opened: dict[str, OnnxModel] = {}
        self._opening = threading.Lock()

    def open(self, entry: ModelEntry) -> OnnxModel:
        """Open a file, or give the one that is open.

        Raises:
            CheckpointError: it is missing or damaged.
        """
        with self._opening:
            if entry.file not in self.opened:
                self.providers = self.providers or find_providers(self.device)
                self.opened[entry.file] = OnnxModel(
                    self.folder, entry, providers=self.providers, threads=self.threads
                )
            return self.opened[entry.file]

    @property
    def seconds(self) -> float:
        """How long all runs have taken so far."""
        return sum(model.seconds for model in self.opened.values())
