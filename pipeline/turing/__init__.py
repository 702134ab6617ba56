"""Which one is real? The Turing test of section V: photos drawn, answers kept, rates counted."""
