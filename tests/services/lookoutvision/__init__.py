"""Tests of Amazon Lookout for Vision."""
