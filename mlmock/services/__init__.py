"""The services: a folder each, which knows behaviour and no HTTP.

A folder exports `Backend` (the state of one account and region: a method for every operation, by
its boto3 name, that takes the Call and returns the members of the answer) and `Handle` (what a
test author holds as `ml.<name>`).
"""
