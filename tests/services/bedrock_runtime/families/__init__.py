"""Tests of the model families' request and response bodies."""
