"""Placeholder until generated."""
AXES_CHANGERS: frozenset[str] = frozenset()
NUMPY_RANDOM_METHODS: frozenset[str] = frozenset()
PYTHON_RANDOM_METHODS: frozenset[str] = frozenset()
DRAWING_ALWAYS: frozenset[str] = frozenset()
DRAWING_ESTIMATORS: dict[str, tuple[str, ...]] = {}
DRAWING_ESTIMATORS_ONLY_WITH: dict[str, tuple[str, ...]] = {}
DRAWING_FUNCTIONS: dict[str, tuple[str, ...]] = {}
NUMPY_RANDOM_FUNCTIONS: frozenset[str] = frozenset()
PYTHON_RANDOM_FUNCTIONS: frozenset[str] = frozenset()
