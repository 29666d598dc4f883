"""Tests of asynchronous model invocation."""
