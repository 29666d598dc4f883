"""Generated MP4 videos: one gray H.264 track of the requested size, duration and frame rate.

Players and ffprobe can read the files. The `moov` box comes first, and all pictures are in one
chunk.

Source: ISO/IEC 14496-12 and 14496-15.
"""

from __future__ import annotations

import struct
from functools import lru_cache

from mlmock.services.bedrock_runtime.media import h264
from mlmock.services.bedrock_runtime.media.h264 import PictureSize

_TICKS_PER_PICTURE = 512
_UNITY = struct.pack(">9i", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
_LANGUAGE = 0x55C4  # "und": undetermined


@lru_cache(maxsize=32)
def mp4(width: int, height: int, seconds: float, rate: int = 24) -> bytes:
    """Return an MP4 video.

    Args:
        width: The width in pixels, an even number.
        height: The height in pixels, an even number.
        seconds: The duration in seconds.
        rate: The frame rate in pictures per second.
    """
    picture = PictureSize(width, height)
    count = max(1, round(seconds * rate))
    samples = [_sample(h264.first_picture(picture))]
    samples += [_sample(h264.repeated_picture(picture, number)) for number in range(1, count)]
    file_type = _box(b"ftyp", b"isom", struct.pack(">I", 0x200), b"isomiso2avc1mp41")
    movie_size = len(_movie_box(picture, samples, rate, 0))
    movie = _movie_box(picture, samples, rate, len(file_type) + movie_size + 8)
    return file_type + movie + _box(b"mdat", *samples)


def _sample(unit: bytes) -> bytes:
    return struct.pack(">I", len(unit)) + unit


def _box(kind: bytes, *parts: bytes) -> bytes:
    return struct.pack(">I", 8 + sum(map(len, parts))) + kind + b"".join(parts)


def _full_box(kind: bytes, flags: int, *parts: bytes) -> bytes:
    return _box(kind, struct.pack(">I", flags), *parts)


def _uint32s(*numbers: int) -> bytes:
    return struct.pack(f">{len(numbers)}I", *numbers)


def _movie_box(picture: PictureSize, samples: list[bytes], rate: int, offset: int) -> bytes:
    scale, length = rate * _TICKS_PER_PICTURE, len(samples) * _TICKS_PER_PICTURE
    header = _full_box(
        b"mvhd",
        0,
        _uint32s(0, 0, scale, length, 0x10000),
        struct.pack(">H10x", 0x100),
        _UNITY,
        bytes(24),
        _uint32s(2),
    )
    media = _box(
        b"mdia",
        _full_box(b"mdhd", 0, _uint32s(0, 0, scale, length), struct.pack(">HH", _LANGUAGE, 0)),
        _full_box(b"hdlr", 0, _uint32s(0), b"vide", bytes(12), b"VideoHandler\0"),
        _box(
            b"minf",
            _full_box(b"vmhd", 1, bytes(8)),
            _data_information_box(),
            _sample_table_box(picture, samples, offset),
        ),
    )
    return _box(b"moov", header, _box(b"trak", _track_header_box(picture, length), media))


def _track_header_box(picture: PictureSize, length: int) -> bytes:
    dimensions = _uint32s(picture.width << 16, picture.height << 16)
    return _full_box(b"tkhd", 3, _uint32s(0, 0, 1, 0, length), bytes(16), _UNITY, dimensions)


def _data_information_box() -> bytes:
    return _box(b"dinf", _full_box(b"dref", 0, _uint32s(1), _full_box(b"url ", 1)))


def _sample_table_box(picture: PictureSize, samples: list[bytes], offset: int) -> bytes:
    count = len(samples)
    sizes = struct.pack(f">{count}I", *map(len, samples))
    return _box(
        b"stbl",
        _full_box(b"stsd", 0, _uint32s(1), _sample_entry(picture)),
        _full_box(b"stts", 0, _uint32s(1, count, _TICKS_PER_PICTURE)),
        _full_box(b"stss", 0, _uint32s(1, 1)),
        _full_box(b"stsc", 0, _uint32s(1, 1, count, 1)),
        _full_box(b"stsz", 0, _uint32s(0, count), sizes),
        _full_box(b"stco", 0, _uint32s(1, offset)),
    )


def _sample_entry(picture: PictureSize) -> bytes:
    return _box(
        b"avc1",
        bytes(6),
        struct.pack(">H16x", 1),
        struct.pack(">HH", picture.width, picture.height),
        _uint32s(0x480000, 0x480000, 0),
        struct.pack(">H32xHH", 1, 24, 0xFFFF),
        _decoder_configuration(picture),
    )


def _decoder_configuration(picture: PictureSize) -> bytes:
    sequence_set, picture_set = h264.sequence_parameters(picture), h264.picture_parameters()
    return _box(
        b"avcC",
        bytes([1, *sequence_set[1:4], 0xFF, 0xE1]),
        struct.pack(">H", len(sequence_set)),
        sequence_set,
        bytes([1]),
        struct.pack(">H", len(picture_set)),
        picture_set,
    )
