"""Tests of `mlmock.services.common`."""
