"""Commands that read a product: `series` at a place and `map` of a day."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mcca_ml.cli.errors import Debug, errors_in_one_line

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import xarray as xr

Product = Annotated[
    str,
    typer.Argument(help="record.zarr, a directory or a file of a product; ::VARIABLE of several."),
]
_DAYS = ("%Y-%m-%d",)


def _day(asked: datetime | None) -> "np.datetime64 | None":
    import numpy as np

    return None if asked is None else np.datetime64(asked, "D")


def _statistics(values: "npt.NDArray[np.float64]", units: str, form: str = ".3f") -> str:
    """Mean and percentiles of finite values."""
    import numpy as np

    low, median, high = np.percentile(values, [5, 50, 95])
    return (
        f"mean {values.mean():{form}}, percentiles 5 / 50 / 95: {low:{form}} / {median:{form}} / "
        f"{high:{form}} {units}"
    )


def _summary(ds: "xr.Dataset", good: "npt.NDArray[np.bool_]", sensors: list[str]) -> list[str]:
    """Place, days, statistics, sensors and coverage of a series; recommended values first."""
    import numpy as np

    from mcca_ml.grid.place_text import place_text

    sm, time = ds["sm"].to_numpy(), ds["time"].to_numpy()
    has_value = np.isfinite(sm)
    units = str(ds["sm"].attrs.get("units", ""))
    others = has_value & ~good
    lines = [
        f"cell      {place_text(float(ds['lat']), float(ds['lon']))}, centre "
        f"{ds.attrs['distance_km']:.1f} km away",
        f"days      {str(time[0])[:10]} to {str(time[-1])[:10]}: {sm.size:,}, of which "
        f"{int(good.sum()):,} recommended, {int(others.sum()):,} other values, "
        f"{int((~has_value).sum()):,} without a value",
    ]
    for chosen, label in ((good, "recommended"), (others, "NOT recommended")):
        if chosen.any():
            lines.append(f"sm        {label}: {_statistics(sm[chosen], units)}")
    # A series without the sensors of each day has an empty list.
    names = [
        name for words, use in zip(sensors, good, strict=False) if use for name in words.split("+")
    ]
    names = [name for name in names if name]
    if names:
        days = ", ".join(f"{name} {names.count(name):,}" for name in sorted(set(names)))
        lines.append(f"sensors   {days} recommended days")
    years = time.astype("datetime64[Y]")
    parts = [(year, years == year) for year in np.unique(years)]
    shares = (f"{year} {good[at].mean():.0%} ({has_value[at].mean():.0%})" for year, at in parts)
    return [*lines, f"coverage  recommended (all values): {', '.join(shares)}"]


def series(  # noqa: PLR0913 one parameter an option
    product: Product,
    lat: Annotated[float, typer.Option(min=-90, max=90, help="Latitude [degree].")],
    lon: Annotated[float, typer.Option(min=-180, max=360, help="Longitude [degree].")],
    csv: Annotated[Path | None, typer.Option(help="Write the values here.")] = None,
    png: Annotated[Path | None, typer.Option(help="Draw the series here.")] = None,
    start: Annotated[datetime | None, typer.Option(formats=list(_DAYS), help="First day.")] = None,
    end: Annotated[datetime | None, typer.Option(formats=list(_DAYS), help="Last day.")] = None,
    debug: Debug = False,
) -> None:
    """Show the record at a place, or write it as CSV.

    The CSV has every value and says which are recommended.
    """
    with errors_in_one_line(debug):
        # Imported here, not above: xarray would slow --help.
        from mcca_ml.read.products.open import parse_product
        from mcca_ml.read.products.point_series import read_series, words

        ds = read_series(parse_product(product), lat, lon, _day(start), _day(end))
        good = ds["is_recommended"].to_numpy()
        text = {name: words(ds[name]) for name in ("sensor", "flag") if name in ds}
        for line in _summary(ds, good, text.get("sensor", [])):
            typer.echo(line)
        if csv or png:
            from mcca_ml.plot.point_series import make_table, write_csv, write_series

            if csv:
                typer.echo(f"wrote     {write_csv(make_table(ds, good, text), csv)}")
            if png:
                typer.echo(f"wrote     {write_series(ds, good, png)}")


def map_day(
    product: Product,
    date: Annotated[datetime, typer.Option(formats=list(_DAYS), help="UTC day, YYYY-MM-DD.")],
    variable: Annotated[str, typer.Option(help="Variable to show.")] = "sm",
    png: Annotated[Path | None, typer.Option(help="Draw the map here.")] = None,
    debug: Debug = False,
) -> None:
    """Show the record of a day: its statistics, and a map."""
    with errors_in_one_line(debug):
        # Imported here, not above: xarray would slow --help.
        import numpy as np

        from mcca_ml.errors import ConfigError
        from mcca_ml.read.products.open import parse_product
        from mcca_ml.read.products.point_series import read_day

        ds = read_day(parse_product(product), np.datetime64(date, "D"))
        maps = {str(name): v for name, v in ds.data_vars.items() if v.ndim == 2}
        numbers = [name for name, v in maps.items() if v.dtype.kind in "fiu"]
        numbers.sort(key=lambda name: (name != "sm", name))
        if variable not in numbers:
            raise ConfigError(f"--variable {variable}: expected one of {', '.join(numbers)}")
        values = ds[variable].to_numpy().astype(np.float64)
        known, good = np.isfinite(values), ds["is_recommended"].to_numpy()
        line = (
            f"{date:%Y-%m-%d} {variable}: {int(known.sum()):,} of {values.size:,} cells with a "
            f"value, {int((known & good).sum()):,} recommended"
        )
        chosen, label = (good & known, "recommended") if (good & known).any() else (known, "all")
        if chosen.any() and "flag_meanings" not in ds[variable].attrs:
            units = str(ds[variable].attrs.get("units", "1"))
            line += f"; {label}: {_statistics(values[chosen], units, '.4g')}"
        typer.echo(line)
        if png:
            from mcca_ml.plot.record_map import write_day

            typer.echo(f"wrote {write_day(ds, variable, png)}")
