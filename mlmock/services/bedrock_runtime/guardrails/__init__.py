"""Guardrails: declarations, assessments, and the operations that apply them."""
