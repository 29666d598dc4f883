"""One scenario per file. Each runs in its own process and fails by raising an exception."""
