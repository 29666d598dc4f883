"""The core of the contract: how a mock is run, and what its handle says."""
