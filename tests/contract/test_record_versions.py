"""What names of granules say: two versions of one are refused, and when a granule starts."""

from pathlib import Path

import numpy as np
import pytest

from mcca_ml.errors import GranuleError
from mcca_ml.read.granule_names import check_versions, granule_start

DAY = "SMAP_L3_SM_P_20150401_R{}_001.h5"
HALF = "SMAP_L1C_TB_0372{}_{}_20151013T000{}28_R1192{}_00{}.h5"
GMI = "1C.GPM.GMI.XCAL{}-C.20140304-S033921-E051205.00008{}.V07{}.HDF5"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (DAY.format(19240), DAY.format(13080)),
        (DAY.format(19240), DAY.format(19240).replace("_001.h5", "_002.h5")),
        (DAY.format(19240), "SIMULATED_" + DAY.format("09000")),
        (HALF.format(1, "D", 5, 0, 1), HALF.format(1, "D", 6, 0, 2)),
        (HALF.format(1, "D", 5, 0, 1), HALF.format(1, "D", 5, 1, 1)),
        (GMI.format(2016, 1, "A"), GMI.format(2016, 1, "B")),
        (GMI.format(2016, 1, "A"), GMI.format(2019, 1, "A")),
        (GMI.format(2016, 1, "A"), GMI.format(2016, 1, "A").replace("1C.", "1C-R.")),
    ],
)
def test_two_versions_of_one_granule_are_refused_and_both_named(one: str, other: str):
    between = Path("b") / DAY.format(19240).replace("0401", "0402")
    with pytest.raises(GranuleError) as caught:
        check_versions([Path("a") / one, between, Path("c") / other])
    line = str(caught.value)
    assert one in line
    assert other in line
    assert line.endswith("remove one")
    assert "\n" not in line


def test_other_granules_are_none():
    check_versions(
        [
            Path(DAY.format(19240)),
            Path(DAY.format(19240).replace("SM_P", "SM_P_E")),
            Path(DAY.format(19240).replace("0401", "0402")),
            Path(HALF.format(1, "D", 5, 0, 1)),
            Path(HALF.format(1, "A", 5, 0, 1)),
            Path(HALF.format(2, "D", 5, 0, 1)),
            Path("north") / GMI.format(2016, 1, "A"),
            Path("south") / GMI.format(2016, 1, "A"),
            Path(GMI.format(2016, 2, "A")),
            Path("some.nc"),
            Path("other.nc"),
        ]
    )


@pytest.mark.parametrize(
    ("name", "start", "crosses_midnight"),
    [
        (DAY.format(19240), "2015-04-01T00:00:00", False),
        (HALF.format(1, "D", 5, 0, 1), "2015-10-13T00:05:28", False),
        ("SMAP_L2_SM_P_03721_D_20151013T205959_R11920_001.h5", "2015-10-13T20:59:59", False),
        ("SMAP_L2_SM_P_03721_D_20151013T210001_R11920_001.h5", "2015-10-13T21:00:01", True),
        (GMI.format(2016, 1, "A"), "2014-03-04T03:39:21", False),
        ("1C.GPM.GMI.XCAL2016-C.20140304-S233921-E011205.1.V07A.HDF5", "2014-03-04T23:39:21", True),
    ],
)
def test_a_name_gives_the_start_and_whether_it_crosses_midnight(
    name: str, start: str, crosses_midnight: bool
):
    assert granule_start(Path(name)) == (np.datetime64(start), crosses_midnight)


@pytest.mark.parametrize("name", ["some.nc", "SMAP_20150231.h5"])
def test_a_name_without_a_date_is_refused(name: str):
    with pytest.raises(GranuleError, match="found no date in the name"):
        granule_start(Path(name))
