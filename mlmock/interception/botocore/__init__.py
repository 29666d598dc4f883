"""botocore."""
