"""The test author's language: what can be said, and what is told."""
