"""Tests of `mlmock.simulation`."""
