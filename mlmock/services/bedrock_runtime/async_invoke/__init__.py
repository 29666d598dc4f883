"""Async invokes: StartAsyncInvoke, its outputs in S3, and the listing of invocations."""
