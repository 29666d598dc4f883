"""Requests to models and their replies, independent of the operation that carries them."""
