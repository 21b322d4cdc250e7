"""Names under which quantities stand in tables and on infographics, and facts to confuse them."""

from entity_extract.sample_shop.drawing.dice import Dice
from entity_extract.sample_shop.products.products import Product

Facts = tuple[tuple[str, tuple[str, ...]], ...]

CAPTIONS = {
    "width": ("Width", "Product width", "W"),
    "depth": ("Depth", "Length", "Item depth"),
    "height": ("Height", "Item height", "H"),
    "item_weight": ("Weight", "Item weight", "Net weight", "N.W."),
    "maximum_weight_recommendation": ("Max load", "Weight capacity", "Load limit", "Bears up to"),
    "voltage": ("Voltage", "Input voltage", "Rated voltage"),
    "wattage": ("Power", "Rated power", "Wattage"),
    "item_volume": ("Capacity", "Volume", "Tank capacity"),
}
_OTHER: Facts = (
    ("Material", ("ABS + PC", "Powder-coated steel", "Stainless 304", "Recycled 65%")),
    ("Color", ("Matte black", "Walnut", "Ivory", "Forest green")),
    ("Warranty", ("24 months", "1 year", "36 months")),
    ("Release year", ("2021", "2022", "2023")),
    ("Package", ("1 x unit, 1 x manual", "2 pcs", "1 pc + 4 screws")),
    ("Origin", ("Portugal", "Made in China", "Vietnam")),
)
_ELECTRICAL: Facts = (
    ("Temperature", ("-10 to 45 °C", "0-100 °C")),
    ("Frequency", ("50/60 Hz", "60 Hz")),
    ("Certificate", ("CE, RoHS", "ISO 9001", "UL E352110")),
    ("Noise", ("< 45 dB", "38 dB")),
)
_NUTRITION: Facts = (
    ("Serving size", ("30 g", "1 oz (28 g)", "2 capsules", "1 scoop (25 g)")),
    ("Servings", ("About 8", "30", "60")),
    ("Energy", ("120 kcal", "520 kJ / 125 kcal")),
    ("Protein", ("24 g", "3.5 g", "0 g")),
    ("Sodium", ("120 mg  5%", "0 mg", "85 mg")),
    ("Vitamin D", ("25 mcg  125%", "2 mcg")),
)


def other_facts(product: Product, dice: Dice, n: int) -> list[tuple[str, str]]:
    """`n` rows that answer no question: a model number, a year, a material."""
    edible = not product.category.shapes and "item_weight" in product.printed
    known = _NUTRITION if edible else _OTHER
    if "voltage" in product.printed:
        known += _ELECTRICAL
    facts = [("Model", product.model), ("Brand", product.brand)]
    facts += [(name, dice.pick(values)) for name, values in known]
    return dice.several(facts, n)
