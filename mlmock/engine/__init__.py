"""The engine: options and state of active mocks, and the dispatch of calls."""
