"""What kind of value a call gives, where it is known by its name; `dataflow` reads it to settle ambiguous methods."""

from __future__ import annotations

from typing import Literal

Kind = Literal[
    "pandas", "array", "generator", "path", "file", "iterator", "figure", "immutable", "container", "estimator"
]
"""Kinds that matter to the analysis; `figure` covers matplotlib figures and axes."""

IMMUTABLE_CONSTRUCTORS: frozenset[str] = frozenset(
    """
    int float str bool bytes complex range len hash ord chr repr ascii format isinstance issubclass id
    hex bin oct callable hasattr input
    decimal.Decimal fractions.Fraction pathlib.Path pathlib.PurePath pathlib.PosixPath pathlib.PurePosixPath
    datetime.datetime datetime.date datetime.time datetime.timedelta datetime.timezone
    datetime.datetime.now datetime.datetime.utcnow datetime.datetime.today datetime.datetime.strptime
    datetime.datetime.fromisoformat datetime.datetime.fromtimestamp datetime.date.today datetime.date.fromisoformat
    zoneinfo.ZoneInfo uuid.UUID uuid.uuid4 uuid.uuid1 re.compile
    numpy.dtype
    pandas.Timestamp pandas.Timedelta pandas.Period pandas.Interval
    torch.device torch.Size ipaddress.ip_address ipaddress.ip_network
    pathlib.Path.cwd pathlib.Path.home os.getcwd os.getenv time.time time.perf_counter
    """.split()
)
"""Dotted calls (builtins bare) whose result can never change: it is never guarded and shares nothing."""

RESULT_KINDS: dict[str, Kind] = {
    **dict.fromkeys(
        """
        pandas.DataFrame pandas.Series pandas.Index pandas.concat pandas.merge pandas.get_dummies pandas.crosstab
        pandas.pivot_table pandas.melt pandas.json_normalize pandas.date_range pandas.read_csv pandas.read_table
        pandas.read_fwf
        pandas.read_parquet pandas.read_feather pandas.read_orc pandas.read_json pandas.read_excel pandas.read_pickle
        pandas.read_stata pandas.read_sql pandas.read_sql_query pandas.read_sql_table pandas.DataFrame.from_dict
        pandas.DataFrame.from_records pandas.to_numeric pandas.cut pandas.qcut pandas.merge_asof seaborn.load_dataset
        """.split(),
        "pandas",
    ),
    **dict.fromkeys(
        """
        numpy.array numpy.asarray numpy.zeros numpy.ones numpy.empty numpy.full numpy.arange numpy.linspace numpy.eye
        numpy.concatenate numpy.stack numpy.vstack numpy.hstack numpy.column_stack numpy.where numpy.load numpy.loadtxt
        numpy.genfromtxt numpy.zeros_like numpy.ones_like numpy.random.rand numpy.random.randn numpy.random.normal
        numpy.random.randint numpy.random.uniform numpy.random.permutation numpy.random.random
        """.split(),
        "array",
    ),
    **dict.fromkeys(
        """
        numpy.random.default_rng numpy.random.Generator numpy.random.RandomState random.Random torch.Generator
        sklearn.utils.check_random_state
        """.split(),
        "generator",
    ),
    **dict.fromkeys("pathlib.Path pathlib.PosixPath pathlib.Path.cwd pathlib.Path.home".split(), "path"),
    **dict.fromkeys("open io.open gzip.open bz2.open lzma.open codecs.open io.StringIO io.BytesIO".split(), "file"),
    **dict.fromkeys(
        """
        matplotlib.pyplot.figure matplotlib.pyplot.subplots matplotlib.pyplot.subplot matplotlib.pyplot.axes
        matplotlib.pyplot.gca matplotlib.pyplot.gcf matplotlib.pyplot.subplot_mosaic matplotlib.pyplot.subplot2grid
        matplotlib.figure.Figure
        """.split(),
        "figure",
    ),
    **dict.fromkeys(
        "list dict set collections.deque collections.defaultdict collections.Counter collections.OrderedDict "
        "collections.ChainMap queue.Queue".split(),
        "container",
    ),
}
"""Dotted call → the kind of its result (of `subplots`: of each element of it)."""
