"""Protocols: from bytes to parameters and from results to bytes, by the service model alone."""
