"""Patches of aiobotocore, on which aioboto3 is built."""
