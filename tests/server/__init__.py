"""The server, by real clients over real sockets."""
