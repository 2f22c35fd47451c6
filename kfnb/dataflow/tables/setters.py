"""Which calls and attributes set something in a library, which have no lasting effect, which reach outside;
`dataflow.effects` reads it.

A setter whose arguments are setup is replayed in every later step when the library it configures is first imported
there.
"""

from __future__ import annotations

SETTER_CALLS: dict[str, str] = {
    "kfnb.register_serializer": "kfnb",
    "pandas.set_option": "pandas",
    "pandas.reset_option": "pandas",
    "pandas.set_eng_float_format": "pandas",
    "pandas.plotting.register_matplotlib_converters": "matplotlib",
    "pandas.plotting.deregister_matplotlib_converters": "matplotlib",
    "pandas.api.extensions.register_dataframe_accessor": "pandas",
    "pandas.api.extensions.register_series_accessor": "pandas",
    "tqdm.tqdm.pandas": "pandas",
    "tqdm.auto.tqdm.pandas": "pandas",
    "tqdm.notebook.tqdm.pandas": "pandas",
    "tqdm.std.tqdm.pandas": "pandas",
    "numpy.set_printoptions": "numpy",
    "numpy.seterr": "numpy",
    "numpy.seterrcall": "numpy",
    "numpy.setbufsize": "numpy",
    "matplotlib.use": "matplotlib",
    "matplotlib.rc": "matplotlib",
    "matplotlib.rcdefaults": "matplotlib",
    "matplotlib.rc_file": "matplotlib",
    "matplotlib.rcParams.update": "matplotlib",
    "matplotlib.style.use": "matplotlib",
    "matplotlib.set_loglevel": "matplotlib",
    "matplotlib.font_manager.fontManager.addfont": "matplotlib",
    "matplotlib.colormaps.register": "matplotlib",
    "matplotlib.pyplot.rc": "matplotlib",
    "matplotlib.pyplot.rcdefaults": "matplotlib",
    "matplotlib.pyplot.rcParams.update": "matplotlib",
    "matplotlib.pyplot.style.use": "matplotlib",
    "matplotlib.pyplot.switch_backend": "matplotlib",
    "matplotlib.pyplot.set_cmap": "matplotlib",
    "matplotlib.pyplot.set_loglevel": "matplotlib",
    **dict.fromkeys(
        """
        matplotlib.pyplot.autumn matplotlib.pyplot.bone matplotlib.pyplot.cool matplotlib.pyplot.copper
        matplotlib.pyplot.flag matplotlib.pyplot.gray matplotlib.pyplot.hot matplotlib.pyplot.hsv
        matplotlib.pyplot.jet matplotlib.pyplot.pink matplotlib.pyplot.prism matplotlib.pyplot.spring
        matplotlib.pyplot.summer matplotlib.pyplot.winter matplotlib.pyplot.magma matplotlib.pyplot.inferno
        matplotlib.pyplot.plasma matplotlib.pyplot.viridis matplotlib.pyplot.nipy_spectral
        matplotlib.interactive matplotlib.pyplot.install_repl_displayhook matplotlib.pyplot.uninstall_repl_displayhook
        matplotlib.scale.register_scale matplotlib.projections.register_projection
        """.split(),
        "matplotlib",
    ),
    "matplotlib.pyplot.ion": "matplotlib",
    "matplotlib.pyplot.ioff": "matplotlib",
    "matplotlib.pyplot.xkcd": "matplotlib",
    "matplotlib_inline.backend_inline.set_matplotlib_formats": "matplotlib",
    "matplotlib_inline.backend_inline.set_matplotlib_close": "matplotlib",
    "IPython.display.set_matplotlib_formats": "matplotlib",
    "IPython.display.set_matplotlib_close": "matplotlib",
    "seaborn.set": "matplotlib",
    "seaborn.set_theme": "matplotlib",
    "seaborn.set_style": "matplotlib",
    "seaborn.set_palette": "matplotlib",
    "seaborn.set_context": "matplotlib",
    "seaborn.set_color_codes": "matplotlib",
    "seaborn.reset_defaults": "matplotlib",
    "seaborn.reset_orig": "matplotlib",
    "sklearn.set_config": "sklearn",
    "polars.Config.set_tbl_rows": "polars",
    "polars.Config.set_tbl_cols": "polars",
    "polars.Config.set_fmt_str_lengths": "polars",
    "torch.set_default_dtype": "torch",
    "torch.set_default_device": "torch",
    "torch.set_default_tensor_type": "torch",
    "torch.set_printoptions": "torch",
    "torch.set_num_threads": "torch",
    "torch.set_num_interop_threads": "torch",
    "torch.set_grad_enabled": "torch",
    "torch.set_float32_matmul_precision": "torch",
    "torch.set_deterministic_debug_mode": "torch",
    "torch.use_deterministic_algorithms": "torch",
    "torch.autograd.set_detect_anomaly": "torch",
    "torch.multiprocessing.set_start_method": "torch",
    "torch.cuda.set_device": "torch",
    "tensorflow.config.run_functions_eagerly": "tensorflow",
    "tensorflow.config.experimental.enable_op_determinism": "tensorflow",
    "tensorflow.keras.backend.set_floatx": "tensorflow",
    "keras.backend.set_floatx": "keras",
    "keras.mixed_precision.set_global_policy": "keras",
    "jax.config.update": "jax",
    "transformers.logging.set_verbosity_error": "transformers",
    "transformers.logging.set_verbosity_warning": "transformers",
    "transformers.logging.set_verbosity_info": "transformers",
    "datasets.logging.set_verbosity_error": "datasets",
    "datasets.disable_progress_bar": "datasets",
    "datasets.disable_caching": "datasets",
    "xgboost.set_config": "xgboost",
    "lightgbm.register_logger": "lightgbm",
    "optuna.logging.set_verbosity": "optuna",
    "plotly.offline.init_notebook_mode": "plotly",
    "bokeh.io.output_notebook": "bokeh",
    "bokeh.plotting.output_notebook": "bokeh",
    "altair.data_transformers.disable_max_rows": "altair",
    "altair.data_transformers.enable": "altair",
    "altair.renderers.enable": "altair",
    "altair.themes.enable": "altair",
    "holoviews.extension": "holoviews",
    "panel.extension": "panel",
    "itables.init_notebook_mode": "itables",
    "rich.traceback.install": "rich",
    "rich.pretty.install": "rich",
    "nest_asyncio.apply": "asyncio",
    "multiprocessing.set_start_method": "multiprocessing",
    "pyarrow.set_cpu_count": "pyarrow",
    "numexpr.set_num_threads": "numexpr",
    "numba.set_num_threads": "numba",
    "cv2.setNumThreads": "cv2",
    "joblib.parallel_config": "joblib",
    "rich.reconfigure": "rich",
    "scipy.special.seterr": "scipy",
    "scipy.fft.set_global_backend": "scipy",
    "numpy.set_string_function": "numpy",
    "calendar.setfirstweekday": "calendar",
    "codecs.register": "codecs",
    "codecs.register_error": "codecs",
    "sqlite3.register_adapter": "sqlite3",
    "sqlite3.register_converter": "sqlite3",
    "sqlite3.enable_callback_tracebacks": "sqlite3",
    "xml.etree.ElementTree.register_namespace": "xml",
    "shutil.register_archive_format": "shutil",
    "shutil.register_unpack_format": "shutil",
    "asyncio.set_event_loop_policy": "asyncio",
    "asyncio.set_event_loop": "asyncio",
    "threading.stack_size": "threading",
    "threading.settrace": "threading",
    "threading.setprofile": "threading",
    "sys.settrace": "sys",
    "sys.setprofile": "sys",
    "sys.set_coroutine_origin_tracking_depth": "sys",
    "sys.set_asyncgen_hooks": "sys",
    "sys.setdlopenflags": "sys",
    "sys.addaudithook": "sys",
    "sys.stdout.reconfigure": "sys",
    "sys.stderr.reconfigure": "sys",
    "csv.unregister_dialect": "csv",
    "gettext.install": "gettext",
    "locale.bindtextdomain": "locale",
    "collections.abc.Sequence.register": "collections",
    "collections.abc.Mapping.register": "collections",
    "numbers.Number.register": "numbers",
    "numbers.Real.register": "numbers",
    "re.purge": "re",
    "urllib.request.install_opener": "urllib",
    "resource.setrlimit": "resource",
    "csv.field_size_limit": "csv",
    "csv.register_dialect": "csv",
    "decimal.setcontext": "decimal",
    "locale.setlocale": "locale",
    "warnings.filterwarnings": "warnings",
    "warnings.simplefilter": "warnings",
    "warnings.resetwarnings": "warnings",
    "logging.basicConfig": "logging",
    "logging.disable": "logging",
    "logging.captureWarnings": "logging",
    "logging.addLevelName": "logging",
    "logging.config.dictConfig": "logging",
    "logging.config.fileConfig": "logging",
    "loguru.logger.remove": "loguru",
    "loguru.logger.add": "loguru",
    "structlog.configure": "structlog",
    "sys.setrecursionlimit": "sys",
    "sys.setswitchinterval": "sys",
    "sys.set_int_max_str_digits": "sys",
    "gc.disable": "gc",
    "gc.enable": "gc",
    "gc.set_threshold": "gc",
    "gc.freeze": "gc",
    "gc.set_debug": "gc",
    "faulthandler.enable": "faulthandler",
    "faulthandler.disable": "faulthandler",
    "tracemalloc.start": "tracemalloc",
    "socket.setdefaulttimeout": "socket",
    "signal.signal": "signal",
    "mimetypes.add_type": "mimetypes",
    "copyreg.pickle": "copyreg",
    "dotenv.load_dotenv": "os",
    "os.umask": "os",
    "time.tzset": "time",
    "sympy.init_printing": "sympy",
    "pint.set_application_registry": "pint",
    "shap.initjs": "shap",
    "mlflow.set_tracking_uri": "mlflow",
    "mlflow.set_experiment": "mlflow",
    "mlflow.autolog": "mlflow",
    "mlflow.sklearn.autolog": "mlflow",
}
"""Dotted call → the top-level library whose behaviour it sets (seaborn's set matplotlib's)."""

