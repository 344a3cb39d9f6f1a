"""Types of NumPy arrays, by the type of their elements: the names that annotations use.

Shapes of arrays in kernels stand in jaxtyping's annotations instead.
"""

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from jaxtyping import AbstractDtype

Float32 = npt.NDArray[np.float32]
Float64 = npt.NDArray[np.float64]
Floating = npt.NDArray[np.floating]
Int8 = npt.NDArray[np.int8]
Int32 = npt.NDArray[np.int32]
Int64 = npt.NDArray[np.int64]
Integer = npt.NDArray[np.integer]
Intp = npt.NDArray[np.intp]
UInt8 = npt.NDArray[np.uint8]
UInt16 = npt.NDArray[np.uint16]
UInt32 = npt.NDArray[np.uint32]
Booleans = npt.NDArray[np.bool_]
AnyArray = npt.NDArray[np.generic]

if TYPE_CHECKING:
    Datetime64 = npt.NDArray[np.datetime64]
else:
    # NumPy's type means any unit to a type checker, but only the generic one at run time.
    class _AnyUnit(AbstractDtype):
        dtypes = "datetime64"

    Datetime64 = _AnyUnit[np.ndarray, "..."]
