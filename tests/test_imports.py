import subprocess
import sys

import pytest

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
