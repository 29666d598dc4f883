"""Patches of HTTP clients, which fetch presigned URLs."""
