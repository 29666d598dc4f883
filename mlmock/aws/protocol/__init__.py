"""Protocols: bytes to parameters and results to bytes, by the service model alone."""
