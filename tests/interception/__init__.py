"""Interception, situation by situation."""
