"""Tests of Amazon SageMaker Runtime."""
