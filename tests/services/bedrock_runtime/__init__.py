"""Bedrock Runtime."""
