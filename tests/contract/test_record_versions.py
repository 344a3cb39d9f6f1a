"""Two versions of one granule are refused; what only looks like it is not."""

from pathlib import Path

import pytest

from mcca_ml.errors import GranuleError
from mcca_ml.read.granule_names import check_versions

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