SETTER_RECEIVERS: dict[str, str] = {
    "logging.getLogger": "logging",
    "logging.root": "logging",
    "decimal.getcontext": "decimal",
    "matplotlib.pyplot.rcParams": "matplotlib",
    "matplotlib.rcParams": "matplotlib",
    "pandas.options": "pandas",
    "warnings.filters": "warnings",
    "pandas.plotting.plot_params": "pandas",
    "matplotlib.style.library": "matplotlib",
    "matplotlib.pyplot.style.library": "matplotlib",
    "matplotlib.units.registry": "matplotlib",
}
"""Call or attribute → library: a discarded method call or an attribute assignment on what it gives is a setter
(`logging.getLogger("x").setLevel(30)`, `decimal.getcontext().prec = 6`, `plt.rcParams.update(...)`)."""

SETTER_ATTRIBUTES: dict[str, str] = {
    "pandas.options.": "pandas",
    "pandas.plotting.plot_params": "pandas",
    "matplotlib.rcParams": "matplotlib",
    "matplotlib.pyplot.rcParams": "matplotlib",
    "plotly.io.templates.default": "plotly",
    "plotly.io.renderers.default": "plotly",
    "plotly.express.defaults.": "plotly",
    "torch.backends.": "torch",
    "warnings.showwarning": "warnings",
    "warnings.formatwarning": "warnings",
    "sys.tracebacklimit": "sys",
    "sys.displayhook": "sys",
    "sys.excepthook": "sys",
    "sys.ps1": "sys",
    "ssl._create_default_https_context": "ssl",
    "PIL.Image.MAX_IMAGE_PIXELS": "PIL",
    "PIL.ImageFile.LOAD_TRUNCATED_IMAGES": "PIL",
    "openai.api_key": "openai",
    "IPython.core.interactiveshell.InteractiveShell.ast_node_interactivity": "IPython",
    "itables.options.": "itables",
    "tqdm.tqdm.monitor_interval": "tqdm",
    "shap.plots.colors.": "shap",
    "holoviews.opts.": "holoviews",
}
"""Dotted prefix of an attribute or subscript that is assigned → library (`pd.options.display.max_rows = 9`,
`plt.rcParams["figure.figsize"] = (8, 4)`)."""

