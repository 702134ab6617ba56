"""The per-category epoch benchmark (Fig. 6): python -m colorizers.benchmark_epochs mountain

The name by which users know `experiments.epochs`, which says the rest.
"""

import runpy

if __name__ == "__main__":
    runpy.run_module("experiments.epochs", run_name="__main__")
