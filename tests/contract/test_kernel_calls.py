"""Calls of the kernel that end early or are wrong: interrupts, failures, arrays that do not fit."""

import signal
import sys
import threading
import time

import numpy as np
import pytest

from made_kernel import Cells, lesson_of, made_cells
from mcca_ml.config.train import TrainSettings
from mcca_ml.errors import ConfigError, SchemaError
from mcca_ml.learn import backend, fine_tune_jax

native = pytest.importorskip("mcca_ml.learn.native_backend", reason="the kernel is not built")


def tuned(made: Cells, **how):
    days = native.Days(made.x, made.target, made.train, made.stop)
    return native.fine_tune(days, made.first, made.network, made.settings, **how)


def long_work() -> Cells:
    """Minutes of it."""
    return made_cells(
        1, cells=40, days=2000, hidden=64, sequence=500, batch=64, epochs=50, patience=50
    )


@pytest.fixture
def heeds_interrupts():
    """A shell's background job ignores SIGINT, and so do the processes that it begins."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("heeds_interrupts")
def test_an_interrupt_is_answered_within_a_second():
    made, sent = long_work(), []

    def interrupt() -> None:
        sent.append(time.monotonic())
        signal.raise_signal(signal.SIGINT)

    timer = threading.Timer(0.5, interrupt)
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        tuned(made, threads=2)
    assert time.monotonic() - sent[0] < 1
    timer.join()


def test_other_threads_of_python_go_on():
    """The lock of the interpreter is free while cells are trained."""
    counted, ended = [], threading.Event()

    def count() -> None:
        while not ended.is_set():
            counted.append(1)
            time.sleep(0.01)

    def stop(_done: int) -> None:
        if len(counted) > 20:
            raise KeyboardInterrupt

    other = threading.Thread(target=count)
    other.start()
    try:
        with pytest.raises(KeyboardInterrupt):
            tuned(long_work(), threads=2, progress=stop)
    finally:
        ended.set()
        other.join()


def test_a_failure_of_the_progress_ends_all_threads_and_leaves_nothing_locked():
    told = []

    def fail(done: int) -> None:
        told.append(done)
        raise RuntimeError("no terminal")

    with pytest.raises(RuntimeError, match="no terminal"):
        tuned(long_work(), threads=3, progress=fail)
    made = made_cells(2)
    assert len(told) == 1
    assert np.array_equal(tuned(made).error, tuned(made, threads=1).error)


def test_progress_tells_all_cells_at_the_end():
    told = []
    tuned(made_cells(3, cells=7), progress=told.append)
    assert told[-1] == 7
    assert told == sorted(told)


def test_no_cells_are_no_fault():
    made = made_cells(4, cells=1)
    days = native.Days(made.x[:0], made.target[:0], made.train[:0], made.stop[:0])
    network = type(made.network)(*(leaf[:0] for leaf in made.network))
    assert native.fine_tune(days, made.first[:0], network, made.settings).error.shape == (0,)


def test_instructions_that_are_not_there_are_named():
    with pytest.raises(ValueError, match=r'instructions "mmx", expected one of best, .*generic'):
        tuned(made_cells(5), instructions="mmx")


def test_fewer_threads_than_one_are_refused():
    with pytest.raises(ValueError, match="fewer threads than one"):
        tuned(made_cells(5), threads=-1)


def test_no_epochs_leave_the_start():
    made = made_cells(5, epochs=0)
    assert np.array_equal(tuned(made).best.input, made.network.input)
    assert fine_tune_jax.all_first_days(lesson_of(made), made.settings).shape == (3, 0)


def test_a_sequence_that_leaves_its_series_is_refused():
    made = made_cells(6)
    made.first[1, 3] = made.x.shape[1]
    with pytest.raises(ValueError, match="a sequence leaves its series"):
        tuned(made)


@pytest.mark.parametrize("name", ["target", "train", "stop"])
def test_arrays_that_do_not_fit_are_refused(name):
    made = made_cells(7)
    days = native.Days(made.x, made.target, made.train, made.stop)
    short = days._replace(**{name: getattr(days, name)[:, 1:]})
    with pytest.raises(ValueError, match="kernel: shape of targets"):
        native.fine_tune(short, made.first, made.network, made.settings)


def test_series_shorter_than_a_sequence_are_refused():
    made = made_cells(8)
    days = native.Days(made.x[:, :9], made.target[:, :9], made.train[:, :9], made.stop[:, :9])
    with pytest.raises(SchemaError, match="series of 9 days, expected at least the 30"):
        native.fine_tune(days, made.first, made.network, made.settings)


def test_without_a_kernel_jax_works_and_says_so(monkeypatch):
    assert backend.choose_backend(TrainSettings()) == "native"
    assert backend.note(TrainSettings()) is None
    monkeypatch.setitem(sys.modules, backend.NATIVE, None)  # as where it was not compiled
    assert backend.choose_backend(TrainSettings()) == "jax"
    assert backend.note(TrainSettings()).startswith("JAX trained the cells, since the kernel")
    assert backend.note(TrainSettings(backend="jax")) is None
    with pytest.raises(ConfigError, match=r'backend: found "native", but the kernel was not comp'):
        backend.choose_backend(TrainSettings(backend="native"))
