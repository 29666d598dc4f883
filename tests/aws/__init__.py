"""Tests of `mlmock.aws`."""
