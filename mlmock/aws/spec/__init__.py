"""Service models and their constraints."""
