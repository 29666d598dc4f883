"""Tests of `mlmock.reporting`."""
