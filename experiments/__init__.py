"""Trains networks to answer a question: Table I, Fig. 6, losses, universal or per category."""
