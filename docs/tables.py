"""Write the tables of the documentation that are generated from the code."""

from pathlib import Path

from pydantic import BaseModel

from mcca_ml import sensors
from mcca_ml.config import calibrate, load, record, retrieve, simulate, train, validate
from mcca_ml.flags import MEANING, NO_VALUE, NOT_RECOMMENDED
from mcca_ml.formats import smap
from mcca_ml.publish.smap_variables import FIELDS, OPTIONAL, STATIC


def table(head, rows):
    """Return a Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def flags():
    """Return the table of flag bits."""
    rows = []
    for flag, meaning in MEANING.items():
        value = "none" if flag & NO_VALUE else "kept"
        use = "no" if flag & NOT_RECOMMENDED else "yes"
        name = f"`{flag.name.lower()}`"
        rows.append([str(flag.bit_length() - 1), str(int(flag)), name, meaning, value, use])
    mask = f"\nThe mask of the bits that are not recommended is `{int(NOT_RECOMMENDED)}`.\n"
    return table(["bit", "mask", "name", "meaning", "value", "recommended"], rows) + mask


def variables():
    """Return the table of floating-point variables of a product."""
    rows = []
    for name, field in {**FIELDS, **STATIC}.items():
        stored = (
            f"int16, step {field.scale:g}" if field.scale else f"float32, {field.digits} digits"
        )
        when = "where the granule has it" if name in OPTIONAL else "always"
        if name in STATIC:
            when = "season mode"
        rows.append([f"`{name}`", field.units, field.long_name, when, stored])
    return table(["variable", "units", "what it is", "when", "stored as"], rows)


def settings(model: type[BaseModel]):
    """Return the keys of one table of a configuration."""
    rows = []
    for name, field in model.model_fields.items():
        default = "required" if field.is_required() else f"`{field.get_default()!r}`"
        rows.append([f"`{name}`", default, (field.description or "").replace("|", "\\|")])
    return table(["key", "default", "meaning"], rows)


def products():
    """Return the table of SMAP products."""
    rows = [
        [f"`{p.short_name}`", p.title, p.grid, f"{p.versions[0]}-{p.versions[-1]}"]
        for p in smap.PRODUCTS.values()
    ]
    return table(["product", "what it is", "grid", "versions"], rows)


def channels():
    """Return the table of sensors and their channels."""
    rows = [
        [s.name, ", ".join(f"`{c.name}`" for c in s.channels), f"{s.incidence_deg:g}"]
        for s in sensors.SENSORS.values()
    ]
    return table(["sensor", "channels", "incidence [degree]"], rows)


def write(folder: Path):
    """Write all tables as Markdown files, to be included by the pages."""
    folder.mkdir(exist_ok=True)
    contents = {
        "flags": flags(),
        "variables": variables(),
        "retrieve_settings": settings(retrieve.RetrieveSettings),
        "input_settings": settings(load.InputSettings),
        "output_settings": settings(load.OutputSettings),
        "calibrate_settings": settings(calibrate.CalibrateSettings),
        "train_settings": settings(train.TrainSettings),
        "validate_settings": settings(validate.ValidateSettings),
        "compared_settings": settings(validate.ComparedSettings),
        "fuse_settings": settings(record.FuseSettings),
        "effect_settings": settings(simulate.EffectSettings),
        "simulate_settings": settings(simulate.SimulateSettings),
        "box_settings": settings(simulate.BoxSettings),
        "instrument_settings": settings(simulate.InstrumentSettings),
        "products": products(),
        "channels": channels(),
    }
    for name, text in contents.items():
        path = folder / f"{name}.md"
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
