"""The tensors of the authors' PyTorch network of Zhang et al. 2016.

`torch.load(weights_only=True)` unpickles tensors and nothing else; torch is an extra, for only this
needs it.
"""

import io
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from basics.errors import CheckpointError, ConfigError
from release.imports.files import read_bounded

MAX_BYTES = 300_000_000  # of a file; the released one has 129 MB
MAX_TENSORS = 1_000
FIX = "give the authors' file, colorization_release_v2-9b330a0b.pth, whole"


def read_pth(path: Path) -> dict[str, NDArray[np.float32]]:
    """The tensors of a file of PyTorch weights: name -> float32.

    Raises:
        CheckpointError: there is no such file, it is too large, or holds something else.
        ConfigError: torch is not installed.
    """
    try:
        import torch
    except ImportError as error:
        what = "PyTorch's files are read by torch, which is not installed"
        raise ConfigError(what, path, "pip install torch, or give the .caffemodel") from error
    data = read_bounded(path, MAX_BYTES, FIX)
    try:
        found = torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)
        if not isinstance(found, Mapping) or len(found) > MAX_TENSORS:
            raise ValueError("it is no table of tensors")
        return {str(name): _array(one) for name, one in found.items()}
    except Exception as error:  # pickle's, zipfile's and torch's own, all of them a damaged file
        what = (
            f"no weights of PyTorch: {str(error).splitlines()[0][:200] if str(error) else error!r}"
        )
        raise CheckpointError(what, path, FIX) from error


def _array(tensor: object) -> NDArray[np.float32]:
    import torch

    if not isinstance(tensor, torch.Tensor) or tensor.is_sparse or tensor.is_quantized:
        raise ValueError("something in it is no tensor")
    if tensor.numel() > MAX_BYTES // 4:  # a view of few numbers can claim any shape
        raise ValueError(f"a tensor of {tensor.numel():,} numbers")
    return tensor.detach().to(torch.float32).numpy()
