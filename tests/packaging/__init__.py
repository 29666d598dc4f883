"""Tests of the distribution, the command line and the container."""
