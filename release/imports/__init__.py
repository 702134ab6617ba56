"""Networks that others trained, read as data from the files that they released."""
