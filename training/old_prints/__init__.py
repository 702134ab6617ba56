"""Photos shown to a network as old prints: what a print is, how one is drawn, how it is made."""
