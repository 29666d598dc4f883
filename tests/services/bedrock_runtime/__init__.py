"""Tests of Amazon Bedrock Runtime."""
