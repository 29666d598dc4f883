"""Scripted answers of models: how they are written, matched to calls and turned into replies."""
