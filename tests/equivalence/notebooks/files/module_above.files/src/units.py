FACTORS = {"km": 1000.0, "mile": 1609.344, "foot": 0.3048}
CALLS = 0


def convert(metres, unit):
    return metres / FACTORS[unit]
