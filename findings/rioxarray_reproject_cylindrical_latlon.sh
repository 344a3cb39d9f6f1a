#!/usr/bin/env bash
# rioxarray 0.19.0 (with xarray 2026.9.0) cannot reproject a CF grid on a cylindrical projection.
#
# On EASE-Grid 2.0 latitude depends on y alone and longitude on x alone, so CF files carry them as
# one-dimensional auxiliary coordinates, lat(y) and lon(x). Expected: `rio.reproject` leaves them
# out, as it does two-dimensional ones. Seen: it keeps them at their old lengths and raises
# CoordinateValidationError. Without them, and with lat(y, x), it works.
# What users can do: ds.drop_vars(["lat", "lon"]).rio.reproject(...)
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
  rioxarray==0.19.0 xarray==2026.9.0
"$folder/venv/bin/python" - <<'PYTHON'
import numpy as np
import rioxarray
import xarray as xr

y, x = 4.4e6 - 25025.26 * np.arange(15), -7.1e5 + 25025.26 * np.arange(16)
plain = xr.DataArray(np.random.rand(15, 16), {"y": y, "x": x}, ("y", "x")).rio.write_crs(6933)
lines = plain.assign_coords(lat=("y", np.linspace(37, 34, 15)), lon=("x", np.linspace(-7, -3, 16)))
field = plain.assign_coords(
    lat=(("y", "x"), np.ones((15, 16))), lon=(("y", "x"), np.ones((15, 16)))
)
seen = {}
for name, one in {"none": plain, "lat(y, x)": field, "lat(y)": lines}.items():
    try:
        seen[name] = one.rio.reproject("EPSG:4326").shape
    except Exception as error:
        seen[name] = f"{type(error).__name__}: {error}"
print("rioxarray", rioxarray.__version__, "xarray", xr.__version__)
for name, what in seen.items():
    print(f"  coordinates {name}: {what}")
assert isinstance(seen["none"], tuple) and seen["none"] == seen["lat(y, x)"]
assert seen["lat(y)"].startswith("CoordinateValidationError: conflicting sizes for dimension")
PYTHON
echo "as stated"
