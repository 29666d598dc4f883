"""The doors: the only rooms that touch other people's classes."""
