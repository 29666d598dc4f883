"""Inference operations: Converse, InvokeModel, their streams, and CountTokens."""
