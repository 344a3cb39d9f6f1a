"""Layouts of PPS level 1C granules (TMI, AMSR-E, GMI, AMSR2), for the reader and the simulator.

Groups, names, types, attributes, texts and metadata keys are those of genuine files of version V07A
(TMI orbit 160, AMSR-E 414, GMI 79, AMSR2 676; each a subset of 10 scans by 10 pixels). The meaning
of `Quality` and versions V05 and V08 follow public readers and are *not* verified with a file.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

FILLS: Mapping[str, float] = {"f4": -9999.9, "f8": -9999.9, "i2": -9999, "i1": -99}
"""Fill value by type."""

TB_RANGE = (30.0, 350.0)
"""Valid range of brightness temperature of a swath [K]."""

DEGREE, DEGREES = "degree", "degrees"


@dataclass(frozen=True)
class SwathField:
    """One dataset of a swath."""

    name: str
    dtype: str
    units: str
    dims: tuple[str, ...]
    """Names of the dimensions without the number of the swath."""


_SCAN, _PIXEL = ("nscan",), ("nscan", "npixel")
_ANGLE, _CHANNEL = ("nscan", "npixel", "nchUIA"), ("nscan", "nchannel")

PLACE = ("Latitude", "Longitude")
"""Fields with a different spelling of the unit in some swaths: `SwathLayout.place_units`."""

FIELDS: tuple[SwathField, ...] = (
    SwathField("Latitude", "f4", DEGREES, _PIXEL),
    SwathField("Longitude", "f4", DEGREES, _PIXEL),
    SwathField("Quality", "i1", "", _PIXEL),
    SwathField("ScanTime/DayOfMonth", "i1", "days", _SCAN),
    SwathField("ScanTime/DayOfYear", "i2", "days", _SCAN),
    SwathField("ScanTime/Hour", "i1", "hours", _SCAN),
    SwathField("ScanTime/MilliSecond", "i2", "ms", _SCAN),
    SwathField("ScanTime/Minute", "i1", "minutes", _SCAN),
    SwathField("ScanTime/Month", "i1", "months", _SCAN),
    SwathField("ScanTime/Second", "i1", "s", _SCAN),
    SwathField("ScanTime/SecondOfDay", "f8", "s", _SCAN),
    SwathField("ScanTime/Year", "i2", "years", _SCAN),
    SwathField("Tc", "f4", "K", ("nscan", "npixel", "nchannel")),
    SwathField("incidenceAngle", "f4", DEGREES, _ANGLE),
    SwathField("incidenceAngleIndex", "i1", "", _CHANNEL),
)
"""Datasets kept by the provider's subsetter for this use and written by the simulator."""


@dataclass(frozen=True)
class SwathLayout:
    """One group: channels with the same footprint positions."""

    name: str
    channels: tuple[str, ...]
    """In the order of the file, with the names of `sensors` for channels of the sensor."""
    pixels: int
    """Number of pixels of a complete scan."""
    long_name: str
    """Attribute `LongName` of Tc."""
    angle_of_channel: tuple[int, ...]
    """`incidenceAngleIndex`: number of the incidence angle of each channel, from 1."""
    place_units: str = DEGREES
    angle_dim: str = ""
    """Name of the dimension of angles where it differs from the number of the swath."""

    @property
    def angles(self) -> int:
        """Number of incidence angles of a footprint."""
        return max(self.angle_of_channel)

    def field_units(self, field: SwathField) -> str:
        """Return the unit of a dataset in the spelling of this swath."""
        return self.place_units if field.name in PLACE else field.units

    def field_dims(self, field: SwathField) -> tuple[str, ...]:
        """Return the dimension names of a dataset, with the number of the swath.

        >>> PRODUCTS["AMSR2"].swaths[1].field_dims(FIELDS[-2])
        ('nscan2', 'npixel2', 'nchUIA1')
        """
        number = self.name.removeprefix("S")
        own = tuple(f"{dim}{number}" for dim in field.dims)
        return tuple(
            self.angle_dim if self.angle_dim and dim.startswith("nchUIA") else dim for dim in own
        )

    def field_shape(self, field: SwathField, scans: int, pixels: int) -> tuple[int, ...]:
        """Return the lengths of the dimensions of a dataset."""
        lengths = {"nscan": scans, "npixel": pixels, "nchUIA": self.angles}
        return tuple(lengths.get(dim, len(self.channels)) for dim in field.dims)


@dataclass(frozen=True)
class Product1C:
    """Level 1C of one sensor."""

    sensor: str
    """Name in `sensors.SENSORS`."""
    satellite: str
    """`SatelliteName` of the file header."""
    instrument: str
    """`InstrumentName` of the file header."""
    algorithm_version: str
    short_name: str
    most_scans: int
    """`MaximumNumberScansTotal` of the swath headers."""
    calibration_level: str
    swaths: tuple[SwathLayout, ...]

    @property
    def algorithm(self) -> str:
        """`AlgorithmID` of the file header."""
        return f"1C{self.instrument}"


_NEXT = "\n" + 32 * " "  # PPS wraps and indents its texts


def _swath(
    name: str, pixels: int, channels: tuple[str, ...], *lines: str, angles: tuple[int, ...] = ()
) -> SwathLayout:
    """Return a swath of TMI or GMI, whose `LongName` has several lines; default one angle."""
    text = "".join(_NEXT + line for line in lines)
    long_name = f"\nIntercalibrated Tb for channels {text}\n"
    return SwathLayout(name, channels, pixels, long_name, angles or (1,) * len(channels))


