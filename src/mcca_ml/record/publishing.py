"""The stage `publish`: RECORD -> daily NetCDF files, a Zarr cube, a manifest with checksums."""

import os
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

import numpy as np
import xarray as xr

from mcca_ml.blocks import perform
from mcca_ml.grid.store import digest, open_store
from mcca_ml.publish.record_attributes import RecordMade, record_made
from mcca_ml.publish.record_cube import create_cube, cube_blocks_missing, write_cube_block
from mcca_ml.publish.record_day import Window, window_of, write_record_day
from mcca_ml.publish.record_manifest import write_manifest
from mcca_ml.record import ledger
from mcca_ml.record.granules import digest_of
from mcca_ml.record.loading import Source
from mcca_ml.record.plan import Days, Plan
from mcca_ml.record.stages import Progress, Stage, Tally
