"""What is said before anything is started."""