def _pair(name: str, ghz: str, label: str, *, pixels: int = 243, scan: str = "") -> SwathLayout:
    """Return the swath of one AMSR frequency; the four lowest use the same spellings."""
    words = f"1) {ghz} GHz V-Pol{scan} and 2) {ghz} GHz H-Pol{scan}"
    is_low = not scan
    return SwathLayout(
        name=name,
        channels=(f"{label}V", f"{label}H"),
        pixels=pixels,
        long_name=f"Intercalibrated Tb for channels {words}",
        angle_of_channel=(1, 1),
        place_units=DEGREE if is_low else DEGREES,
        angle_dim="nchUIA1" if is_low else "",
    )


_AMSR = (
    _pair("S1", "10.65", "10.65"),
    _pair("S2", "18.7", "18.7"),
    _pair("S3", "23.8", "23.8"),
    _pair("S4", "36.5", "36.5"),
    _pair("S5", "89", "89A", pixels=486, scan=" A-Scan"),
    _pair("S6", "89", "89B", pixels=486, scan=" B-Scan"),
)

_TMI = (
    _swath("S1", 104, ("10.65V", "10.65H"), "1) 10.65 GHz V-Pol 2) 10.65 GHz H-Pol", angles=(1, 2)),
    _swath(
        "S2",
        104,
        ("19.35V", "19.35H", "21.3V", "37V", "37H"),
        "1) 19.35 GHz V-Pol 2) 19.35 GHz H-Pol",
        "3) 21.3 GHz V-Pol ",
        "4) 37.0 GHz V-Pol and 5) 37.0 GHz H-Pol",
    ),
    _swath("S3", 208, ("85.5V", "85.5H"), "1) 85.5 GHz V-Pol and 2) 85.5 GHz H-Pol"),
)

_GMI = (
    _swath(
        "S1",
        221,
        # 36.64 GHz in the files; the nominal 36.5 GHz in the table of the sensor.
        ("10.65V", "10.65H", "18.7V", "18.7H", "23.8V", "36.5V", "36.5H", "89V", "89H"),
        "1) 10.65 GHz V-Pol 2) 10.65 GHz H-Pol",
        "3) 18.7 GHz V-Pol 4) 18.7 GHz H-Pol",
        "5) 23.8 GHz V-Pol ",
        "6) 36.64 GHz V-Pol 7) 36.64 GHz H-Pol",
        "8) 89.0 GHz V-Pol and 9) 89.0 GHz H-Pol",
    ),
    _swath(
        "S2",
        221,
        ("166V", "166H", "183.31+/-3V", "183.31+/-7V"),
        "1) 166.0 GHz V-Pol 2) 166.0 GHz H-Pol",
        "3) 183.31 +/-3 GHz V-Pol and ",
        "4) 183.31 +/-7 GHz V-Pol",
    ),
)

_VERIFIED, _CONSENSUS = "V (Verified)", "C (Consensus)"

PRODUCTS: Mapping[str, Product1C] = {
    product.sensor: product
    for product in (
        Product1C("TMI", "TRMM", "TMI", "2021-V", "1CTRMMTMI", 3100, _VERIFIED, _TMI),
        Product1C("AMSRE", "AQUA", "AMSRE", "2017-V", "1CAQUAAMSRE", 4300, _VERIFIED, _AMSR),
        Product1C("GMI", "GPM", "GMI", "2016-C", "1CGPMGMI", 3100, _CONSENSUS, _GMI),
        Product1C("AMSR2", "GCOMW1", "AMSR2", "2016-V", "1CGCOMW1AMSR2", 4300, _VERIFIED, _AMSR),
    )
}
"""Level 1C by the name of the sensor."""

REMAPPED_SUFFIX = "_R"
"""End of `DOIshortName` of 1C-R, which remaps all GMI swaths to the positions of one swath."""

KNOWN_VERSION = re.compile(r"V0[578][A-Z]?")
"""`ProductVersion` of files with this layout."""
VERSION = "V07A"
"""Version written by the simulator."""

HEADER, EMPTY = "FileHeader", "EMPTY"
"""Attribute of the root group, and the `EmptyGranule` of a granule without data."""

FILE_INFO: Mapping[str, str] = {
    "DataFormatVersion": "7e",
    "TKCodeBuildVersion": "0",
    "MetadataVersion": "7e",
    "FormatPackage": "HDF5-1.10.5",
    "BlueprintFilename": "GPM.V7.{algorithm}.blueprint.xml",
    "BlueprintVersion": "BV_69",
    "TKIOVersion": "3.99",
    "MetadataStyle": "PVL",
    "EndianType": "LITTLE_ENDIAN",
}
INPUT_KEYS = ("InputFileNames", "InputAlgorithmVersions", "InputGenerationDateTimes")
NAVIGATION_KEYS = (
    *("LongitudeOnEquator", "UTCDateTimeOnEquator", "MeanSolarBetaAngle"),
    *("EphemerisFileName", "AttitudeFileName", "GeoControlFileName"),
    *("EphemerisSource", "AttitudeSource", "GeoToolkitVersion"),
    *(f"SensorAlignment{number}RotationAngle" for number in ("First", "Second", "Third")),
    *(f"SensorAlignment{number}RotationAxis" for number in ("First", "Second", "Third")),
)

GLINT, RFI, LOST_PLACE, WARM_LOAD = 1, 2, 3, 4
"""Positive codes of `Quality`: possible sun glint, possible interference, degraded geolocation,
corrected for a warm-load intrusion. 0 is good; negative codes give the reason for a gap."""
