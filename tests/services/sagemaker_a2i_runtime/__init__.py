"""Augmented AI Runtime: human loops."""
