"""The entry points for tests: `mock_ml`, its decorators, and the handle."""
