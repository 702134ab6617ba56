"""The base layer: categories, colour scales, photos in and out, training data. No framework."""
