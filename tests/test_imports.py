import subprocess
import sys

import grimp
import pytest

ROOMS = (
    "basics", "imaging", "preprocessing", "scraper", "training", "classifier", "colorizers",
    "pipeline", "evaluation", "release", "experiments",
)  # fmt: skip
PACKAGES = (
    "basics",
    "imaging",
    "preprocessing",
    "scraper",
    "training",
    "classifier",
    "colorizers",
    "pipeline",
    "pipeline.turing",
    "pipeline.web",
    "pipeline.desktop.__main__",
)
ROAD_OF_A_PHOTO = ("pipeline.engine.routing", "pipeline.engine.inputs", "pipeline.colorizer")
COSTLY = ("keras", "tensorflow", "torch", "jax", "skimage", "scipy", "pandas", "matplotlib")


@pytest.mark.parametrize("module", [*PACKAGES, *ROAD_OF_A_PHOTO])
def test_importing_costs_nothing_and_does_nothing(module):
    program = (
        f"import {module}, logging, sys, threading\n"
        f"costly = [name for name in {COSTLY} if name in sys.modules]\n"
        "print(costly, logging.root.handlers, threading.active_count())\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("[] [] 1\n", "")


def test_no_modules_import_each_other_in_a_circle():
    graph = grimp.build_graph(*ROOMS, exclude_type_checking_imports=True)
    left = {
        module: set(graph.find_modules_directly_imported_by(module)) for module in graph.modules
    }
    while free := [module for module, imported in left.items() if not imported & left.keys()]:
        for module in free:
            del left[module]
    assert sorted(left) == []
