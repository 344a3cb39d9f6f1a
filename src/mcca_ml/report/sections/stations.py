"""Sections on scores at stations, for a record and for any product."""

from mcca_ml.report.figures import stations, taylor
from mcca_ml.report.html.files import pictured
from mcca_ml.report.html.page import Block, Section
from mcca_ml.report.scores import station_scores, station_tables
from mcca_ml.validate.run import Validation
from mcca_ml.validate.stations import DENSE

_SHOWN_UNITS = 6


def compared_section(validation: Validation, *, is_simulated: bool) -> Section:
    """Compare all products over all sites: medians, map, Taylor diagram.

    Args:
        validation: scores of one or more products at stations.
        is_simulated: True if stations or products are simulated; figures are then marked.
    """
    day_set = station_tables.days_compared(validation)
    two = station_tables.pairwise_sheet(validation)
    blocks: list[Block] = [station_tables.medians_sheet(validation), *([two] if two else [])]
    number, most = len(validation.compared), stations.MOST_MAPS
    which_products = "each product" if number <= most else f"the first {most} of {number} products"
    words = (
        "map of units",
        "Map of R at stations",
        f"R of {which_products} at each unit, {day_set} days; circles are single stations, squares "
        "dense networks, grey land; a unit without colour has no score.",
    )
    drawn = stations.draw_units(validation)
    blocks.append(pictured(drawn, *words, is_simulated=is_simulated))
    points = stations.points_at_units(validation)
    if points:
        words = (
            "taylor at stations",
            "Taylor diagram of products at stations",
            f"Taylor diagram, medians over units on {day_set} days: the angle is the correlation, "
            "the distance from the origin the standard deviation over that of the stations, which "
            "are the red point; dashed circles are the centred RMSD over the same.",
        )
        colours = taylor.product_colours(
            [compared.product.name for compared in validation.compared]
        )
        drawn = taylor.draw_taylor(points, colours)
        title = "Points of the Taylor diagram at stations"
        blocks += [
            pictured(drawn, *words, is_simulated=is_simulated),
            taylor.taylor_sheet(points, title, "units"),
        ]
    return Section("Products at stations", tuple(blocks))


def strata_section(validation: Validation) -> Section:
    """Scores by class of sites and of days."""
    return Section("Scores by class", tuple(station_tables.strata_sheets(validation)))


def triple_section(validation: Validation) -> Section:
    """Triple collocation, and refused triplets with reasons."""
    sheets = (station_tables.triple_sheet(validation), station_tables.refused_sheet(validation))
    return Section("Triple collocation", tuple(sheet for sheet in sheets if sheet is not None))


def units_section(validation: Validation) -> Section:
    """Scores of each product at each site, and excluded values."""
    names = [compared.product.name for compared in validation.compared]
    return Section(
        "Each network and station",
        (
            station_scores.network_sheet(None, validation),
            station_scores.excluded_sheet(validation, names),
        ),
    )


def series_section(validation: Validation, *, is_simulated: bool) -> Section:
    """Series at the sites with most days, dense networks first."""
    drawn = [
        compared for compared in validation.compared if compared.extract.conversion.is_volumetric
    ]
    units = validation.units
    days = [
        sum(compared.pairs[place].day.size for compared in drawn) for place in range(len(units))
    ]
    places = [place for place, number in enumerate(days) if number]
    places.sort(key=lambda place: (units[place].kind != DENSE, -days[place]))
    blocks = []
    for place in places[:_SHOWN_UNITS]:
        name = units[place].name
        words = (
            f"series at {name}",
            f"Series at {name}",
            f"{name}: paired values of each product, and the stations at the same times; "
            "products in degrees of saturation are not drawn.",
        )
        figure = stations.draw_unit_series(validation, place, name)
        blocks.append(pictured(figure, *words, is_simulated=is_simulated))
    return Section("Series", tuple(blocks))


def time_sections(validation: Validation) -> tuple[Section, ...]:
    """Coverage by year, and stability."""
    return (
        Section("Coverage", (station_tables.years_sheet(validation),)),
        Section("Stability", (station_tables.changes_sheet(validation),)),
    )


def record_sections(validation: Validation | None, *, is_simulated: bool) -> tuple[Section, ...]:
    """Compare record, streams and other products at all stations; empty without stations."""
    if validation is None:
        return ()
    return (
        compared_section(validation, is_simulated=is_simulated),
        strata_section(validation),
        triple_section(validation),
    )
