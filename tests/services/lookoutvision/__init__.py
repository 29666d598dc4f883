"""Lookout for Vision."""
