"""Tests of `mlmock.mock`."""
