"""Tests of `mlmock.engine`."""
