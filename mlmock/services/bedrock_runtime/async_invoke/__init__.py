"""async_invoke."""
