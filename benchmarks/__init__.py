"""Benchmarks: `benchmarks.run` prints the table of ratios, `benchmarks.compare` two commits."""
