"""Simulated level 1C beside genuine granules: same tree, and a reason for every difference."""

import fnmatch

import h5py
import numpy as np
import pytest
from made_1c import a_swath

from mcca_ml.formats import pps_1c
from mcca_ml.read.pps_header import file_header, parse_pvl
from mcca_ml.simulate.files.gpm_1c import SimulatedGranule, write_1c

GENUINE = {
    "TMI": "1C.TRMM.TMI.XCAL2021-V.19971207-S235717-E012836.000160.V07A.HDF5",
    "GMI": "1C.GPM.GMI.XCAL2016-C.20140304-S175932-E193159.000079.V07A.HDF5",
    "AMSR2": "1C.GCOMW1.AMSR2.XCAL2016-V.20120702-S223117-E001009.000676.V07A.HDF5",
    "AMSRE": "1C.AQUA.AMSRE.XCAL2017-V.20020601-S154829-E172652.000414.V07A.HDF5",
}

NO_ORIGIN = "a simulated granule has no such origin"
PACKED = "small values stand in the header, large ones are packed: a tenth of the time and size"
NOT_KEPT = "a provider's subsetter leaves it out, and nothing reads it"
DIFFERENCES = {
    "/ @simulated": "only a simulated file says so",
    "/ @FileHeader keys": "one more, Comment, says what this is",
    "/ @FileHeader Comment": "says that the file is simulated, and what it is cut to",
    "/ @FileHeader DOI": "a simulated granule must not be cited as a genuine one",
    "/ @FileHeader DOIauthority": "a simulated granule must not be cited as a genuine one",
    "/ @FileHeader FileName": "begins with SIMULATED_",
    "/ @FileHeader GenerationDateTime": "that of the data: bytes are a function of the input",
    "/ @FileHeader ProcessingSystem": "was not PPS",
    "/ @FileHeader MissingData": "counts the scans without value of the cut, not of the orbit",
    "/ @InputRecord *": NO_ORIGIN,
    "/ @NavigationRecord *": NO_ORIGIN,
    "/ @XCALinfo CalibrationStandard": NO_ORIGIN,
    "/ @XCALinfo CalibrationTable": NO_ORIGIN,
    "S* layout": PACKED,
    "S*/SCstatus*": NOT_KEPT,
    "S*/sunGlintAngle*": NOT_KEPT,
    "S*/sunLocalTime*": NOT_KEPT,
    "S* fill value": "the library returns it where nothing was written; PPS writes it everywhere",
}
"""Every difference from the genuine files, by a pattern, and its reason."""


def facts_of_attribute(where, attributes, name):
    """What there is to compare: a text of PPS by its keys, another attribute as a whole."""
    found = attributes.get_id(name)
    value = attributes[name]
    kind = found.get_type().get_class(), found.shape
    if isinstance(value, np.bytes_):
        assert found.get_type().get_strpad() == h5py.h5t.STR_NULLPAD
        pairs = parse_pvl(value.decode()) if value.rstrip().endswith(b";") else {}
        if pairs:
            yield f"{where} @{name} keys", (kind, tuple(pairs))
            for key, said in pairs.items():
                yield f"{where} @{name} {key}", said
            return
    yield f"{where} @{name}", (kind, found.dtype, value)


def facts(path):
    """The tree of a file as facts by their names."""
    found = {}
    with h5py.File(path) as h5:
        members = ["/"]
        h5.visit(members.append)
        for where in members:
            member = h5[where]
            found[f"{where} kind"] = type(member).__name__
            for name in member.attrs:
                found |= dict(facts_of_attribute(where, member.attrs, name))
            if isinstance(member, h5py.Dataset):
                found[f"{where} type"] = member.dtype
                found[f"{where} shape"] = member.shape
                found[f"{where} layout"] = member.chunks, member.compression, member.shuffle
                found[f"{where} fill value"] = member.fillvalue
    return found


def twin(path, sensor, scans, pixels):
    """A simulated granule of the same orbit as a genuine one."""
    with h5py.File(path) as h5:
        header = file_header(h5)
    start, stop = (
        np.datetime64(header[f"{end}GranuleDateTime"].removesuffix("Z"), "us")
        for end in ("Start", "Stop")
    )
    product = pps_1c.PRODUCTS[sensor]
    swaths = tuple(a_swath(layout, scans, pixels, start) for layout in product.swaths)
    return SimulatedGranule(
        product, int(header["GranuleNumber"]), start, stop, swaths, "for a comparison"
    )


@pytest.fixture(params=GENUINE)
def both(request, real_data, tmp_path):
    """Facts of a genuine granule and of its simulated twin."""
    genuine, simulated = real_data / "gpm_1c" / GENUINE[request.param], tmp_path / "twin.HDF5"
    write_1c(simulated, twin(genuine, request.param, 10, 10))
    return facts(genuine), facts(simulated)


def differences(genuine, simulated):
    return [
        name
        for name in sorted({*genuine, *simulated})
        if name not in genuine or name not in simulated or genuine[name] != simulated[name]
    ]


@pytest.mark.real_data
def test_every_difference_has_a_reason(both):
    names = differences(*both)
    without = [n for n in names if not any(fnmatch.fnmatch(n, p) for p in DIFFERENCES)]
    assert without == []
    idle = [p for p in DIFFERENCES if not fnmatch.filter(names, p)]
    # The genuine granule of TMI lacks no scan, nor does its twin.
    assert set(idle) <= {"/ @FileHeader MissingData"}


@pytest.mark.real_data
def test_what_is_compared(both):
    genuine, simulated = both
    assert len(genuine) > 500
    assert genuine["S1/Tc type"] == simulated["S1/Tc type"] == np.float32
    same = [name for name in genuine if simulated.get(name) == genuine[name]]
    for fact in (
        "/ @FileInfo BlueprintFilename",
        "/ @FileHeader StartGranuleDateTime",
        "/ @FileHeader GranuleNumber",
        "/ @NavigationRecord keys",
        "S1 @S1_SwathHeader NumberScansGranule",
        "S1 @S1_SwathHeader MaximumNumberScansTotal",
        "S2 @S2_IncidenceAngleIndex IncidenceAngleIndex",
        "S1/Tc @LongName",
        "S2/incidenceAngle @DimensionNames",
        "S1/Latitude @units",
        "S1/Quality @_FillValue",
        "S1/ScanTime/Year @CodeMissingValue",
    ):
        assert fact in same
