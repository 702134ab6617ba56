"""Each notebook is run on results of drawn photos, and its stored outputs are looked through.

The results that `notebooks/NN_name.py` reads come from `make(folder, packed_dir, bundle_dir)` in
`make_NN.py`, which writes them below `folder/results/` by the commands that users have.
"""

import importlib.util
from pathlib import Path

import jupytext
import nbformat
import pytest

ROOT = Path(__file__).parent.parent.parent
SCRIPTS = sorted((ROOT / "notebooks").glob("*.py"))
LARGEST = 500_000  # bytes

each_notebook = pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
DEAR = ("05", "07")  # whose results take 40 seconds to make
each_notebook_dear_ones_nightly = pytest.mark.parametrize(
    "script",
    [
        pytest.param(one, marks=[pytest.mark.nightly] if one.stem[:2] in DEAR else [])
        for one in SCRIPTS
    ],
    ids=lambda path: path.stem,
)


@pytest.mark.notebook
@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning:zmq")
@pytest.mark.usefixtures("own_kernel")
@each_notebook_dear_ones_nightly
def test_a_notebook_runs_on_results_of_drawn_photos(script, results_of):
    from nbclient import NotebookClient

    _require_maker(script)
    notebook, folder = jupytext.read(script), results_of(script.stem[:2])
    NotebookClient(notebook, resources={"metadata": {"path": str(folder)}}).execute()
    outputs = [one for cell in notebook.cells for one in cell.get("outputs", [])]
    assert outputs
    assert not [one.ename for one in outputs if one.output_type == "error"]
    assert notebook.cells[-1].get("outputs"), "the last cell holds the answer"


@each_notebook
def test_a_stored_notebook_has_the_cells_of_its_script_and_was_run(script):
    cells, stored = jupytext.read(script).cells, _stored(script).cells
    stale = f"{script.stem} has changed since it was run: make notebooks"
    assert [(one.cell_type, one.source) for one in stored] == [
        (one.cell_type, one.source) for one in cells
    ], stale
    code = [one for one in stored if one.cell_type == "code"]
    assert [one.execution_count for one in code] == [*range(1, len(code) + 1)], stale
    assert stored[-1].get("outputs"), "the last cell holds the answer"


@each_notebook
def test_a_stored_notebook_is_small_and_holds_figures_only(script):
    cells, text = _stored(script).cells, script.with_suffix(".ipynb").read_text()
    assert len(text.encode()) < LARGEST
    assert str(ROOT) not in text
    assert str(Path.home()) not in text
    outputs = [one for cell in cells for one in cell.get("outputs", [])]
    assert "error" not in {one.output_type for one in outputs}
    kinds = {kind for one in outputs for kind in one.get("data", {})}
    assert {kind for kind in kinds if kind.startswith("image/")} <= {"image/png"}
    assert "data:image" not in text  # pictures hidden in HTML


@each_notebook
def test_a_notebook_is_thin(script):
    cells = [one for one in jupytext.read(script).cells if one.cell_type == "code"]
    assert max(len(one.source.splitlines()) for one in cells) <= 15
    assert not [one.source for one in cells if "def " in one.source]


def _require_maker(script):
    """Fail unless there is a module that makes what the notebook reads."""
    name = f"tests.notebooks.make_{script.stem[:2]}"
    if importlib.util.find_spec(name) is None:
        pytest.fail(f"write {name.replace('.', '/')}.py: it makes what {script.name} reads")


def _stored(script):
    path = script.with_suffix(".ipynb")
    if not path.is_file():
        pytest.fail(f"{path.name} is missing: make notebooks")
    return nbformat.read(path, as_version=4)
