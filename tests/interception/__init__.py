"""Tests of `mlmock.interception`."""
