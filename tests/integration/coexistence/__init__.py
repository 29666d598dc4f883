"""Neighbours that the development environment does without: they have one of their own."""
