"""What is in the pictures of maps: coast lines, frames, colours, counts; nothing is cut off."""

import sys
from pathlib import Path

import matplotlib
import numpy as np
import pytest
import xarray as xr
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb
from matplotlib.path import Path as Line

from mcca_ml import schema
from mcca_ml.flags import Flag, is_recommended
from mcca_ml.grid import ease2
from mcca_ml.grid.land import land_mask
from mcca_ml.plot import coast_lines, colours
from mcca_ml.plot.coast_lines import BORDER, LAND, outlines_in, read_lines
from mcca_ml.plot.day_map import draw_look
from mcca_ml.plot.flag_classes import class_layer, own_flag_layer
from mcca_ml.plot.frames import MapFrame, frames_around
from mcca_ml.plot.point_series import draw_series
from mcca_ml.plot.record_map import draw_day
from mcca_ml.sensors import SENSORS

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "contract"))
from made_retrieval import box_cells, made_retrieval  # noqa: E402

SPAIN = MapFrame(-10.0, 4.0, 35.0, 44.0)
BOXES = {
    "one region": [((36, 39), (-6.5, -3))],
    "one cell": [((40.0, 40.3), (-5.0, -4.75))],
    "two far boxes": [((37.5, 41.5), (-6.5, -2.5)), ((-36, -33), (144, 148))],
    "date line": [((64, 70), (170, 180)), ((64, 70), (-180, -165))],
    "globe": [((-50, 70), (-175, 175))],
    "tall swath": [((-30, 60), (-10, -5))],
}


def made(name, grid=ease2.M25, **others):
    cells = np.unique(np.concatenate([box_cells(grid, *box) for box in BOXES[name]]))
    if cells.size == 1:  # the first cell of a made-up day has no value
        cells = np.r_[cells - 3, cells]
        return made_retrieval(grid=grid, cell=cells, **others).isel(cell=[1])
    return made_retrieval(grid=grid, cell=cells, **others)


def maps_of(figure):
    return [axes for axes in figure.axes if axes.images]


def pixels(figure):
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3] / 255


def colour_at(figure, picture, axes, lon, lat):
    x, y = axes.transData.transform((lon, lat))
    return picture[int(picture.shape[0] - y), int(x)]


def test_the_file_of_lines_is_small_and_its_land_is_that_of_the_mask():
    assert Path(coast_lines.__file__).with_name(coast_lines.LINES_FILE).stat().st_size <= 300_000
    cells = np.random.default_rng(0).choice(ease2.M25.size, 3000, replace=False)
    place = ease2.cell_latlon(ease2.M25, cells)
    points = np.c_[place.lon, place.lat]
    rings = np.zeros(cells.size, int)
    for turn in (-360, 0, 360):
        for ring in read_lines(LAND):
            rings += Line(ring).contains_points(points + [turn, 0])
    is_land = land_mask(ease2.M25).ravel()[cells]
    assert (rings % 2 == is_land).mean() > 0.98


def test_no_coast_or_border_jumps_across_the_map():
    for line in [*read_lines(LAND), *read_lines(BORDER)]:
        inner = line[line[:, 1] > -89]
        # The longest straight line is the border along 49 N, 28 degrees.
        assert np.abs(np.diff(inner, axis=0)).max(initial=0) < 30
        assert np.abs(inner[:, 1]).max() <= 90


@pytest.mark.parametrize("turn", [0.0, 360.0, -360.0])
def test_coast_lines_reach_into_the_frame_at_any_turn(turn):
    frame = MapFrame(SPAIN.west + turn, SPAIN.east + turn, SPAIN.south, SPAIN.north)
    here = outlines_in(frame)
    points = np.concatenate(here.coasts) - [turn, 0]
    low, high = (SPAIN.west, SPAIN.south), (SPAIN.east, SPAIN.north)
    inside = points[((points >= low) & (points <= high)).all(axis=1)]
    assert len(inside) > 200
    row, column = ease2.find_cell(ease2.M25, inside[:, 1], inside[:, 0])
    around = np.arange(-1, 2)
    mask = land_mask(ease2.M25)[
        row[:, None, None] + around[:, None], column[:, None, None] + around
    ]
    assert (mask.any(axis=(1, 2)) & ~mask.all(axis=(1, 2))).mean() > 0.9, "land and sea beside it"
    for line in (*here.coasts, *here.borders):
        assert frame.meets(line)
    assert len(outlines_in(MapFrame(-150.0, -140.0, -30.0, -20.0)).borders) == 0