NO_EFFECT_CALLS: frozenset[str] = frozenset(
    """
    print display len repr id help isinstance input breakpoint vars dir type
    time.sleep time.time time.perf_counter time.monotonic time.process_time
    gc.collect gc.get_objects gc.get_count gc.isenabled
    os.getcwd os.getpid os.getenv os.cpu_count os.environ.get os.uname os.sched_getaffinity os.path.exists os.urandom
    sys.getsizeof sys.exc_info sys.getrecursionlimit sys.getrefcount
    sys.stdout.write sys.stdout.flush sys.stderr.write sys.stderr.flush sys.exit
    warnings.warn pprint.pprint pprint.pp traceback.print_exc traceback.print_stack
    pandas.show_versions pandas.get_option pandas.describe_option numpy.show_config numpy.show_runtime numpy.info
    numpy.get_printoptions numpy.geterr
    sklearn.show_versions sklearn.get_config
    matplotlib.get_backend matplotlib.get_cachedir
    torch.get_num_threads torch.is_grad_enabled torch.get_default_dtype torch.mps.empty_cache torch.no_grad
    torch.__config__.show
    tensorflow.keras.backend.clear_session keras.backend.clear_session tensorflow.config.list_physical_devices
    IPython.display.display IPython.display.clear_output IPython.get_ipython
    inspect.getsource inspect.signature inspect.getdoc
    threading.current_thread threading.active_count
    tracemalloc.get_traced_memory tracemalloc.take_snapshot
    psutil.virtual_memory psutil.cpu_percent psutil.cpu_count
    asyncio.sleep asyncio.run
    unittest.main doctest.testmod this.s importlib.metadata.version importlib.util.find_spec
    kfnb.log_metric kfnb.log_metrics kfnb.log_param kfnb.log_confusion_matrix kfnb.log_roc_curve kfnb.log_table
    kfnb.log_figure kfnb.log_artifact kfnb.log_model kfnb.run_status
    watermark.watermark session_info.show
    """.split()
)
"""Dotted calls that leave nothing behind in the process or outside it, apart from what they print or show."""

