"""The claim of the paper: a network per category against one for all, at equal compute."""
