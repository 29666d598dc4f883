"""Tests that need an environment of their own; a plain `pytest` leaves them out."""
