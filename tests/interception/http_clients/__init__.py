"""What runs beside a mock: others' mocks, clocks, processes, and whatever fetches URLs."""
