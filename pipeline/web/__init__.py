"""The page, its API and the Turing test, on one server: python -m pipeline.web."""
