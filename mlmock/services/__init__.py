"""The behavior of AWS services, without HTTP: a folder for each service, named as in boto3.

A folder exports `Backend`, the state of one account and region with a method for each operation,
and `Handle`, the attribute `ml.<name>`.
"""
