"""Models: how their identifiers resolve, and what a test declares of them."""
