"""Benchmarks: `python -m benchmarks.run` prints the table, `benchmarks.compare` compares commits."""
