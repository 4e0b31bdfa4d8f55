"""The page that shows a run, in a real browser."""
