"""Encoders that classifiers and colorizers build on."""
