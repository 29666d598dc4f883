"""The server: the mocked services over HTTP, for SDKs in every language."""
