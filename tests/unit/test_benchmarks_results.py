"""Results of the benchmarks: one form for all, and the page that is made of them."""

import json
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from mcca_ml.config.train import TrainSettings

FOLDER = Path(__file__).resolve().parents[2] / "benchmarks" / "results"
KEPT = sorted(FOLDER.glob("*.json"))


def test_there_are_results():
    assert {"gridding", "read_1c", "training", "machine"} <= {path.stem for path in KEPT}


@pytest.mark.parametrize("path", KEPT, ids=lambda path: path.stem)
def test_each_kept_result_has_the_form_of_all(bench, path):
    result = bench("result")
    names = [field.name for field in fields(result.Result)]
    rows = json.loads(path.read_text())
    assert rows
    for row in rows:
        assert list(row) == names
        assert row["name"].split(":")[1:]
        assert row["unit"]
        assert row["machine"]
        assert row["commit"]
        wanted = result.ratio_of(row["value"], row["peer_value"], row["unit"])
        assert row["ratio"] == (wanted if wanted is None else pytest.approx(wanted, rel=2e-3))


def test_all_kept_results_stand_on_the_page(bench):
    performance = bench("performance")
    shown = {row.name for part in performance.PARTS for row in bench("result").load(part)}
    kept = {row["name"] for path in KEPT for row in json.loads(path.read_text())}
    assert {name for name in kept - shown if not name.startswith("all land: ")} == set()
    text = performance.DOCUMENT.read_text()
    for name, table in performance.tables().items():
        assert f"<!-- table: {name} -->\n{table}\n<!-- end: {name} -->" in text


def test_a_result_is_kept_and_read_again(bench, tmp_path, capsys):
    result = bench("result")
    rows = [
        result.make_result("grid: a", 12.3456789, "M/s", peer=("them", 4.0), limit=("l", 50)),
        result.make_result("train: b", 2.0, "s", peer=("torch", None)),
    ]
    result.save("some", rows, tmp_path)
    assert result.load("some", tmp_path) == rows
    assert rows[0].value == 12.35
    assert rows[0].ratio == pytest.approx(3.086)
    assert (rows[1].peer, rows[1].peer_value) == ("torch: not installed", None)
    assert "grid: a" in capsys.readouterr().out
    assert result.load("none", tmp_path) == []


def test_less_time_is_better_and_more_of_a_rate_too(bench):
    ratio_of = bench("result").ratio_of
    assert ratio_of(2.0, 10.0, "s") == 5.0
    assert ratio_of(10.0, 2.0, "cells/s") == 5.0
    assert ratio_of(1.0, None, "s") is None


def test_share_of_a_limit(bench):
    make, performance = bench("result").make_result, bench("performance")
    assert performance.share(make("a: b", 5.0, "GB/s", limit=("l", 20.0))) == "25 %"
    assert performance.share(make("a: b", 5.0, "ms", limit=("l", 4.0))) == "80 %"
    assert performance.share(make("a: b", 5.0, "ms")) == ""


def test_ways_are_timed_in_turns(bench):
    called = []
    found = bench("pairs").times(
        {"one": lambda: called.append(1), "two": lambda: called.append(2)}, 3
    )
    assert called == [1, 2] * 4
    assert [len(values) for values in found.values()] == [3, 3]


def test_operations_of_a_step_are_counted_as_documented(bench):
    shape = bench("peers_torch").Shape()
    # 2 * 4H (F + H) forward and for dW, 2 * 4H * H for dh, by hand.
    assert shape.flops == 64 * 32 * 64 * (2 * 128 * 44 * 2 + 2 * 128 * 32)


def test_a_triad_is_one(bench):
    task = bench("limits").Triad(2, elements=100_001)
    task()
    assert (task._a == 4.0).all()
    assert task.bytes == 24 * 100_001


def test_kernel_and_jax_are_timed_on_the_same_work(bench):
    networks = bench("networks")
    if networks.native is None:
        pytest.skip("this build has no C++ kernel")
    shape = bench("peers_torch").Shape(cells=2, sequences=3, days=10, features=4, hidden=8)
    step = networks.step_by_jax(shape)
    by_jax = [step() for _ in range(networks.STEPS)][-1]
    by_kernel = networks.steps_by_kernel(shape)().best
    for ours, theirs in zip(by_kernel, by_jax, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-3, atol=1e-5)


def test_torch_learns_the_same_targets(bench):
    peers = bench("peers_torch")
    if not peers.INSTALLED:
        pytest.skip("PyTorch is not installed (make peers)")
    shape = peers.Shape(cells=2, sequences=3, days=10, features=4, hidden=8)
    for make in (peers.one_lstm_a_cell, peers.batched):
        make(shape)()


def test_operations_of_a_network_are_those_of_its_steps_and_stop_days(bench):
    plan = bench("plan")
    settings = TrainSettings(epochs=1, steps=1, batch=1, sequence=8, warm_up=0)
    step = 8 * (2 * 128 * 52 * 2 + 2 * 128 * 32)
    assert plan.train_flops(settings, 100) == step + 100 * 2 * 128 * 52


def test_hours_of_a_plan_are_those_of_its_stages(bench):
    works = bench("plan").works()
    assert [one.stage for one in works] == [
        *("grid", "retrieve", "calibrate", "train", "predict", "fuse", "publish"),
    ]
    assert all(one.hours > 0 and one.read > 0 for one in works)
    total = sum(one.hours for one in works)
    text = bench("performance").DOCUMENT.read_text()
    assert f"| two cores | {total / 2:,.1f} |" in text
