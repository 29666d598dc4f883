"""Validation of model requests with the error texts of the service."""
