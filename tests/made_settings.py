"""Settings of small simulated worlds for tests: two boxes, a few months."""

from datetime import date

from mcca_ml.config.simulate import BoxSettings, SimulateSettings

COLD = BoxSettings(
    name="cold", south=34.0, north=34.8, west=91.0, east=91.9, elevation=4500.0, climate="plateau"
)
MILD = BoxSettings(
    name="mild", south=36.0, north=36.8, west=-98.0, east=-97.1, elevation=300.0, climate="savanna"
)


def small_settings(**changed) -> SimulateSettings:
    """A quick world without trend and drought; `changed` are settings of their own."""
    settings = {
        "seed": 3,
        "first_day": date(2015, 12, 1),
        "last_day": date(2016, 3, 9),
        "rim": 2,
        "spin_up_days": 40,
        "trend": 0.0,
        "drought": (),
        "box": (COLD, MILD),
    }
    return SimulateSettings(**(settings | changed))
