"""What is said before a change, and what is found after it."""
