"""Photos for the category folders, with their photographers and licences (section III-A)."""
