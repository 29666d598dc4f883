"""Building blocks shared by services."""
