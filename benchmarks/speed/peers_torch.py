"""How fast does PyTorch train the networks of many cells?

Three ways: one `torch.nn.LSTM` for each cell, as one would write it; all cells at once by batched
matrix products (`torch.baddbmm`), a step of the memory at a time; and the same compiled. All have
the shapes and the loss (mean squared error over all days) of the learner's; all weights are in one
fused Adam; float32.
"""

import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

from mcca_ml.arrays import Float32

try:
    import torch
except ImportError:
    torch = None

Step = Callable[[], object]
GATES = 4
RATE = 1e-3

INSTALLED = torch is not None


@dataclass(frozen=True)
class Shape:
    """What is trained."""

    cells: int = 64
    sequences: int = 32
    days: int = 64
    features: int = 12
    hidden: int = 32

    @property
    def flops(self) -> float:
        """Operations of a step: forward, dh and dW of the gates, as matrix products have them."""
        gates, width = GATES * self.hidden, self.features + self.hidden
        of_day = 2 * gates * width + 2 * gates * self.hidden + 2 * gates * width
        return float(of_day) * self.cells * self.sequences * self.days

    def arrays(self) -> tuple[Float32, Float32]:
        """Inputs (cell, sequence, day, feature) and target (cell, sequence, day)."""
        random = np.random.default_rng(0)
        inner = (self.cells, self.sequences, self.days)
        x = random.standard_normal((*inner, self.features), dtype=np.float32)
        return x, random.standard_normal(inner, dtype=np.float32)


def use_threads(number: int) -> None:
    """Let PyTorch have that many threads."""
    if torch is not None:
        torch.set_num_threads(number)


@contextmanager
def _one_dnn(*, is_used: bool) -> Iterator[None]:
    """With oneDNN or without; PyTorch warns of a setting of Intel's GPUs on the way."""
    if is_used:
        yield
        return
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="TF32")
        with torch.backends.mkldnn.flags(enabled=False):
            yield


def _days_first(shape: Shape) -> tuple["torch.Tensor", "torch.Tensor"]:
    """Inputs (day, cell, sequence, feature) and target, so that each day lies together."""
    x, y = (torch.from_numpy(values) for values in shape.arrays())
    return x.permute(2, 0, 1, 3).contiguous(), y.permute(2, 0, 1).contiguous()


def one_lstm_a_cell(shape: Shape, *, one_dnn: bool = True) -> Step:
    """A step in which every cell has a `torch.nn.LSTM` and a linear output of its own.

    Args:
        shape: of the work.
        one_dnn: by oneDNN's fused LSTM where PyTorch has it; else by PyTorch's own.
    """
    x, y = (values.transpose(0, 1).contiguous() for values in _days_first(shape))
    cells = [torch.nn.LSTM(shape.features, shape.hidden) for _ in x]
    outs = [torch.nn.Linear(shape.hidden, 1) for _ in x]
    weights = [p for module in (*cells, *outs) for p in module.parameters()]
    optimiser = torch.optim.Adam(weights, lr=RATE, fused=True)

    def step() -> None:
        optimiser.zero_grad(set_to_none=True)
        with _one_dnn(is_used=one_dnn):
            for number, (lstm, out) in enumerate(zip(cells, outs, strict=True)):
                hidden, _ = lstm(x[number])
                # Cells share nothing: each is led back by itself, while it is in the cache.
                torch.mean((out(hidden)[..., 0] - y[number]) ** 2).backward()
        optimiser.step()

    return step


def _parameters(shape: Shape) -> list["torch.Tensor"]:
    """Weights of all cells: input and recurrent together, bias, output."""
    made = torch.Generator().manual_seed(0)
    gates, width = GATES * shape.hidden, shape.features + shape.hidden
    sizes = ((width, gates), (1, gates), (shape.hidden, 1), (1, 1))
    return [
        (torch.randn(shape.cells, *size, generator=made) * 0.1).requires_grad_() for size in sizes
    ]


def _cost(
    x: "torch.Tensor", y: "torch.Tensor", weights: list["torch.Tensor"], hidden: int
) -> "torch.Tensor":
    """Sum over cells of the mean squared error of each."""
    features, (days, cells, sequences) = x.shape[-1], y.shape
    both, bias, out, level = weights
    # What does not need the memory is computed for all days at once.
    by_cell = x.transpose(0, 1).reshape(cells, days * sequences, features)
    driven = torch.baddbmm(bias, by_cell, both[:, :features])
    driven = driven.reshape(cells, days, sequences, -1).transpose(0, 1).contiguous()
    h = x.new_zeros(cells, sequences, hidden)
    c, recurrent, told = h, both[:, features:].contiguous(), []
    for of_day in driven.unbind(0):
        gates = torch.baddbmm(of_day, h, recurrent)
        i, f, o, g = gates.split(hidden, dim=-1)
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        h = torch.sigmoid(o) * torch.tanh(c)
        told.append(h)
    guess = (torch.stack(told) @ out + level)[..., 0]
    return ((guess - y) ** 2).mean(dim=(0, 2)).sum()


def batched(shape: Shape, *, compiled: bool = False) -> Step:
    """A step of all cells at once; compiled, the first call takes a minute or two."""
    x, y = _days_first(shape)
    weights = _parameters(shape)
    optimiser = torch.optim.Adam(weights, lr=RATE, fused=True)
    cost = torch.compile(_cost, fullgraph=True, dynamic=False) if compiled else _cost

    def step() -> None:
        optimiser.zero_grad(set_to_none=True)
        cost(x, y, weights, shape.hidden).backward()
        optimiser.step()

    return step


PEERS: Mapping[str, Callable[[Shape], Step]] = {
    "torch, one nn.LSTM a cell": one_lstm_a_cell,
    "torch, one nn.LSTM a cell, no oneDNN": lambda shape: one_lstm_a_cell(shape, one_dnn=False),
    "torch, batched baddbmm": batched,
    "torch.compile": lambda shape: batched(shape, compiled=True),
}
"""By name; to be made only where `INSTALLED`."""
