"""The test suite. Tests read like documentation and use real clients."""
