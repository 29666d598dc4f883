"""The tests: they read like documentation, and go through real clients."""
