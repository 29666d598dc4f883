"""The wire: what botocore's own serialisers and parsers make of ours, both ways."""
