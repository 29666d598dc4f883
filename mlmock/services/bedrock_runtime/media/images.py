"""Images that image models generate: PNG files of one color, in the requested size.

The color is a hash of the prompt: different prompts give different images, and the same prompt
always gives the same file. An image of one color has a few kilobytes even at 2048 by 2048 pixels.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache

from mlmock.services.common.images import png, read_size

_MAX_PIXELS = 2**24


@lru_cache(maxsize=64)
def generate_png(prompt: str, width: int, height: int) -> bytes:
    """Return a PNG of `width` by `height` pixels in the color that `prompt` hashes to."""
    color = hashlib.sha256(prompt.encode("utf-8", "surrogatepass")).hexdigest()[:6]
    return png(width, height, [(f"#{color}", 1.0)])


def size_of(image: bytes) -> tuple[int, int] | None:
    """Return width and height of a PNG or JPEG in pixels.

    The result is None for anything else, and for an image of no pixels or more than 2**24.
    """
    size = read_size(image)
    return size if size is not None and 0 < size[0] * size[1] <= _MAX_PIXELS else None