NO_EFFECT_PREFIXES: tuple[str, ...] = (
    "matplotlib.pyplot.",
    "seaborn.",
    "plotly.express.",
    "plotly.figure_factory.",
    "pandas.plotting.",
    "pandas.testing.",
    "numpy.testing.",
    "torch.cuda.",
    "torch.testing.",
    "logging.debug",
    "logging.info",
    "logging.warning",
    "logging.error",
    "logging.critical",
    "logging.exception",
    "logging.log",
    "logging.getLogger",
    "IPython.display.",
    "tqdm.",
    "rich.",
    "math.",
    "time.",
    "statistics.",
    "os.path.",
    "platform.",
    "re.",
    "inspect.",
    "dis.",
)
"""The same for everything under a module; `SETTER_CALLS` wins over it."""

OUTSIDE_CALLS: frozenset[str] = frozenset(
    """
    os.system os.popen os.kill os.fork os.execv os.execve os.execvp os.spawnl os.spawnv os.startfile os.posix_spawn
    os.abort os._exit
    requests.post requests.put requests.delete requests.patch requests.request
    httpx.post httpx.put httpx.delete httpx.patch httpx.request httpx.stream
    webbrowser.open urllib.request.Request mlflow.start_run mlflow.end_run mlflow.register_model
    wandb.init wandb.finish wandb.log
    huggingface_hub.login huggingface_hub.upload_file huggingface_hub.upload_folder huggingface_hub.create_repo
    nltk.download spacy.cli.download gdown.download kaggle.api.dataset_download_files
    atexit.register ray.init ray.shutdown dask.distributed.Client
    """.split()
)
"""Dotted calls with an effect outside the process that cannot be taken back."""

OUTSIDE_PREFIXES: tuple[str, ...] = (
    "subprocess.",
    "smtplib.",
    "socket.",
    "ftplib.",
    "telnetlib.",
    "paramiko.",
    "fabric.",
    "boto3.",
    "google.cloud.",
    "azure.",
    "kubernetes.",
    "docker.",
    "slack_sdk.",
    "twilio.",
    "psycopg.",
    "psycopg2.",
    "pymysql.",
    "pymongo.",
    "redis.",
    "kafka.",
    "pika.",
    "mlflow.log_",
    "wandb.",
    "neptune.",
    "comet_ml.",
    "openai.",
    "anthropic.",
)
"""The same for everything under a module."""

OUTSIDE_READS: frozenset[str] = frozenset(
    """
    requests.get requests.head requests.options httpx.get httpx.head httpx.options urllib.request.urlopen
    pandas.read_sql pandas.read_sql_query pandas.read_sql_table pandas.read_gbq pandas.read_iceberg
    polars.read_database polars.read_database_uri
    sklearn.datasets.fetch_california_housing sklearn.datasets.fetch_openml sklearn.datasets.fetch_20newsgroups
    sklearn.datasets.fetch_20newsgroups_vectorized sklearn.datasets.fetch_covtype sklearn.datasets.fetch_kddcup99
    sklearn.datasets.fetch_lfw_people sklearn.datasets.fetch_lfw_pairs sklearn.datasets.fetch_olivetti_faces
    sklearn.datasets.fetch_rcv1 sklearn.datasets.fetch_species_distributions
    seaborn.load_dataset seaborn.get_dataset_names statsmodels.api.datasets.get_rdataset
    tensorflow.keras.datasets.mnist.load_data keras.datasets.mnist.load_data
    datasets.load_dataset torch.hub.load torch.hub.load_state_dict_from_url
    kagglehub.dataset_download kagglehub.model_download huggingface_hub.hf_hub_download
    huggingface_hub.snapshot_download
    yfinance.download yfinance.Ticker wikipedia.page feedparser.parse
    socket.gethostname socket.gethostbyname
    subprocess.check_output
    """.split()
) - {"subprocess.check_output"}
"""Dotted calls that read something outside which may differ next time; they have no effect there. They win over
`OUTSIDE_PREFIXES`."""
