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


def _summary(ds: "xr.Dataset", good: "npt.NDArray[np.bool_]", sensors: list[str]) -> list[str]:
    """What a series holds: place, days, statistics, sensors, coverage by year."""
    import numpy as np

    sm, time = ds["sm"].to_numpy(), ds["time"].to_numpy()
    seen = np.isfinite(sm)
    units = str(ds["sm"].attrs.get("units", ""))
    lines = [
        f"cell      latitude {float(ds['lat']):.3f}, longitude {float(ds['lon']):.3f}, centre "
        f"{ds.attrs['distance_km']:.1f} km away",
        f"days      {str(time[0])[:10]} to {str(time[-1])[:10]}: {sm.size:,}, "
        f"{int(seen.sum()):,} with a value, {int(good.sum()):,} recommended",
    ]
    if seen.any():
        low, median, high = np.percentile(sm[seen], [5, 50, 95])
        lines.append(
            f"sm        mean {sm[seen].mean():.3f}, percentiles 5 / 50 / 95: {low:.3f} / "
            f"{median:.3f} / {high:.3f} {units}"
        )
    names = [name for one in sensors for name in one.split("+") if name]
    if names:
        days = ", ".join(f"{name} {names.count(name):,}" for name in sorted(set(names)))
        lines.append(f"sensors   {days} days")
    years = time.astype("datetime64[Y]")
    shares = (f"{year} {seen[years == year].mean():.0%}" for year in np.unique(years))
    return [*lines, f"coverage  {', '.join(shares)}"]


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
        said = {name: words(ds[name]) for name in ("sensor", "flag") if name in ds}
        for line in _summary(ds, good, said.get("sensor", [])):
            typer.echo(line)
        if csv or png:
            from mcca_ml.plot.point_series import table_of, write_csv, write_series

            if csv:
                typer.echo(f"wrote     {write_csv(table_of(ds, good, said), csv)}")
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
        known = values[np.isfinite(values)]
        line = f"{date:%Y-%m-%d} {variable}: {known.size:,} of {values.size:,} cells with a value"
        if known.size:
            units = str(ds[variable].attrs.get("units", "1"))
            low, median, high = np.percentile(known, [5, 50, 95])
            line += (
                f", mean {known.mean():.4g}, percentiles 5 / 50 / 95: "
                f"{low:.4g} / {median:.4g} / {high:.4g} {units}"
            )
        typer.echo(line)
        if png:
            from mcca_ml.plot.record_map import write_day

            typer.echo(f"wrote {write_day(ds, variable, png)}")
