"""Which calls give a result that shares no mutable object with receiver or arguments; `dataflow` reads it for
aliases.

`x = f(y)` is taken to share `y` unless the call is here.
"""

from __future__ import annotations

from kfnb.dataflow.tables.signatures import FRESH_FUNCTIONS, NUMPY_RANDOM_FUNCTIONS

_STRINGS = frozenset(
    """
    upper lower title capitalize casefold swapcase strip lstrip rstrip split rsplit splitlines partition rpartition
    replace join format format_map encode decode startswith endswith find rfind rindex center ljust rjust zfill
    expandtabs isalpha isalnum isdigit isdecimal isnumeric isspace islower isupper istitle isidentifier
    isprintable isascii removeprefix removesuffix hex bit_length as_integer_ratio is_integer
    isoformat strftime timestamp timetuple weekday isoweekday utcoffset total_seconds
    hexdigest digest getvalue read_text read_bytes read readline readlines
    """.split()
)
_REDUCTIONS = frozenset(
    """
    mean std var prod median nunique count argmin argmax idxmin idxmax item tolist tobytes
    skew kurt kurtosis sem memory_usage
    """.split()
)
_MODELS = frozenset(
    """
    predict predict_proba predict_log_proba decision_function score score_samples get_n_splits
    fit_predict staged_predict get_feature_names_out bic aic
    """.split()
)
_PANDAS_ALWAYS = frozenset(
    """
    describe value_counts corr cov isna isnull notna notnull duplicated isin between memory_usage
    pivot_table nlargest nsmallest to_string to_markdown to_latex to_html cumsum cumprod cummax cummin diff pct_change
    rank get_dummies
    """.split()
)

COPYING_METHODS: frozenset[str] = (_STRINGS | _REDUCTIONS | _MODELS | _PANDAS_ALWAYS) - {"read"} | {"copy"}
"""Methods whose result shares nothing mutable with the receiver or the arguments. `copy` of a list, dict or set is
shallow: see `SHALLOW_COPYING_METHODS`."""

SHALLOW_COPYING_METHODS: frozenset[str] = frozenset({"copy"})
"""Methods of `COPYING_METHODS` that are deep for frames and arrays and shallow for a list, dict or set: there the
elements are still shared, and only a receiver known to hold immutable elements, a frame or an array may be taken as
copied."""

PANDAS_COPYING_METHODS: frozenset[str] = frozenset(
    """
    head tail sample groupby pivot melt agg aggregate assign apply applymap map pipe
    sort_values sort_index reset_index set_index reindex rename astype dropna fillna ffill bfill interpolate drop
    drop_duplicates query select_dtypes merge join filter explode stack unstack round abs where mask replace
    quantile mode sum min max any all shift rolling expanding ewm resample add sub mul div truediv floordiv mod pow
    add_prefix add_suffix set_axis rename_axis swaplevel droplevel eval xs get convert_dtypes infer_objects
    to_frame to_period to_timestamp tz_localize tz_convert nth first last size transform combine_first
    """.split()
)
"""Methods of pandas objects whose results do not alias the receiver under Copy-on-Write (pandas 3, or 2 with the
option on)."""

COPYING_CALLS: frozenset[str] = frozenset(
    """
    len int float str bool abs round hash ord chr repr ascii format isinstance issubclass type id any all divmod pow
    hex bin oct
    complex bytes bytearray range callable hasattr input
    copy.deepcopy json.loads json.dumps json.load pickle.dumps pickle.loads pickle.load joblib.load
    sys.getsizeof inspect.signature inspect.getsource
    sklearn.model_selection.train_test_split sklearn.model_selection.cross_val_score
    sklearn.model_selection.cross_val_predict sklearn.model_selection.learning_curve
    sklearn.model_selection.validation_curve sklearn.utils.shuffle sklearn.utils.resample sklearn.base.clone
    sklearn.preprocessing.scale sklearn.preprocessing.normalize sklearn.preprocessing.label_binarize
    sklearn.utils.class_weight.compute_class_weight sklearn.utils.class_weight.compute_sample_weight
    sklearn.inspection.permutation_importance
    pandas.concat pandas.merge pandas.get_dummies pandas.to_datetime pandas.to_timedelta
    pandas.cut pandas.qcut pandas.crosstab pandas.pivot_table pandas.melt pandas.date_range pandas.isna pandas.notna
    pandas.json_normalize pandas.timedelta_range pandas.period_range pandas.bdate_range pandas.isnull pandas.notnull
    pandas.unique pandas.factorize pandas.merge_asof pandas.merge_ordered pandas.Timestamp pandas.Timedelta
    numpy.array numpy.copy numpy.concatenate numpy.stack numpy.vstack numpy.hstack numpy.dstack numpy.column_stack
    numpy.where numpy.arange numpy.linspace numpy.logspace numpy.zeros numpy.ones numpy.empty numpy.full numpy.eye
    numpy.identity numpy.zeros_like numpy.ones_like numpy.empty_like numpy.full_like numpy.tile numpy.repeat
    numpy.mean numpy.std numpy.var numpy.median numpy.average numpy.percentile numpy.quantile numpy.sum numpy.prod
    numpy.min numpy.max numpy.amin numpy.amax numpy.argmin numpy.argmax numpy.argsort numpy.sort numpy.cumsum
    numpy.cumprod numpy.diff numpy.dot numpy.matmul numpy.outer numpy.cross numpy.inner numpy.unique numpy.bincount
    numpy.histogram numpy.digitize numpy.searchsorted numpy.clip numpy.round numpy.sqrt numpy.exp numpy.log
    numpy.log2 numpy.log10 numpy.log1p numpy.expm1 numpy.abs numpy.absolute numpy.sign numpy.floor numpy.ceil
    numpy.sin numpy.cos numpy.tan numpy.tanh numpy.maximum numpy.minimum numpy.power numpy.square numpy.isnan
    numpy.isinf numpy.isfinite numpy.isclose numpy.allclose numpy.array_equal numpy.any numpy.all
    numpy.count_nonzero numpy.corrcoef numpy.cov numpy.polyfit numpy.polyval numpy.interp numpy.trapezoid
    numpy.nanmean numpy.nanstd numpy.nanmedian numpy.nansum numpy.nanmin numpy.nanmax numpy.append numpy.delete
    numpy.insert numpy.add numpy.subtract numpy.multiply numpy.divide numpy.logical_and numpy.logical_or
    numpy.logical_not numpy.isin numpy.load numpy.loadtxt numpy.genfromtxt numpy.pad numpy.roll numpy.fromiter
    """.split()
).union(FRESH_FUNCTIONS, (f"numpy.random.{name}" for name in NUMPY_RANDOM_FUNCTIONS - {"choice"}))
"""Dotted calls (builtins bare) whose result shares nothing mutable with the arguments."""

COPYING_PREFIXES: tuple[str, ...] = ("pandas.read_", "numpy.fft.")
"""The same for everything whose dotted name begins so."""

IMMUTABLE_RESULT_PREFIXES: tuple[str, ...] = (
    "math.",
    "cmath.",
    "time.",
    "datetime.",
    "os.path.",
    "os.getenv",
    "os.getcwd",
    "re.",
    "statistics.",
    "hashlib.",
    "platform.",
    "uuid.",
    "secrets.",
    "base64.",
    "textwrap.",
    "zlib.",
    "calendar.",
    "decimal.",
    "fractions.",
    "string.",
    "random.random",
    "random.randint",
    "random.uniform",
    "random.gauss",
    "random.randrange",
)
"""Modules whose functions give numbers, text, times and the like: nothing that could be shared."""
