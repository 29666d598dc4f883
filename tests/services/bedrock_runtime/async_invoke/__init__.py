"""Tests of async_invoke."""
