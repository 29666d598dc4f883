"""A tiny real H.264 stream (baseline profile): one grey picture, and then pictures that repeat it.

The first picture costs one byte for 16 by 16 pixels: every macroblock is predicted flat and has
nothing left to correct. A picture that repeats the last one says that all its macroblocks are
skipped, which takes a few bytes. Syntax and names are those of the standard, ITU-T H.264.
"""

from __future__ import annotations

from dataclasses import dataclass

_BASELINE, _CONSTRAINTS = 66, 0xC0
_SPS, _PPS, _IDR, _PICTURE = 0x67, 0x68, 0x65, 0x41  # the first byte of each kind of unit
_P_SLICES, _I_SLICES = 5, 7  # every slice of the picture is of the kind
_FLAT = 0x27  # mb_type 3 (00100), chroma DC (1), no change of quantiser (1), no coefficients (1)
_LEVELS = ((396, 11), (1620, 30), (3600, 31), (8192, 40), (36864, 51))
_FRAME_NUMBERS = 16


class Bits:
    """Bits, put down one field after the other."""

    def __init__(self) -> None:
        self._text: list[str] = []

    def put(self, value: int, width: int) -> None:
        """Put down `value` in `width` bits."""
        self._text.append(f"{value:0{width}b}")

    def ue(self, value: int) -> None:
        """Put down an unsigned number in Exp-Golomb code."""
        self.put(value + 1, 2 * (value + 1).bit_length() - 1)

    def put_all(self, data: bytes) -> None:
        """Put down whole bytes, aligned or not."""
        if data:
            self._text.append(f"{int.from_bytes(data, 'big'):0{8 * len(data)}b}")

    def ended(self) -> bytes:
        """Return the bytes, closed by the stop bit."""
        text = "".join(self._text) + "1"
        text += "0" * (-len(text) % 8)
        return int(text, 2).to_bytes(len(text) // 8, "big")


@dataclass(frozen=True, slots=True)
class Picture:
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
        blocks = self.columns * self.rows
        return next(level for most, level in _LEVELS if blocks <= most)


def _unit(first: int, bits: Bits) -> bytes:
    """Return a NAL unit: emulation prevention keeps start codes out of it."""
    found = bytearray([first])
    zeros = 0
    for byte in bits.ended():
        if zeros == 2 and byte <= 3:
            found.append(3)
            zeros = 0
        found.append(byte)
        zeros = zeros + 1 if byte == 0 else 0
    return bytes(found)


def sequence_parameters(picture: Picture) -> bytes:
    """Return the sequence parameter set: profile, level, numbering, size and cropping."""
    bits = Bits()
    for byte in (_BASELINE, _CONSTRAINTS, picture.level):
        bits.put(byte, 8)
    bits.ue(0)  # seq_parameter_set_id
    bits.ue(0)  # frame numbers have 4 bits
    bits.ue(2)  # pictures are shown in the order in which they come
    bits.ue(1)  # one reference picture
    bits.put(0, 1)  # no gaps in frame numbers
    bits.ue(picture.columns - 1)
    bits.ue(picture.rows - 1)
    bits.put(0b11, 2)  # frames only; direct_8x8_inference
    _put_cropping(bits, picture)
    bits.put(0, 1)  # no usability information
    return _unit(_SPS, bits)


def _put_cropping(bits: Bits, picture: Picture) -> None:
    right = (16 * picture.columns - picture.width) // 2
    bottom = (16 * picture.rows - picture.height) // 2
    bits.put(int(bool(right or bottom)), 1)
    if right or bottom:
        for edge in (0, right, 0, bottom):
            bits.ue(edge)


def picture_parameters() -> bytes:
    """Return the picture parameter set: Exp-Golomb coding, one slice group, quantiser 26."""
    bits = Bits()
    bits.ue(0)  # pic_parameter_set_id
    bits.ue(0)  # seq_parameter_set_id
    bits.put(0b00, 2)  # CAVLC; no order of fields
    for number in (0, 0, 0):  # one slice group; one reference picture in either list
        bits.ue(number)
    bits.put(0b000, 3)  # no weighted prediction
    for number in (0, 0, 0):  # quantisers, as signed numbers: nothing to add
        bits.ue(number)
    bits.put(0b000, 3)  # deblocking as usual, no constrained prediction, no redundant pictures
    return _unit(_PPS, bits)


def first_picture(picture: Picture) -> bytes:
    """Return the picture that stands alone: grey all over."""
    bits = _slice(_I_SLICES, 0)
    bits.ue(0)  # idr_pic_id
    bits.put(0b00, 2)  # no long-term reference
    bits.ue(0)  # no change of quantiser
    bits.put_all(bytes([_FLAT]) * (picture.columns * picture.rows))
    return _unit(_IDR, bits)


def repeated_picture(picture: Picture, number: int) -> bytes:
    """Return picture `number` (from 1), which shows what the one before it showed."""
    bits = _slice(_P_SLICES, number % _FRAME_NUMBERS)
    bits.put(0b000, 3)  # as many references as said; list as it is; sliding window
    bits.ue(0)  # no change of quantiser
    bits.ue(picture.columns * picture.rows)  # that many macroblocks are skipped
    return _unit(_PICTURE, bits)


def _slice(kind: int, number: int) -> Bits:
    bits = Bits()
    bits.ue(0)  # first_mb_in_slice
    bits.ue(kind)
    bits.ue(0)  # pic_parameter_set_id
    bits.put(number, 4)
    return bits
