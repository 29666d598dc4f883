"""One situation a file: each runs in a process of its own, and fails by an exception."""