@pytest.mark.parametrize("name", BOXES)
def test_nothing_of_a_figure_is_cut_off_and_regions_fill_their_frames(name):
    figure = draw_look(made(name, ease2.M36 if name == "globe" else ease2.M25), "am")
    pixels(figure)
    whole, box = figure.bbox, figure.get_tightbbox().transformed(figure.dpi_scale_trans)
    assert min(box.x0, box.y0) >= 0
    assert box.x1 <= whole.width
    assert box.y1 <= whole.height
    assert len(maps_of(figure)) == 4 * (2 if name == "two far boxes" else 1)
    for axes in maps_of(figure):
        width, height = np.diff(axes.get_xlim())[0], np.diff(axes.get_ylim())[0]
        shown = axes.get_window_extent()
        middle = np.cos(np.deg2rad(np.mean(axes.get_ylim())))
        assert shown.height / shown.width == pytest.approx(height / width / middle, rel=0.01)
        assert axes.get_xticklabels()
    titles = [axes.get_title("left").replace("\n", " ") for axes in figure.axes]
    assert sum("[m³ m⁻³]" in title for title in titles) == 2


def test_far_boxes_have_a_frame_each_and_the_date_line_does_not_divide_one():
    far = frames_around(*ease2.cell_latlon(ease2.M25, made("two far boxes")["cell"].to_numpy()))
    assert [frame.north > 0 for frame in far] == [True, False]
    (across,) = frames_around(*ease2.cell_latlon(ease2.M25, made("date line")["cell"].to_numpy()))
    assert across.west < 170 < 180 < 195 < across.east < 200


@pytest.mark.parametrize("name", ["one region", "two far boxes", "date line"])
def test_every_cell_has_its_colour_full_where_recommended_and_pale_elsewhere(name):
    ds = made(name)
    figure = draw_look(ds, "am")
    picture = pixels(figure)
    moisture = maps_of(figure)[: 2 if name == "two far boxes" else 1]
    sm, flag = (ds[n].isel(time=0, look=0).to_numpy() for n in ("soil_moisture", "flag"))
    palette = matplotlib.colormaps[colours.SOIL_MOISTURE]
    seen = 0
    for cell in range(0, sm.size, 5):
        lat, lon = float(ds["lat"][cell]), float(ds["lon"][cell])
        for axes in moisture:
            west, east = axes.get_xlim()
            at = west + (lon - west) % 360
            near = np.abs(np.r_[at - axes.get_xticks(), lat - axes.get_yticks()]).min()
            if not (west < at < east and min(axes.get_ylim()) < lat < max(axes.get_ylim())):
                continue
            if near < 0.05 or np.isnan(sm[cell]):
                continue
            wanted = np.array(palette(sm[cell] / 0.5)[:3])
            if not is_recommended(flag[cell : cell + 1])[0]:
                wanted += 0.65 * (1 - wanted)
            found = colour_at(figure, picture, axes, at, lat)
            seen += np.abs(found - wanted).max() < 0.02
    assert seen > 0.75 * sm.size / 5 * 6 / 7  # others are below a coast line


def test_titles_and_legend_count_the_values_of_the_file():
    ds = made("two far boxes", simulated=True)
    figure = draw_look(ds, "am")
    sm, flag = (ds[n].isel(time=0, look=0).to_numpy() for n in ("soil_moisture", "flag"))
    known, good = np.isfinite(sm), is_recommended(flag)
    wanted = f"{(known & good).sum():,} recommended, {(known & ~good).sum():,} other values (pale)"
    titles = [axes.get_title("left") for axes in figure.axes]
    assert sum(wanted in title for title in titles) == 3
    (legend,) = [axes.get_legend() for axes in figure.axes if axes.get_legend()]
    texts = [text.get_text() for text in legend.get_texts()]
    frozen = (flag == int(Flag.FROZEN)).sum()
    assert texts == [f"recommended: {good.sum():,}", f"frozen: {frozen:,}"]
    assert "SIMULATED" in figure.texts[0].get_text()
    assert "2015-04-01" in figure.texts[0].get_text()
    assert "SIMULATED" not in draw_look(made("one region"), "am").texts[0].get_text()


def test_a_flag_has_the_class_of_its_first_reason():
    flag = np.array([[0, Flag.COAST, Flag.COAST | Flag.TOPOGRAPHY, Flag.NOT_OBSERVED]], np.uint32)
    flag = np.r_[flag, [[Flag.SNOW | Flag.FROZEN, Flag.NO_TEMPERATURE | Flag.SNOW, 0, 0]]]
    layer = own_flag_layer("flag", flag.astype(np.uint32))
    names = [layer.scale.names[int(v)] if np.isfinite(v) else "" for v in layer.values.ravel()]
    good, frozen, slope = "recommended: 4", "frozen: 1", "topography: 1"
    assert names == [good, good, slope, "", frozen, "no value: 1", good, good]


def test_sets_of_sensors_are_classes_in_the_colours_of_the_sensors():
    attrs = {"flag_meanings": "TMI AMSR2", "flag_masks": np.array([4, 32])}
    layer = class_layer("sensor", np.array([[4, 32, 36, 36, np.nan]]), attrs)
    assert layer.scale.names == ("TMI + AMSR2: 2", "AMSR2: 1", "TMI: 1")
    assert layer.values[0, :4].tolist() == [2, 1, 0, 0]
    assert layer.scale.colours[1:] == (colours.COLOURS["AMSR2"], colours.COLOURS["TMI"])


