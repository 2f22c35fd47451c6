"""Words by which the other modules tell what a cell is for: data, no logic."""

from __future__ import annotations

import re

LOADING = re.compile(
    r"read_\w+|load_\w+|fetch_\w+|loadtxt|genfromtxt|urlopen|urlretrieve|scan_\w+|from_csv|open_dataset"
)
SAVING = re.compile(
    r"to_(?:csv|excel|parquet|pickle|feather|hdf|sql|stata|gbq)|dump|savefig|save|save_\w+|savez\w*|savetxt|imwrite|"
    r"imsave|write_text|write_bytes|write_image|write_html|save_pretrained"
)
EVALUATING = re.compile(
    r"predict\w*|score|evaluate|\w+_score|\w+_report|\w+_error|confusion_matrix|ConfusionMatrixDisplay|roc_curve|"
    r"precision_recall_curve|from_predictions|from_estimator"
)

LOOKING = frozenset(
    """
    head tail info describe sample value_counts nunique unique isnull isna notnull notna any all sum mean median std
    min max count corr crosstab groupby agg size shape len print display sort_values sort_index round nlargest nsmallest
    select_dtypes memory_usage type set list sorted str repr format
    plot hist hist2d bar barh box boxplot boxenplot violinplot stripplot swarmplot countplot barplot lineplot scatter
    scatterplot distplot histplot kdeplot rugplot displot catplot relplot lmplot regplot jointplot pairplot heatmap
    clustermap pie line area kde density imshow matshow figure subplots subplot show title suptitle xlabel ylabel legend
    grid xticks yticks xlim ylim axis axvline axhline tight_layout set_title set_xlabel set_ylabel set_xticklabels
    set_xlim set_ylim set_xticks set_yticks set add_subplot despine colorbar annotate text twinx invert_yaxis gca gcf
    clf cla close to_frame reset_index set_index pivot_table pivot unstack query items keys values range enumerate zip
    """.split()
)
"""Calls that show data or a picture of it and leave nothing behind."""

FIGURES = frozenset({"figure", "subplots", "gca", "gcf", "subplot", "add_subplot", "plot", "hist", "countplot"})
"""Calls whose result is a picture to draw into."""

TRAINING = frozenset("fit fit_predict fit_transform fit_generator train train_model learn optimize".split())
"""Methods that train what they are called on."""

TRAINS = re.compile(r"fit|train|cross_val|learning_curve|epoch|gradients")
"""What stands in the reason why a cell takes long where it trains something."""

MADE_OF_CONSTANTS = frozenset(
    """
    Path pathlib.Path re.compile list dict set tuple frozenset range float int str bool datetime.timedelta
    datetime.date datetime.datetime os.path.join os.getenv os.environ.get timedelta decimal.Decimal
    """.split()
)
"""Calls that make a constant of constants."""

METRIC_CALLS = frozenset(
    """
    accuracy_score balanced_accuracy_score f1_score fbeta_score roc_auc_score average_precision_score log_loss
    matthews_corrcoef cohen_kappa_score jaccard_score brier_score_loss mean_absolute_error mean_squared_error
    root_mean_squared_error mean_absolute_percentage_error mean_squared_log_error median_absolute_error r2_score
    explained_variance_score silhouette_score adjusted_rand_score normalized_mutual_info_score davies_bouldin_score
    """.split()
)
"""Functions whose result is one number that says how good something is."""

METRIC_NAME = re.compile(
    r"(?:\w+_)?(?:accuracy|acc|f1|precision|recall|auc|rmse|mse|mae|mape|r2|loss|score)(?:_\w+)?", re.IGNORECASE
)

UNSAVEABLE_CALLS = frozenset(
    """
    open sqlite3.connect socket.socket subprocess.Popen threading.Lock threading.RLock threading.Thread threading.Event
    threading.Condition multiprocessing.Pool multiprocessing.Process concurrent.futures.ThreadPoolExecutor
    concurrent.futures.ProcessPoolExecutor tempfile.TemporaryFile tempfile.NamedTemporaryFile gzip.open bz2.open
    csv.reader csv.writer csv.DictReader csv.DictWriter sqlalchemy.create_engine psycopg2.connect duckdb.connect
    pymysql.connect h5py.File zipfile.ZipFile pandas.ExcelWriter pandas.ExcelFile pandas.HDFStore
    tensorflow.Session webdriver.Chrome
    """.split()
)
"""Calls whose result lives in its process: what uses it belongs into the same step."""

UNSAVEABLE_METHODS = frozenset({"cursor", "getOrCreate", "submit"})

SLOW_METHODS = TRAINING - {"fit_transform"} | frozenset(
    "run_training train_on_batch from_pretrained finetune fine_tune".split()
)
"""Methods that take long, unless what they are called on is known to be quick."""

SLOW_CALLS = frozenset(
    """
    cross_val_score cross_val_predict cross_validate learning_curve validation_curve permutation_importance
    permutation_test_score auto_arima snapshot_download urlretrieve read_sql read_sql_query read_sql_table read_gbq
    """.split()
)
"""Functions that take long."""

SMALL_WORDS = frozenset(
    """
    a an and are as at be both but by can do does for from has have here how i if in into is it its let lets me my
    now of on or our so some that the their then there these this to up us using via was we what when where which
    whether why with you your one ones au aux avec ce cette dans de des du en est et l la le les leur nos notre ou
    par pour qu que qui sa se ses sur un une d der die das den dem ein eine einer im mit und von zu zum zur del e el
    los las para por con una uno y di il
    """.split()
)
"""Words of headings that a short name leaves out: English, French, German, Spanish, Italian."""
