"""The recipe of the shipped networks: its steps, its numbers, and the command that does them."""
