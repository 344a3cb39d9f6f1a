"""What workers of the tests share is made by one of them."""

import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest

from made_once import made_once


def test_of_many_who_ask_at_once_one_makes_it_and_all_find_it_whole(tmp_path):
    made = []

    def make(folder):
        made.append(folder)
        folder.mkdir()
        time.sleep(0.1)
        (folder / "last").touch()

    def ask(_):
        return (made_once(tmp_path, "it", make) / "last").exists()

    with ThreadPoolExecutor(4) as threads:
        assert all(threads.map(ask, range(4)))
    assert made == [tmp_path / "it"]


def test_what_could_not_be_made_is_made_anew(tmp_path):
    def fail(folder):
        (folder / "part").mkdir(parents=True)
        raise ValueError("no room")

    with pytest.raises(ValueError, match="no room"):
        made_once(tmp_path, "it", fail)
    folder = made_once(tmp_path, "it", partial(type(tmp_path).mkdir))
    assert list(folder.iterdir()) == []
