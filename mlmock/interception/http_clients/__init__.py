"""http_clients."""
