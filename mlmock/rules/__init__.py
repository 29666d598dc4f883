"""Rules: what test authors write to answer calls."""
