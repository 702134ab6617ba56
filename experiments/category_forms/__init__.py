"""What is gained by knowing the category, and in which form a network should know it."""
