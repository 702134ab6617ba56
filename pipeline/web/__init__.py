"""The page, its API and the Turing test, on one server: python -m pipeline.web."""

import os

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")  # nobody is told who visits
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
