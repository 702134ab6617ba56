"""Makes and changes a bundle: export, choices by the validation split, new categories."""
