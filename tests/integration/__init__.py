"""Tests that need their own environment; a plain `pytest` run does not collect them."""
