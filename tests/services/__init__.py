"""Tests of `mlmock.services`."""
