"""aiobotocore and aioboto3, in environments of their own: each pins its botocore."""
