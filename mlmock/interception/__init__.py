"""Patches of third-party code. No other package changes classes that are not mlmock's own."""
