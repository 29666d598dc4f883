"""Tests of `mlmock.rules`."""
