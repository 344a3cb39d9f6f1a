#!/usr/bin/env bash
# xarray 2026.9.0: an empty slice with a negative step works in memory and fails on a lazy variable.
#
# NumPy gives no element for `values[1:-2:-1]` of three. Expected: xarray likewise, whether a
# variable has been read or not. Seen: a variable that is still in its NetCDF file raises
# IndexError ("range object index out of range") from the decomposition of the slice; after
# `load()` the same index gives an empty array.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
  xarray==2026.9.0 netCDF4==1.7.4
"$folder/venv/bin/python" - "$folder/three.nc" <<'PYTHON'
import sys

import xarray as xr

xr.Dataset({"value": ("x", [1.0, 2.0, 3.0])}).to_netcdf(sys.argv[1])
print("xarray", xr.__version__)
with xr.open_dataset(sys.argv[1]) as lazy:
    try:
        seen = lazy["value"].isel(x=slice(1, -2, -1)).to_numpy().tolist()
    except IndexError as error:
        seen = f"IndexError: {error}"
    print("  not read yet:", seen)
    read = lazy["value"].load().isel(x=slice(1, -2, -1)).to_numpy().tolist()
    print("  after load():", read)
assert seen == "IndexError: range object index out of range", seen
assert read == []
PYTHON
echo "as stated"
