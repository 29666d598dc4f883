"""Tests with third-party mocks and runners that the development environment does not install."""
