"""Tests with aiobotocore and aioboto3. Each pins botocore, so each has its own environment."""
