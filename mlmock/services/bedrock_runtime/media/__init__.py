"""Generated embeddings, images and videos, and the encodings of media in requests."""
