"""A tiny real H.264 stream (baseline profile): one grey picture, and then pictures that repeat it.

The first picture costs one byte for 16 by 16 pixels: every macroblock is predicted flat and has
nothing left to correct. A picture that repeats the last one says that all its macroblocks are
skipped, which takes a few bytes. Syntax and names are those of the standard, ITU-T H.264.
"""

from __future__ import annotations

from dataclasses import dataclass

_BASELINE, _CONSTRAINTS = 66, 0xC0
_SPS, _PPS, _IDR, _NON_IDR = 0x67, 0x68, 0x65, 0x41  # the first byte of each kind of unit
_P_SLICES, _I_SLICES = 5, 7  # every slice of the picture is of the kind
_FLAT_MACROBLOCK = (
    0x27  # mb_type 3 (00100), chroma DC (1), no change of quantiser (1), no coefficients (1)
)
_LEVELS = ((396, 11), (1620, 30), (3600, 31), (8192, 40), (36864, 51))
_FRAME_NUMBERS = 16


class BitWriter:
    """Bits, put down one field after the other."""

    def __init__(self) -> None:
        self._digits: list[str] = []

    def write(self, value: int, width: int) -> None:
        """Put down `value` in `width` bits."""
        self._digits.append(f"{value:0{width}b}")

    def write_ue(self, value: int) -> None:
        """Put down an unsigned number in Exp-Golomb code."""
        self.write(value + 1, 2 * (value + 1).bit_length() - 1)

    def write_bytes(self, data: bytes) -> None:
        """Put down whole bytes, aligned or not."""
        if data:
            self._digits.append(f"{int.from_bytes(data, 'big'):0{8 * len(data)}b}")

    def finish(self) -> bytes:
        """Return the bytes, closed by the stop bit."""
        digits = "".join(self._digits) + "1"
        digits += "0" * (-len(digits) % 8)
        return int(digits, 2).to_bytes(len(digits) // 8, "big")


@dataclass(frozen=True, slots=True)
class PictureSize:
    """The size of the pictures in pixels; both are even."""

    width: int
    height: int

    @property
    def columns(self) -> int:
        """Macroblocks in a row."""
        return -(-self.width // 16)

    @property
    def rows(self) -> int:
        """Rows of macroblocks."""
        return -(-self.height // 16)

    @property
    def level(self) -> int:
        """The lowest level that allows pictures of this size."""
        macroblocks = self.columns * self.rows
        return next(level for most, level in _LEVELS if macroblocks <= most)


def _nal_unit(first: int, bits: BitWriter) -> bytes:
    """Return a NAL unit: emulation prevention keeps start codes out of it."""
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
    """Return the sequence parameter set: profile, level, numbering, size and cropping."""
    bits = BitWriter()
    for byte in (_BASELINE, _CONSTRAINTS, picture.level):
        bits.write(byte, 8)
    bits.write_ue(0)  # seq_parameter_set_id
    bits.write_ue(0)  # frame numbers have 4 bits
    bits.write_ue(2)  # pictures are shown in the order in which they come
    bits.write_ue(1)  # one reference picture
    bits.write(0, 1)  # no gaps in frame numbers
    bits.write_ue(picture.columns - 1)
    bits.write_ue(picture.rows - 1)
    bits.write(0b11, 2)  # frames only; direct_8x8_inference
    _write_cropping(bits, picture)
    bits.write(0, 1)  # no usability information
    return _nal_unit(_SPS, bits)


def _write_cropping(bits: BitWriter, picture: PictureSize) -> None:
    right = (16 * picture.columns - picture.width) // 2
    bottom = (16 * picture.rows - picture.height) // 2
    bits.write(int(bool(right or bottom)), 1)
    if right or bottom:
        for edge in (0, right, 0, bottom):
            bits.write_ue(edge)


def picture_parameters() -> bytes:
    """Return the picture parameter set: Exp-Golomb coding, one slice group, quantiser 26."""
    bits = BitWriter()
    bits.write_ue(0)  # pic_parameter_set_id
    bits.write_ue(0)  # seq_parameter_set_id
    bits.write(0b00, 2)  # CAVLC; no order of fields
    for number in (0, 0, 0):  # one slice group; one reference picture in either list
        bits.write_ue(number)
    bits.write(0b000, 3)  # no weighted prediction
    for number in (0, 0, 0):  # quantisers, as signed numbers: nothing to add
        bits.write_ue(number)
    bits.write(0b000, 3)  # deblocking as usual, no constrained prediction, no redundant pictures
    return _nal_unit(_PPS, bits)


def first_picture(picture: PictureSize) -> bytes:
    """Return the picture that stands alone: grey all over."""
    bits = _slice_header(_I_SLICES, 0)
    bits.write_ue(0)  # idr_pic_id
    bits.write(0b00, 2)  # no long-term reference
    bits.write_ue(0)  # no change of quantiser
    bits.write_bytes(bytes([_FLAT_MACROBLOCK]) * (picture.columns * picture.rows))
    return _nal_unit(_IDR, bits)


def repeated_picture(picture: PictureSize, number: int) -> bytes:
    """Return picture `number` (from 1), which shows what the one before it showed."""
    bits = _slice_header(_P_SLICES, number % _FRAME_NUMBERS)
    bits.write(0b000, 3)  # as many references as said; list as it is; sliding window
    bits.write_ue(0)  # no change of quantiser
    bits.write_ue(picture.columns * picture.rows)  # that many macroblocks are skipped
    return _nal_unit(_NON_IDR, bits)


def _slice_header(kind: int, number: int) -> BitWriter:
    bits = BitWriter()
    bits.write_ue(0)  # first_mb_in_slice
    bits.write_ue(kind)
    bits.write_ue(0)  # pic_parameter_set_id
    bits.write(number, 4)
    return bits
