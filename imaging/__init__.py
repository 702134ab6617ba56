"""Pixels and files: any photo opened, read, converted and written. No networks."""
