"""Data classes of a level 1C granule, and its metadata as PPS writes them."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from mcca_ml.arrays import Datetime64, Float32, Int8
from mcca_ml.formats import pps_1c
from mcca_ml.formats.pps_1c import Product1C
from mcca_ml.formats.smap import SIMULATED
from mcca_ml.sensors import SENSORS

_NOTE = "SIMULATED by MCCA-ML in the layout of PPS level 1C; not an observation"


@dataclass(frozen=True)
class SimulatedSwath:
    """One swath of a granule."""

    name: str
    """S1, S2 and so on."""
    tb: Float32
    """Brightness temperature of all channels, (scan, pixel, channel) [K]; NaN where missing."""
    lat: Float32
    """Latitude, (scan, pixel) [degree]; NaN where missing."""
    lon: Float32
    """Longitude, (scan, pixel) [degree], -180 to 180; NaN where missing."""
    incidence: Float32
    """Earth incidence angle, (scan, pixel) [rad]; NaN where missing."""
    quality: Int8
    """Quality codes of PPS, (scan, pixel)."""
    scan_time: Datetime64
    """UTC of the scans, (scan); NaT where missing."""


@dataclass(frozen=True)
class SimulatedGranule:
    """One orbit of a sensor, subset to a box."""

    product: Product1C
    orbit: int
    start: np.datetime64
    """First scan of the whole orbit [UTC]."""
    stop: np.datetime64
    """Last scan of the whole orbit [UTC]."""
    swaths: tuple[SimulatedSwath, ...]
    note: str
    """Description of the subset for the file header; without line breaks and semicolons."""


def granule_name(granule: SimulatedGranule) -> str:
    """File name in the pattern of PPS, after `SIMULATED_`."""
    product = granule.product
    start, stop = (_written(t).replace("-", "") for t in (granule.start, granule.stop))
    begin, end = (t[9:17].replace(":", "") for t in (start, stop))
    source = f"{product.satellite}.{product.instrument}.XCAL{product.algorithm_version}"
    when = f"{start[:8]}-S{begin}-E{end}.{granule.orbit:06d}"
    return f"SIMULATED_1C.{source}.{when}.{pps_1c.VERSION}.HDF5"


def _written(time: np.datetime64) -> str:
    """Time in the format of PPS."""
    return f"{time.astype('M8[ms]')}Z"


def _pvl(pairs: Mapping[str, object]) -> bytes:
    """Text attribute of key-value pairs in the format of PPS."""
    return "".join(f"{key}={value};\n" for key, value in pairs.items()).encode()


def file_header(granule: SimulatedGranule) -> bytes:
    """Attribute `FileHeader` with the keys of PPS; `Comment` states that it is simulated."""
    product, first = granule.product, granule.swaths[0].tb
    is_missing = np.isnan(first).all(axis=(1, 2))
    is_empty = all(bool(np.isnan(swath.tb).all()) for swath in granule.swaths)
    pairs = {
        "DOI": "",
        "DOIauthority": "",
        "DOIshortName": product.short_name,
        "AlgorithmID": product.algorithm,
        "AlgorithmVersion": product.algorithm_version,
        "FileName": granule_name(granule),
        "SatelliteName": product.satellite,
        "InstrumentName": product.instrument,
        # Time of the data, so that the same simulation gives the same bytes.
        "GenerationDateTime": _written(granule.stop),
        "StartGranuleDateTime": _written(granule.start),
        "StopGranuleDateTime": _written(granule.stop),
        "GranuleNumber": f"{granule.orbit:06d}",
        "NumberOfSwaths": len(product.swaths),
        "NumberOfGrids": 0,
        "GranuleStart": "SOUTHERNMOST_LATITUDE",
        "TimeInterval": "ORBIT",
        "ProcessingSystem": "SIMULATED",
        "ProductVersion": pps_1c.VERSION,
        "EmptyGranule": pps_1c.EMPTY if is_empty else "NOT_EMPTY",
        "MissingData": int(is_missing.sum()),
        "Comment": f"{_NOTE}. {granule.note}",
    }
    return _pvl(pairs)


def swath_header(granule: SimulatedGranule, swath: pps_1c.SwathLayout) -> bytes:
    """Attribute `Sn_SwathHeader`, of the whole orbit as in cut genuine granules."""
    minutes = (granule.stop - granule.start) / np.timedelta64(1, "m")
    turns = SENSORS[granule.product.sensor].scan.turns_per_minute
    pairs = {
        "NumberScansInSet": 1,
        "MaximumNumberScansTotal": granule.product.most_scans,
        "NumberScansBeforeGranule": 0,
        "NumberScansGranule": int(minutes * turns),
        "NumberScansAfterGranule": 0,
        "NumberPixels": swath.pixels,
        "ScanType": "CONICAL",
    }
    return _pvl(pairs)


def static_attributes(product: Product1C, names: tuple[str, ...]) -> dict[str, dict[str, bytes]]:
    """Attributes of groups that do not change from granule to granule."""
    info = {k: v.format(algorithm=product.algorithm) for k, v in pps_1c.FILE_INFO.items()}
    xcal = {"CalibrationStandard": "SIMULATED", "CalibrationTable": ""}
    root = {
        "FileInfo": _pvl(info),
        "InputRecord": _pvl(dict.fromkeys(pps_1c.INPUT_KEYS, "")),
        "NavigationRecord": _pvl(dict.fromkeys(pps_1c.NAVIGATION_KEYS, "")),
        "XCALinfo": _pvl({**xcal, "CalibrationLevel": product.calibration_level}),
        SIMULATED: b"true",
    }
    attributes = {"/": root}
    for swath in product.swaths:
        if swath.name in names:
            index = ",".join(map(str, swath.angle_of_channel))
            key = f"{swath.name}_IncidenceAngleIndex"
            attributes[swath.name] = {key: _pvl({"IncidenceAngleIndex": index})}
    return attributes
