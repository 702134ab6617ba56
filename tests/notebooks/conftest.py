"""Fixtures for the notebooks: the Python of the tests as their kernel."""

from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture
def own_kernel(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Notebooks run in this Python, whatever kernels the machine has, and find our packages."""
    from ipykernel.kernelspec import write_kernel_spec

    folder = tmp_path_factory.mktemp("jupyter")
    (folder / "kernels").mkdir()
    write_kernel_spec(folder / "kernels" / "python3")  # of sys.executable
    monkeypatch.setenv("JUPYTER_PATH", str(folder))  # searched before all others
    monkeypatch.setenv("IPYTHONDIR", str(folder / "ipython"))  # nobody's start-up files
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
