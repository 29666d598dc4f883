"""Anthropic's Messages: reading a body (`messages`), writing an answer and its stream."""
