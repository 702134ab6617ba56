"""Measures a bundle: every photo coloured in every way, against its original."""
