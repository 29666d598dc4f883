"""Tests of the patches of HTTP clients."""
