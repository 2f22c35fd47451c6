"""Which calls only look at their receiver or arguments though their result is thrown away; `dataflow` reads it for
in-place changes.

A discarded call is taken for a change unless it is here. Methods that return something new are here too: to throw
their result away is pointless but changes nothing.
"""

from __future__ import annotations

from kfnb.dataflow.tables.files import PATH_READERS, PATH_WRITERS
from kfnb.dataflow.tables.random import SEEDERS, SEEDS_ALL
from kfnb.dataflow.tables.setters import SETTER_CALLS

_PANDAS = frozenset(
    """
    head tail info describe sample memory_usage nunique value_counts unique isna isnull notna notnull duplicated
    groupby pivot pivot_table melt crosstab corr cov agg aggregate applymap pipe transform
    sort_values sort_index nlargest nsmallest reset_index set_index reindex rename astype assign
    dropna fillna drop drop_duplicates query select_dtypes merge join filter
    mean median std var min max sum prod quantile mode any all idxmin idxmax cumsum cumprod cummax cummin diff
    pct_change rank rolling expanding ewm resample shift items iterrows itertuples keys isin between where mask
    count copy equals to_string to_markdown to_latex to_html to_dict to_list tolist to_numpy to_frame to_records
    to_csv to_parquet to_json to_pickle to_excel to_feather to_hdf to_stata to_sql to_gbq to_clipboard to_xml to_orc
    style get_group ngroups nth first last size explode stack unstack compare round abs clip
    """.split()
)
_PYTHON = frozenset(
    """
    get values index copy count union intersection difference symmetric_difference issubset issuperset isdisjoint
    upper lower title capitalize casefold swapcase strip lstrip rstrip split rsplit splitlines partition rpartition
    replace join format format_map encode decode startswith endswith find rfind rindex center ljust rjust zfill
    expandtabs translate isalpha isalnum isdigit isdecimal isnumeric isspace islower isupper istitle isidentifier
    isprintable removeprefix removesuffix hex bit_length as_integer_ratio is_integer conjugate
    most_common elements total
    getvalue tell fileno isatty readable writable seekable flush
    isoformat strftime timestamp timetuple weekday isoweekday date time utcoffset
    exists is_file is_dir is_symlink stat lstat iterdir glob rglob resolve absolute relative_to with_suffix with_name
    read_text read_bytes write_text write_bytes mkdir touch unlink rmdir
    match fullmatch search findall finditer group groups groupdict span start end
    _asdict
    """.split()
)
_ARRAYS = frozenset(
    """
    item tobytes tofile dump dumps reshape ravel flatten transpose squeeze swapaxes argmin argmax argsort nonzero
    dot trace diagonal repeat take compress choose searchsorted cumsum conj ptp view
    numpy detach cpu numel dim element_size data_ptr is_contiguous
    """.split()
)
_MODELS = frozenset(
    """
    predict predict_proba predict_log_proba predict_on_batch decision_function score score_samples evaluate
    transform inverse_transform get_params get_feature_names_out get_support get_n_splits split
    state_dict parameters named_parameters modules named_modules children named_children buffers
    summary conf_int get_config get_weights count_params get_booster feature_importances
    kneighbors mahalanobis bic aic perplexity staged_predict staged_predict_proba
    """.split()
)
_SHOWING = frozenset(
    """
    show display savefig save save_model save_pretrained save_weights write_html write_image write_json to_image to_file
    print_summary pprint print_table render print_help print_usage format_help
    debug info warning error critical exception log warn
    export export_text hexdigest digest
    """.split()
)

AMBIGUOUS_LOOKERS: frozenset[str] = frozenset(
    "plot hist boxplot bar barh scatter line area pie hexbin box kde density".split()
)
"""Methods that only look for a pandas receiver and change a matplotlib one: the caller decides by what it knows of
the receiver."""

LOOKER_METHODS: frozenset[str] = (_PANDAS | _PYTHON | _ARRAYS | _MODELS | _SHOWING) - AMBIGUOUS_LOOKERS
"""Methods that leave their receiver and arguments as they were, whatever it is, though the result is thrown away."""

