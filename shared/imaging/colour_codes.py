"""Colours by the codes of ITU-T H.273, or by numbers, → ICC profiles."""

import struct

D65, C = (0.3127, 0.3290), (0.310, 0.316)
SRGB = (*D65, 0.64, 0.33, 0.30, 0.60, 0.15, 0.06)
SMPTE_170M = (*D65, 0.630, 0.340, 0.310, 0.595, 0.155, 0.070)

# ITU-T H.273, table 2: x and y of white, red, green and blue.
PRIMARIES = {
    1: SRGB,
    4: (*C, 0.67, 0.33, 0.21, 0.71, 0.14, 0.08),
    5: (*D65, 0.64, 0.33, 0.29, 0.60, 0.15, 0.06),
    6: SMPTE_170M,
    7: SMPTE_170M,
    8: (*C, 0.681, 0.319, 0.243, 0.692, 0.145, 0.049),
    9: (*D65, 0.708, 0.292, 0.170, 0.797, 0.131, 0.046),
    10: (1 / 3, 1 / 3, 1.0, 0.0, 0.0, 1.0, 0.0, 0.0),
    11: (0.314, 0.351, 0.680, 0.320, 0.265, 0.690, 0.150, 0.060),
    12: (*D65, 0.680, 0.320, 0.265, 0.690, 0.150, 0.060),
    22: (*D65, 0.630, 0.340, 0.295, 0.605, 0.155, 0.077),
}


def power(exponent: float) -> tuple[float, ...]:
    """A plain power, as in CURVES."""
    return (exponent, 1.0, 0.0, 0.0, 0.0)


# The same, table 3, but for PQ and HLG: g, a, b, c, d of (ax + b)^g from d on, and cx below.
# The curves of cameras stand for their screens, of gamma 2.4 (ITU-R BT.1886), as Chromium draws a PNG.
CURVES = {
    **dict.fromkeys((1, 6, 11, 14, 15), power(2.4)),
    4: power(2.2),
    5: power(2.8),
    7: (1 / 0.45, 1 / 1.1115, 0.1115 / 1.1115, 1 / 4, 0.0913),
    8: power(1.0),
    13: (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045),
    17: (2.6, (52.37 / 48) ** (1 / 2.6), 0.0, 0.0, 0.0),
}

D50 = (0.96422, 1.0, 0.82521)

# Bradford's: X, Y, Z to the cones of the eye, and back.
TO_CONES = ((0.8951, 0.2664, -0.1614), (-0.7502, 1.7135, 0.0367), (0.0389, -0.0685, 1.0296))
FROM_CONES = ((0.9869929, -0.1470543, 0.1599627), (0.4323053, 0.5183603, 0.0492912), (-0.0085287, 0.0400428, 0.9684867))

# The start of each profile made here, a display's of ICC version 2: three colours of 20 bytes follow, and one curve.
HEADER = struct.pack(">I4xI4s4s4s12x4s88xI", 296, 0x0210_0000, b"mntr", b"RGB ", b"XYZ ", b"acsp", 6)
TAGS = b"".join(
    struct.pack(">4s2I4s2I", colour + b"XYZ", at, 20, colour + b"TRC", 264, 32)
    for colour, at in ((b"r", 204), (b"g", 224), (b"b", 244))
)

LARGEST = 0x7FFF_FFFF
"""Of the signed numbers with 16 bits behind the point that a profile holds."""

Vector = tuple[float, ...]


def make_profile(chromaticities: Vector | list[float], curve: Vector) -> bytes:
    """From x and y of white, red, green and blue, and a curve as in CURVES; empty where no colours follow from them."""
    try:
        numbers = [_fixed(value) for column in _primaries(chromaticities) for value in column]
    except ArithmeticError:
        return b""
    colours = [b"XYZ \0\0\0\0" + struct.pack(">3i", *numbers[at : at + 3]) for at in (0, 3, 6)]
    parameters = (min(round(65536 * value), LARGEST) for value in curve)
    return b"".join((HEADER, TAGS, *colours, b"para\0\0\0\0", struct.pack(">HH5i", 3, 0, *parameters)))


def _fixed(value: float) -> int:
    """Raises ArithmeticError for what a profile cannot hold, such as the colours of primaries that lie on a line."""
    fixed = 65536 * value
    if not abs(fixed) < LARGEST:
        raise ArithmeticError
    return round(fixed)


def _primaries(chromaticities: Vector | list[float]) -> list[Vector]:
    """X, Y, Z of red, green and blue, seen under D50; raises ArithmeticError where there are none."""
    if max(chromaticities) > 1:
        raise ArithmeticError
    white, red, green, blue = (
        (x, y, 1 - x - y) for x, y in zip(chromaticities[::2], chromaticities[1::2], strict=True)
    )
    light = tuple(value / white[1] for value in white)
    volume = _volume(red, green, blue)
    shares = (_volume(light, green, blue), _volume(red, light, blue), _volume(red, green, light))
    adapted = [d50 / cone for d50, cone in zip(_times(TO_CONES, D50), _times(TO_CONES, light), strict=True)]
    return [
        _adapted(tuple(share / volume * value for value in primary), adapted)
        for share, primary in zip(shares, (red, green, blue), strict=True)
    ]


def _adapted(xyz: Vector, factors: list[float]) -> Vector:
    return _times(FROM_CONES, tuple(f * cone for f, cone in zip(factors, _times(TO_CONES, xyz), strict=True)))


def _times(matrix: tuple[Vector, ...], vector: Vector) -> Vector:
    return tuple(sum(a * b for a, b in zip(row, vector, strict=True)) for row in matrix)


def _volume(a: Vector, b: Vector, c: Vector) -> float:
    """The determinant of three columns."""
    return a[0] * (b[1] * c[2] - b[2] * c[1]) - a[1] * (b[0] * c[2] - b[2] * c[0]) + a[2] * (b[0] * c[1] - b[1] * c[0])
