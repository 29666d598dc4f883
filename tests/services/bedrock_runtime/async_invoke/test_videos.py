"""Generated videos: MP4 boxes, H.264 units, lengths and clips."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from mlmock.services.bedrock_runtime.media import h264
from mlmock.services.bedrock_runtime.media.mp4 import mp4
from mlmock.services.bedrock_runtime.media.segments import fixed_clips, mp4_seconds
from tests.services.bedrock_runtime.mp4_reader import BitReader, box, boxes, numbers

FFPROBE = shutil.which("ffprobe") or ""


def test_an_mp4_file_has_its_index_before_its_frames() -> None:
    body = mp4(1280, 720, 6)
    assert [name for name, _ in boxes(body)] == ["ftyp", "moov", "mdat"]
    header = numbers(box(body, "moov/mvhd"), 12)
    assert header[1] / header[0] == 6
    track = dict(boxes(box(body, "moov/trak/mdia/minf/stbl")))
    assert numbers(track["stts"]) == [0, 1, 144, 512]
    sizes = numbers(track["stsz"], 12)
    assert len(sizes) == 144
    assert sum(sizes) == len(box(body, "mdat"))
    [offset] = numbers(track["stco"], 8)
    assert body[offset - 4 : offset] == b"mdat"
    assert body[offset + 4] == 0x65


def test_the_track_holds_the_decoder_configuration() -> None:
    entry = box(mp4(1260, 540, 5), "moov/trak/mdia/minf/stbl/stsd")[8:]
    [(name, content)] = boxes(entry)
    assert name == "avc1"
    assert int.from_bytes(content[24:26], "big") == 1260
    assert int.from_bytes(content[26:28], "big") == 540
    configuration = dict(boxes(content[78:]))["avcC"]
    assert list(configuration[:4]) == [1, 66, 0xC0, 31]


def test_the_sequence_parameters_hold_size_and_cropping() -> None:
    bits = BitReader(h264.sequence_parameters(h264.PictureSize(1260, 540)))
    assert [bits.u(8) for _ in range(3)] == [66, 0xC0, 31]
    assert [bits.ue() for _ in range(4)] == [0, 0, 2, 1]
    assert bits.u(1) == 0
    assert (16 * (bits.ue() + 1), 16 * (bits.ue() + 1)) == (1264, 544)
    assert bits.u(2) == 0b11
    assert bits.u(1) == 1
    assert [2 * bits.ue() for _ in range(4)] == [0, 4, 0, 4]
    assert (bits.u(1), bits.u(1)) == (0, 1)


def test_the_first_picture_has_every_macroblock() -> None:
    bits = BitReader(h264.first_picture(h264.PictureSize(32, 16)))
    assert [bits.ue() for _ in range(3)] == [0, 7, 0]
    assert (bits.u(4), bits.ue(), bits.u(2), bits.ue()) == (0, 0, 0, 0)
    for _ in range(2):
        assert bits.ue() == 3, "Intra_16x16, predicted flat, no residual"
        assert (bits.ue(), bits.ue(), bits.ue()) == (0, 0, 0)
    assert bits.rest().rstrip("0") == "1"


def test_the_other_pictures_skip_every_macroblock() -> None:
    bits = BitReader(h264.repeated_picture(h264.PictureSize(1280, 720), 17))
    assert [bits.ue() for _ in range(3)] == [0, 5, 0]
    assert (bits.u(4), bits.u(3), bits.ue()) == (1, 0, 0)
    assert bits.ue() == 80 * 45
    assert bits.rest().rstrip("0") == "1"


def test_units_contain_no_start_code() -> None:
    bits = h264.BitWriter()
    bits.write_bytes(b"\x00\x00\x01\x00\x00\x00\x00\x02")
    bits.write_bytes(b"")
    unit = h264._nal_unit(0x65, bits)
    assert unit == b"\x65\x00\x00\x03\x01\x00\x00\x03\x00\x00\x03\x02\x80"


@pytest.mark.skipif(not FFPROBE, reason="ffprobe is not installed")
@pytest.mark.parametrize("size", [(1280, 720, 6), (1260, 540, 5), (540, 960, 9)])
def test_ffprobe_reads_the_video(tmp_path: Path, size: tuple[int, int, int]) -> None:
    path = tmp_path / "video.mp4"
    path.write_bytes(mp4(*size))
    probe = subprocess.run(
        [FFPROBE, "-v", "warning", "-of", "json", "-show_streams", "-count_frames", path],
        capture_output=True,
        check=True,
    )
    assert probe.stderr == b""
    [stream] = json.loads(probe.stdout)["streams"]
    assert (stream["codec_name"], stream["avg_frame_rate"]) == ("h264", "24/1")
    assert (stream["width"], stream["height"]) == size[:2]
    assert float(stream["duration"]) == size[2]
    assert int(stream["nb_read_frames"]) == 24 * size[2]


@pytest.mark.parametrize(
    "body",
    [b"", b"RIFF", b"\x00\x00\x00\x01abcd", mp4(64, 64, 1)[:60], b"\x00\x00\x00\x08free" * 3],
)
def test_other_files_have_no_mp4_length(body: bytes) -> None:
    assert mp4_seconds(body) is None


def test_64_bit_headers_and_headers_without_a_timescale() -> None:
    long = bytes([1, 0, 0, 0]) + bytes(16) + (1000).to_bytes(4, "big") + (2500).to_bytes(8, "big")
    assert mp4_seconds((40).to_bytes(4, "big") + b"mvhd" + long) == 2.5
    assert mp4_seconds((32).to_bytes(4, "big") + b"mvhd" + bytes(24)) is None


def test_clips_cover_the_time_span() -> None:
    assert fixed_clips(0, 12, 6) == [(0, 6), (6, 12)]
    assert fixed_clips(1, 5.5, 2) == [(1, 3), (3, 5), (5, 5.5)]
    assert fixed_clips(3, 3, 6) == [(3, 3)]