LOOKER_CALLS: frozenset[str] = frozenset(
    """
    print len isinstance issubclass id repr str int float bool ascii format hash dir vars type callable getattr hasattr
    help
    list tuple set dict frozenset sorted sum min max any all abs round divmod range bytes zip enumerate map filter
    reversed
    input display breakpoint iter open compile bin hex oct ord chr pow super object slice
    json.dump json.dumps json.load json.loads pickle.dump pickle.dumps pickle.load pickle.loads
    joblib.dump joblib.load joblib.hash cloudpickle.dump cloudpickle.dumps dill.dump dill.dumps
    yaml.dump yaml.safe_dump
    numpy.save numpy.savez numpy.savez_compressed numpy.savetxt numpy.array_equal numpy.allclose
    numpy.set_printoptions numpy.printoptions numpy.info numpy.shape numpy.ndim numpy.size
    torch.save torch.numel torch.is_tensor torch.manual_seed
    sys.getsizeof sys.getrefcount sys.stdout.write sys.stderr.write sys.stdout.flush sys.stderr.flush sys.exit
    time.sleep time.time time.perf_counter gc.collect copy.copy copy.deepcopy
    inspect.getsource inspect.signature inspect.getdoc inspect.getmembers dis.dis
    traceback.print_exc traceback.print_exception traceback.format_exc
    warnings.warn pprint.pprint pprint.pp pprint.pformat textwrap.indent textwrap.fill textwrap.dedent
    IPython.display.display IPython.display.clear_output IPython.display.HTML IPython.display.Markdown
    IPython.display.Image IPython.display.JSON IPython.display.Code IPython.display.SVG IPython.display.Audio
    IPython.display.IFrame IPython.display.Latex IPython.display.Math IPython.display.Video
    IPython.display.display_html IPython.display.display_markdown IPython.display.publish_display_data
    os.path.exists os.makedirs os.mkdir os.remove os.listdir os.getcwd os.getenv
    shutil.copy shutil.copy2 shutil.copyfile shutil.copytree shutil.move shutil.rmtree shutil.make_archive
    timeit.timeit timeit.repeat cProfile.run
    sklearn.tree.plot_tree sklearn.tree.export_text sklearn.tree.export_graphviz
    sklearn.utils.validation.check_is_fitted sklearn.utils.check_array sklearn.utils.check_X_y
    sklearn.utils.assert_all_finite sklearn.base.clone
    statsmodels.api.qqplot torchinfo.summary torchsummary.summary rich.print rich.pretty.pprint rich.inspect
    missingno.matrix missingno.bar missingno.heatmap missingno.dendrogram
    shap.summary_plot shap.plots.bar shap.plots.beeswarm shap.plots.waterfall
    kfnb.log_metric kfnb.log_metrics kfnb.log_param kfnb.log_confusion_matrix kfnb.log_roc_curve kfnb.log_table
    kfnb.log_figure kfnb.log_artifact kfnb.log_model kfnb.run_status
    tensorflow.keras.utils.plot_model keras.utils.plot_model torch.onnx.export
    """.split()
).union(PATH_READERS, PATH_WRITERS, SEEDERS, SEEDS_ALL, SETTER_CALLS)
"""Dotted calls (builtins bare) that leave their arguments as they were; what they do to `CHANGED_KEYWORDS` and to a
file object at a place in `ARGUMENT_CHANGERS` counts all the same."""

LOOKER_PREFIXES: tuple[str, ...] = (
    "matplotlib.pyplot.",
    "seaborn.",
    "plotly.express.",
    "plotly.io.",
    "plotly.figure_factory.",
    "pandas.plotting.",
    "pandas.testing.",
    "numpy.testing.",
    "numpy.linalg.",
    "scipy.stats.",
    "sklearn.metrics.",
    "sklearn.inspection.",
    "sklearn.model_selection.",
    "sklearn.calibration.CalibrationDisplay.",
    "logging.",
    "loguru.logger.",
    "IPython.display.",
    "math.",
    "statistics.",
    "re.",
    "hashlib.",
    "warnings.",
    "tabulate.",
    "mlflow.",
    "wandb.",
    "os.",
    "shutil.",
    "subprocess.",
    "requests.",
    "httpx.",
    "urllib.",
    "platform.",
    "time.",
    "datetime.",
    "ydata_profiling.",
    "bokeh.plotting.show",
    "bokeh.io.show",
    "altair.",
    "torch.cuda.",
    "torch.testing.",
    "unittest.",
)
"""The same for everything under a module."""
