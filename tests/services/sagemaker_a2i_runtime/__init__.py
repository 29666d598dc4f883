"""Tests of Amazon Augmented AI Runtime (human loops)."""
