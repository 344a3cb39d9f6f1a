"""Latitudes and longitudes as text, as all figures, reports and commands write them."""


def _degrees(value: float, digits: int, letters: str) -> str:
    text = f"{abs(value):.{digits}f}"
    is_plain = float(text) in (0.0, 180.0)
    return f"{text}°" if is_plain else f"{text}° {letters[int(value < 0)]}"


def latitude_text(lat: float, digits: int = 2) -> str:
    """Latitude with its hemisphere.

    Args:
        lat: latitude [degree], -90 to 90.
        digits: decimal places.

    >>> latitude_text(-5.3), latitude_text(40.0, 0), latitude_text(-0.001)
    ('5.30° S', '40° N', '0.00°')
    """
    return _degrees(lat, digits, "NS")


def longitude_text(lon: float, digits: int = 2) -> str:
    """Longitude with its hemisphere.

    Args:
        lon: longitude [degree], of any turn.
        digits: decimal places.

    >>> longitude_text(-5.3), longitude_text(185.0, 0), longitude_text(-180.0, 0)
    ('5.30° W', '175° W', '180°')
    """
    return _degrees((lon + 180.0) % 360.0 - 180.0, digits, "EW")


def place_text(lat: float, lon: float, digits: int = 2) -> str:
    """Latitude and longitude of a place [degree].

    >>> place_text(40.1, -5.3)
    '40.10° N, 5.30° W'
    """
    return f"{latitude_text(lat, digits)}, {longitude_text(lon, digits)}"
