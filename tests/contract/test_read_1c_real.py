"""Genuine level 1C granules, cut by a provider: TMI holds values, the others are all fill."""

import numpy as np
import pytest

from mcca_ml import schema
from mcca_ml.errors import GranuleError
from mcca_ml.flags import Quality
from mcca_ml.read.gpm_1c import read_1c

TMI = "1C.TRMM.TMI.XCAL2021-V.19971207-S235717-E012836.000160.V07A.HDF5"
GMI = "1C.GPM.GMI.XCAL2016-C.20140304-S175932-E193159.000079.V07A.HDF5"
AMSR2 = "1C.GCOMW1.AMSR2.XCAL2016-V.20120702-S223117-E001009.000676.V07A.HDF5"
AMSRE = "1C.AQUA.AMSRE.XCAL2017-V.20020601-S154829-E172652.000414.V07A.HDF5"
REMAPPED = "1C-R.GPM.GMI.XCAL2016-C.20140304-S175932-E193159.000079.V07A.HDF5"
SSMIS = "1C.F17.SSMIS.XCAL2021-V.20080319-S101453-E115649.007076.V07A.HDF5"
SSMI = "1C.F13.SSMI.XCAL2018-V.19950503-S150953-E165152.000566.V07A.HDF5"
LEVEL_1B = "1B.TRMM.TMI.Tb2021.19971207-S235717-E012836.000160.V07A.HDF5"

ALL_FILL = "no brightness temperature in any footprint of {}, expected some; leave it out"
OTHER = "expected level 1C of TMI, AMSRE, GMI, AMSR2; "


@pytest.fixture
def tmi(real_data):
    return read_1c(real_data / "gpm_1c" / TMI)


@pytest.mark.real_data
def test_swaths_of_tmi(tmi):
    low, high = tmi
    assert low["channel"].to_numpy().tolist() == ["10.65V", "10.65H"]
    assert high["channel"].to_numpy().tolist() == ["19.35V", "19.35H", "21.3V", "37V", "37H"]
    for swath, name in ((low, "S1"), (high, "S2")):
        schema.check(swath, schema.SWATH_TB, where="test")
        assert swath.sizes["footprint"] == 100
        assert (swath["quality"] == Quality.GOOD).all()
        assert swath.attrs == {
            "sensor": "TMI",
            "granule": TMI,
            "product": "PPS 1C",
            "version": "V07A",
            "orbit": 160,
            "swath": name,
            "scans": 10,
            "pixels": 10,
            "simulated": "false",
            "without_place": 0,
            "without_time": 0,
        }


@pytest.mark.real_data
def test_values_as_stored(tmi):
    low, high = tmi
    assert low["tb"][0].to_numpy().tolist() == pytest.approx([167.75, 90.02], abs=1e-4)
    assert high["tb"][0].to_numpy().tolist() == pytest.approx(
        [197.58, 134.9, 221.44, 214.38, 153.61], abs=1e-4
    )
    # Ocean at 31.6 S, 177.7 E; the swaths look 4 km apart.
    assert (float(low["lat"][0]), float(low["lon"][0])) == pytest.approx((-31.6192, 177.7078), 1e-5)
    assert (float(high["lat"][0]), float(high["lon"][0])) == pytest.approx(
        (-31.6294, 177.6677), 1e-5
    )


@pytest.mark.real_data
def test_incidence_is_the_mean_over_channels(tmi):
    """S1 has 53.27 degrees for V and 53.38 for H; S2 one angle for all."""
    low, high = (np.rad2deg(swath["incidence"].to_numpy()) for swath in tmi)
    assert low[0] == pytest.approx((53.27 + 53.38) / 2, abs=1e-4)
    assert high[0] == pytest.approx(53.13, abs=1e-4)


@pytest.mark.real_data
def test_times_to_the_millisecond(tmi):
    """The orbit starts at 23:57:17.296, the first scan 0.752 s later; a scan lasts 1.899 s."""
    for swath in tmi:
        times = swath["time"].to_numpy().reshape(10, 10)
        assert (times == times[:, :1]).all()
        first = np.datetime64("1997-12-07T23:57:18.048", "ns")
        expected = first + np.arange(10) * np.timedelta64(1899, "ms")
        np.testing.assert_array_equal(times[:, 0], expected)
        start = np.datetime64("1997-12-07T23:57:17.296")
        assert np.timedelta64(0) < times[0, 0] - start < np.timedelta64(1899, "ms")


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("name", "error_line"),
    [
        (GMI, ALL_FILL.format("S1")),
        (AMSR2, ALL_FILL.format("S1, S2, S3, S4")),
        (AMSRE, ALL_FILL.format("S1, S2, S3, S4")),
        (
            REMAPPED,
            "1C-R, whose swaths are remapped onto one another, expected 1C with the places of "
            "each; give the granule 1C.GPM.GMI",
        ),
        (SSMIS, f"1CSSMIS of F17 SSMIS, {OTHER}leave it out"),
        (SSMI, f"1CSSMI of F13 SSMI, {OTHER}leave it out"),
        (LEVEL_1B, f"found 1BTMI, {OTHER}give such a granule"),
    ],
)
def test_refused_with_one_line(real_data, name, error_line):
    with pytest.raises(GranuleError) as caught:
        read_1c(real_data / "gpm_1c" / name)
    assert str(caught.value) == f"{name}: {error_line}"


@pytest.mark.real_data
def test_an_empty_granule_can_be_looked_at(real_data):
    (swath,) = read_1c(real_data / "gpm_1c" / GMI, may_be_empty=True)
    assert swath.sizes["footprint"] == 100
    assert (swath["quality"] == Quality.UNUSABLE).all()


@pytest.mark.real_data
def test_smap_is_refused(real_data):
    name = "SMAP_L3_SM_P_20150401_R13080_001.h5"
    with pytest.raises(GranuleError) as caught:
        read_1c(real_data / "smap" / name)
    assert str(caught.value) == (
        f"{name}: found no FileHeader but Metadata, Soil_Moisture_Retrieval_Data, "
        f"{OTHER}give such a granule"
    )


@pytest.mark.real_data
def test_the_name_of_the_file_plays_no_part(real_data, tmp_path):
    path = tmp_path / "1C.GPM.GMI.renamed.HDF5"
    path.write_bytes((real_data / "gpm_1c" / TMI).read_bytes())
    assert read_1c(path)[0].attrs["sensor"] == "TMI"
