"""A minimal H.264 encoder (baseline profile) for a gray picture and its repetitions.

The first picture has one byte for 16 by 16 pixels: every macroblock is predicted flat and has no
coefficients. A repeated picture marks all its macroblocks as skipped, which takes a few bytes.
Syntax and names are those of the standard.

Source: ITU-T H.264.
"""

from __future__ import annotations

from dataclasses import dataclass

_BASELINE, _CONSTRAINTS = 66, 0xC0
_SPS, _PPS, _IDR, _NON_IDR = 0x67, 0x68, 0x65, 0x41  # the first byte of each type of NAL unit
_P_SLICES, _I_SLICES = 5, 7  # slice_type: all slices of the picture are of this type
_FLAT_MACROBLOCK = 0x27  # mb_type 3 (00100), chroma DC (1), mb_qp_delta 0 (1), no coefficients (1)
_LEVELS = ((396, 11), (1620, 30), (3600, 31), (8192, 40), (36864, 51))
_FRAME_NUMBERS = 16


class BitWriter:
    """A writer of bit fields."""

    def __init__(self) -> None:
        self._digits: list[str] = []

    def write(self, value: int, width: int) -> None:
        """Write `value` in `width` bits."""
        self._digits.append(f"{value:0{width}b}")

    def write_ue(self, value: int) -> None:
        """Write an unsigned number in Exp-Golomb code, ``ue(v)`` in the standard."""
        self.write(value + 1, 2 * (value + 1).bit_length() - 1)

    def write_bytes(self, data: bytes) -> None:
        """Write all bits of `data`, also at a position that is not byte-aligned."""
        if data:
            self._digits.append(f"{int.from_bytes(data, 'big'):0{8 * len(data)}b}")

    def finish(self) -> bytes:
        """Return the bytes with the stop bit and the alignment bits."""
        digits = "".join(self._digits) + "1"
        digits += "0" * (-len(digits) % 8)
        return int(digits, 2).to_bytes(len(digits) // 8, "big")


@dataclass(frozen=True, slots=True)
class PictureSize:
    """The size of all pictures of a stream in pixels; both numbers are even."""

    width: int
    height: int

    @property
    def columns(self) -> int:
        """The count of macroblocks in a row."""
        return -(-self.width // 16)

    @property
    def rows(self) -> int:
        """The count of rows of macroblocks."""
        return -(-self.height // 16)

    @property
    def level(self) -> int:
        """The lowest level that allows pictures of this size."""
        macroblocks = self.columns * self.rows
        return next(level for most, level in _LEVELS if macroblocks <= most)


def _nal_unit(first: int, bits: BitWriter) -> bytes:
    """Return a NAL unit, with emulation prevention bytes where start codes would occur."""
    unit = bytearray([first])
    zeros = 0
    for byte in bits.finish():
        if zeros == 2 and byte <= 3:
            unit.append(3)
            zeros = 0
        unit.append(byte)
        zeros = zeros + 1 if byte == 0 else 0
    return bytes(unit)


def sequence_parameters(picture: PictureSize) -> bytes:
    """Return the sequence parameter set: profile, level, frame numbers, size and cropping."""
    bits = BitWriter()
    for byte in (_BASELINE, _CONSTRAINTS, picture.level):
        bits.write(byte, 8)
    bits.write_ue(0)  # seq_parameter_set_id
    bits.write_ue(0)  # log2_max_frame_num_minus4: frame numbers have 4 bits
    bits.write_ue(2)  # pic_order_cnt_type: output order is decoding order
    bits.write_ue(1)  # one reference picture
    bits.write(0, 1)  # no gaps in frame numbers
    bits.write_ue(picture.columns - 1)
    bits.write_ue(picture.rows - 1)
    bits.write(0b11, 2)  # frames only; direct_8x8_inference
    _write_cropping(bits, picture)
    bits.write(0, 1)  # no video usability information
    return _nal_unit(_SPS, bits)


def _write_cropping(bits: BitWriter, picture: PictureSize) -> None:
    right = (16 * picture.columns - picture.width) // 2
    bottom = (16 * picture.rows - picture.height) // 2
    bits.write(int(bool(right or bottom)), 1)
    if right or bottom:
        for edge in (0, right, 0, bottom):
            bits.write_ue(edge)


def picture_parameters() -> bytes:
    """Return the picture parameter set: Exp-Golomb coding, one slice group, quantizer 26."""
    bits = BitWriter()
    bits.write_ue(0)  # pic_parameter_set_id
    bits.write_ue(0)  # seq_parameter_set_id
    bits.write(0b00, 2)  # CAVLC; no order of fields
    for number in (0, 0, 0):  # one slice group; one reference picture in either list
        bits.write_ue(number)
    bits.write(0b000, 3)  # no weighted prediction
    for number in (0, 0, 0):  # signed offsets of the quantizers: 0
        bits.write_ue(number)
    bits.write(0b000, 3)  # default deblocking, no constrained prediction, no redundant pictures
    return _nal_unit(_PPS, bits)


def first_picture(picture: PictureSize) -> bytes:
    """Return the IDR picture, which is gray."""
    bits = _slice_header(_I_SLICES, 0)
    bits.write_ue(0)  # idr_pic_id
    bits.write(0b00, 2)  # no long-term reference
    bits.write_ue(0)  # slice_qp_delta: the quantizer is unchanged
    bits.write_bytes(bytes([_FLAT_MACROBLOCK]) * (picture.columns * picture.rows))
    return _nal_unit(_IDR, bits)


def repeated_picture(picture: PictureSize, number: int) -> bytes:
    """Return a picture that repeats the previous one.

    Args:
        picture: The size of the pictures.
        number: The position of the picture in the stream; the IDR picture is 0.
    """
    bits = _slice_header(_P_SLICES, number % _FRAME_NUMBERS)
    bits.write(0b000, 3)  # default reference count, unmodified list, sliding window
    bits.write_ue(0)  # slice_qp_delta: the quantizer is unchanged
    bits.write_ue(picture.columns * picture.rows)  # mb_skip_run: all macroblocks are skipped
    return _nal_unit(_NON_IDR, bits)


def _slice_header(kind: int, number: int) -> BitWriter:
    bits = BitWriter()
    bits.write_ue(0)  # first_mb_in_slice
    bits.write_ue(kind)
    bits.write_ue(0)  # pic_parameter_set_id
    bits.write(number, 4)
    return bits
