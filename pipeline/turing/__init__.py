"""Which one is real? The Turing test of section V: photos dealt, answers kept, rates counted."""
