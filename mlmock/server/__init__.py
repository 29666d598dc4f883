"""Server mode: the same house behind HTTP, for every SDK in every language."""
