"""Training data from folders of photos: categories, inventory, squares, splits. No framework."""
