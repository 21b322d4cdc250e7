"""How a configured domain is held against the one that a model was trained for."""

from entity_extract.config import Domain, Entity, Unit, load_config

DOMAIN = load_config().domain


def test_the_same_domain_differs_in_nothing() -> None:
    assert DOMAIN.differences(Domain.model_validate(DOMAIN.model_dump())) == []


def test_an_entity_that_the_model_does_not_know_is_named() -> None:
    models = Domain(
        entities={k: v for k, v in DOMAIN.entities.items() if k not in ("width", "depth")},
        units=DOMAIN.units,
    )
    (said,) = DOMAIN.differences(models)
    assert said.startswith("depth, width is configured, but the model was never trained for it")
    assert models.differences(DOMAIN) == []  # the model may know more than is asked


def test_entities_whose_units_spellings_or_keywords_differ_are_named() -> None:
    gram = DOMAIN.units["gram"]
    respelt = DOMAIN.units | {"gram": Unit(**{**gram.model_dump(), "spellings": ("grm",)})}
    (said,) = DOMAIN.differences(Domain(entities=DOMAIN.entities, units=respelt))
    assert said.startswith("item_weight, maximum_weight_recommendation has other units")
    voltage = DOMAIN.entities["voltage"].model_copy(update={"keywords": ("tension",)})
    other = Domain(entities=DOMAIN.entities | {"voltage": voltage}, units=DOMAIN.units)
    (said,) = DOMAIN.differences(other)
    assert said.startswith("voltage has other")
    fewer = Entity(units=("volt",), keywords=DOMAIN.entities["voltage"].keywords)
    assert DOMAIN.differences(
        Domain(entities=DOMAIN.entities | {"voltage": fewer}, units=DOMAIN.units)
    )


def test_each_unit_has_the_si_unit_of_its_dimension_by_name() -> None:
    said = {name: DOMAIN.si_unit(name) for name in ("inch", "ounce", "kilovolt", "watt", "litre")}
    assert said == {
        "inch": "metre",
        "ounce": "kilogram",
        "kilovolt": "volt",
        "watt": "watt",
        "litre": "cubic metre",
    }


def test_a_unit_of_a_conf_file_has_the_si_unit_that_stands_there_or_that_of_its_dimension() -> None:
    units = {
        "hertz": Unit(dimension="frequency", si=1.0),
        "kilohertz": Unit(dimension="frequency", si=1e3),
        "knot": Unit(dimension="speed", si=0.514),
    }
    domain = Domain(entities={}, units=units)
    assert domain.si_unit("kilohertz") == "hertz"
    assert domain.si_unit("knot") == "SI unit of speed"