def test_rare_classes_become_one():
    attrs = {"flag_meanings": " ".join("abcdefghijkl"), "flag_values": np.arange(12)}
    codes = np.repeat(np.arange(12), np.arange(12, 0, -1))[None].astype(float)
    layer = class_layer("x", codes, attrs)
    assert layer.scale.names[-1] == f"other: {4 + 3 + 2 + 1}"
    assert len(layer.scale.names) == len(set(layer.scale.colours)) == 9


@pytest.mark.parametrize("name", ["SOIL_MOISTURE", "VOD", "UNCERTAINTY", "CORRELATION"])
def test_palettes_change_their_lightness_in_one_direction_and_evenly(name):
    rgb = matplotlib.colormaps[getattr(colours, name)](np.linspace(0, 1, 101))[:, :3]
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    lightness = np.cbrt(linear @ [0.2126, 0.7152, 0.0722])  # as L* of CIELAB, without its offset
    steps = np.diff(lightness)
    assert (steps > 0).all() or (steps < 0).all()
    assert np.abs(lightness - np.linspace(lightness[0], lightness[-1], 101)).max() < 0.11


def test_colours_of_sensors_and_products_differ():
    every = [*colours.COLOURS.values(), colours.INK, *colours.OTHERS, colours.STATIONS]
    assert set(colours.COLOURS) == set(SENSORS)
    rgb = np.array([to_rgb(one) for one in [*every, colours.TRUTH]])
    far = np.abs(rgb[:, None] - rgb[None]).sum(axis=-1) + 9 * np.eye(len(rgb))
    assert far.min() > 0.1


def record(step=1):
    lat, lon = ease2.latitude(ease2.M25)[100:104], ease2.longitude(ease2.M25)[400:405]
    sm = np.linspace(0.1, 0.4, 20).reshape(4, 5)
    good = np.arange(20).reshape(4, 5) % 3 > 0
    sm[1, 2] = np.nan  # where the flag alone would recommend
    units = {"units": "m3 m-3", "long_name": "soil moisture"}
    return xr.Dataset(
        {"sm": (("y", "x"), sm[::step], units), "is_recommended": (("y", "x"), good[::step])},
        {"lat": ("y", lat[::step]), "lon": ("x", lon % 360), "time": np.datetime64("2013-12-29")},
        {"simulated": "true"},
    )


@pytest.mark.parametrize("step", [1, -1])
def test_the_map_of_a_record_counts_and_does_not_depend_on_the_order_of_rows(step):
    figure = draw_day(record(step), "sm")
    (axes,) = maps_of(figure)
    assert axes.get_title("left") == (
        "soil moisture [m³ m⁻³]\n12 recommended, 7 other values (pale)"
    )
    assert figure.texts[0].get_text() == "SIMULATED — sm, 2013-12-29"
    assert np.array_equal(pixels(figure), pixels(draw_day(record(), "sm")))


def test_a_day_without_values_shows_the_region():
    ds = record()
    ds["sm"] = ds["sm"] * np.nan
    (axes,) = maps_of(draw_day(ds, "sm"))
    assert np.diff(axes.get_xlim())[0] == pytest.approx(2, abs=0.1)
    assert "0 recommended, 0 other" in axes.get_title("left")


@pytest.mark.parametrize(
    ("values", "limits"), [([1, 9], (0, 9)), ([16000, 16010], (16000, 16010)), ([5, 5], (5, 6))]
)
def test_a_scale_begins_at_0_only_where_the_values_are_near_it(values, limits):
    ds = record().assign(t0=(("y", "x"), np.resize(np.repeat(values, 10.0), (4, 5))))
    scale = draw_day(ds, "t0").axes[1].get_ylim()
    assert scale == pytest.approx(limits, rel=1e-3)


def test_a_series_shows_recommended_values_strongly_and_streams_in_the_colours_of_sensors():
    time = np.datetime64("2015-04-01", "ns") + np.arange(10) * np.timedelta64(1, "D")
    good = np.arange(10) % 2 == 0
    values = np.linspace(0.1, 0.3, 10)
    layers = dict.fromkeys(schema.LAYERS.values(), ("time", values))
    ds = xr.Dataset({"sm": ("time", values), **layers}, {"time": time, "lat": -5.0, "lon": 185.0})
    figure = draw_series(ds, good)
    upper, lower = figure.axes
    strong, pale = upper.collections
    assert (strong.get_label(), strong.get_alpha()) == ("recommended, 5 days", 1.0)
    assert (pale.get_label(), pale.get_alpha() < 0.5) == ("other, 5 days", True)
    assert strong.get_offsets()[:, 1].tolist() == values[good].tolist()
    labelled = {one.get_label(): one for one in lower.lines if not one.get_label().startswith("_")}
    assert {name: one.get_color() for name, one in labelled.items()} == {
        name: colours.COLOURS[name] for name in schema.LAYERS
    }
    for line in labelled.values():
        assert np.isnan(line.get_ydata()[~good]).all()
    assert figure.get_suptitle() == "5.00° S, 175.00° W"
