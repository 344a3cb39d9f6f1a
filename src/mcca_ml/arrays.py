"""Types of NumPy arrays, by the type of their elements: the names that annotations use.

Shapes of arrays in kernels stand in jaxtyping's annotations instead.
"""

import numpy as np
import numpy.typing as npt

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
Datetime64 = npt.NDArray[np.datetime64]
AnyArray = npt.NDArray[np.generic]
