"""Coexistence with moto: shared requests, buckets and events."""
