"""TAI93 against a genuine AMSR2 level 1R granule, by numbers that another project's test states.

Source: AMSR2_Reader_IO_Test of the FIDUCEO multi-sensor matchup system (Brockmann Consult, public),
for GW1AM2_201307010942_035A_L1SGRTBR_2220220: `Scan Time` of scans 331 and 1045 of 2044, and start
and end of observation from the attributes of the file. The 30 scans at either end belong to the
neighbours, so that the observation starts at scan 30 and ends at scan 2013.
"""

import numpy as np

from mcca_ml.read.jaxa import tai93_to_utc

SCAN = np.array([331, 1045])
TAI93 = np.array([6.468258326109686e8, 6.468269035062965e8])
STATED = np.array(["2013-07-01T09:42:53.154", "2013-07-01T10:32:27.365"], "M8[ns]")
OVERLAP, SCANS = 30, 2044


def test_scan_times_are_those_that_the_granule_states():
    every = (TAI93[1] - TAI93[0]) / (SCAN[1] - SCAN[0])
    ends = TAI93[0] + (np.array([OVERLAP, SCANS - 1 - OVERLAP]) - SCAN[0]) * every
    assert np.abs(tai93_to_utc(ends) - STATED).max() < np.timedelta64(10, "ms")
