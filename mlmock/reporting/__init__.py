"""Reports for test authors: messages, the journal of calls, tables of resources."""
