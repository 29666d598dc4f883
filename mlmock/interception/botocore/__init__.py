"""Patches of botocore, on which boto3 is built."""
