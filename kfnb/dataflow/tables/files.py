"""Which calls read or write a path, and which argument the path is; `dataflow.effects` reads it for edges between
steps by file.

A path in a reader is opened, listed or asked about; in a writer it is made, changed or removed. Numbers are places of
positional arguments from 0; -1 is the receiver of a method. `open`, `Path.open` and the archive classes in
`MODE_CALLS` depend on their mode and are decided by the caller.
"""

from __future__ import annotations

PATH_READERS: dict[str, int] = {
    **dict.fromkeys(
        """
        pandas.read_csv pandas.read_table pandas.read_fwf pandas.read_parquet pandas.read_feather pandas.read_orc
        pandas.read_json pandas.read_excel pandas.read_pickle pandas.read_hdf pandas.read_stata pandas.read_sas
        pandas.read_spss pandas.read_html pandas.read_xml pandas.ExcelFile pandas.HDFStore
        polars.read_csv polars.read_parquet polars.read_json polars.read_ndjson polars.read_ipc polars.read_excel
        polars.scan_csv polars.scan_parquet polars.scan_ipc polars.scan_ndjson
        geopandas.read_file geopandas.read_parquet dask.dataframe.read_csv dask.dataframe.read_parquet
        pyarrow.parquet.read_table pyarrow.parquet.ParquetFile pyarrow.csv.read_csv pyarrow.feather.read_table
        pyarrow.feather.read_feather pyarrow.dataset.dataset
        numpy.load numpy.loadtxt numpy.genfromtxt numpy.fromfile numpy.memmap numpy.fromregex
        numpy.lib.format.open_memmap
        scipy.io.loadmat scipy.io.mmread scipy.io.wavfile.read scipy.sparse.load_npz
        joblib.load torch.load torch.jit.load safetensors.torch.load_file safetensors.numpy.load_file
        skops.io.load
        PIL.Image.open matplotlib.image.imread matplotlib.pyplot.imread imageio.imread imageio.v2.imread
        imageio.v3.imread
        cv2.imread cv2.VideoCapture skimage.io.imread torchvision.io.read_image librosa.load soundfile.read
        tensorflow.keras.models.load_model keras.models.load_model keras.saving.load_model
        xgboost.Booster.load_model catboost.CatBoost.load_model lightgbm.Booster
        glob.glob glob.iglob os.listdir os.scandir os.walk os.stat os.lstat os.access os.readlink
        os.path.exists os.path.lexists os.path.isfile os.path.isdir os.path.islink os.path.getsize os.path.getmtime
        os.path.getctime os.path.getatime os.path.samefile os.path.realpath
        shutil.copy shutil.copy2 shutil.copyfile shutil.copytree shutil.move shutil.unpack_archive shutil.disk_usage
        os.rename os.replace os.renames os.link os.symlink filecmp.cmp linecache.getline
        joblib.Memory sqlite3.connect shelve.open dbm.open zipfile.is_zipfile tarfile.is_tarfile
        runpy.run_path dotenv.load_dotenv dotenv.dotenv_values
        """.split(),
        0,
    ),
    "shutil.make_archive": 2,
    "logging.config.fileConfig": 0,
    "importlib.util.spec_from_file_location": 1,
}
"""Dotted call → place of the path (or pattern) that it reads."""

PATH_WRITERS: dict[str, tuple[int, ...]] = {
    **dict.fromkeys(
        """
        os.makedirs os.mkdir os.remove os.unlink os.rmdir os.removedirs os.truncate os.chmod os.utime os.mkfifo os.mknod
        shutil.rmtree shutil.make_archive shutil.chown
        numpy.save numpy.savez numpy.savez_compressed numpy.savetxt numpy.memmap numpy.lib.format.open_memmap
        scipy.io.savemat scipy.io.mmwrite scipy.io.wavfile.write scipy.sparse.save_npz
        matplotlib.pyplot.savefig matplotlib.pyplot.imsave matplotlib.image.imsave pandas.ExcelWriter pandas.HDFStore
        joblib.Memory sqlite3.connect shelve.open dbm.open imageio.imwrite
        imageio.imsave imageio.v2.imwrite imageio.v3.imwrite
        cv2.imwrite cv2.VideoWriter skimage.io.imsave soundfile.write
        """.split(),
        (0,),
    ),
    **dict.fromkeys(
        """
        shutil.copy shutil.copy2 shutil.copyfile shutil.copytree shutil.copymode shutil.copystat shutil.unpack_archive
        os.link os.symlink joblib.dump torch.save torch.jit.save
        safetensors.torch.save_file safetensors.numpy.save_file plotly.io.write_html plotly.io.write_image
        plotly.io.write_json
        pyarrow.parquet.write_table pyarrow.csv.write_csv pyarrow.feather.write_feather skops.io.dump
        torchvision.utils.save_image tensorflow.keras.models.save_model keras.models.save_model keras.saving.save_model
        urllib.request.urlretrieve
        """.split(),
        (1,),
    ),
    **dict.fromkeys("os.rename os.replace os.renames shutil.move".split(), (0, 1)),
    "logging.FileHandler": (0,),
    "logging.handlers.RotatingFileHandler": (0,),
    "sklearn.tree.export_graphviz": (1,),
    "tensorflow.keras.utils.plot_model": (1,),
}
"""Dotted call → places of the paths that it writes, makes or removes."""

MODE_CALLS: dict[str, tuple[int, int, str]] = {
    "open": (0, 1, "r"),
    "io.open": (0, 1, "r"),
    "codecs.open": (0, 1, "r"),
    "os.open": (0, 1, "r"),
    "gzip.open": (0, 1, "rb"),
    "bz2.open": (0, 1, "rb"),
    "lzma.open": (0, 1, "rb"),
    "gzip.GzipFile": (0, 1, "rb"),
    "bz2.BZ2File": (0, 1, "rb"),
    "lzma.LZMAFile": (0, 1, "rb"),
    "zipfile.ZipFile": (0, 1, "r"),
    "tarfile.open": (0, 1, "r"),
    "tarfile.TarFile": (0, 1, "r"),
    "wave.open": (0, 1, "rb"),
    "h5py.File": (0, 1, "r"),
    "netCDF4.Dataset": (0, 1, "r"),
    "zarr.open": (0, 1, "a"),
    "tables.open_file": (0, 1, "r"),
    "fsspec.open": (0, 1, "rb"),
    "smart_open.open": (0, 1, "r"),
    "numpy.memmap": (0, 2, "r+"),
    "pandas.HDFStore": (0, 1, "a"),
}
"""Dotted call → (place of the path, place of the mode, mode where none is given). A mode with `w`, `a`, `x` or `+`
writes, one with `r` or `a` or `+` reads too."""

PATH_READER_METHODS: dict[str, tuple[int, ...]] = {
    **dict.fromkeys(
        "read_text read_bytes is_file is_dir is_symlink is_mount iterdir lstat samefile read_file".split(), (-1,)
    ),
    **dict.fromkeys("exists stat resolve walk".split(), (-1,)),
    "glob": (-1, 0),
    "rglob": (-1, 0),
    "load_weights": (0,),
    "load_model": (0,),
    "from_pretrained": (0,),
    "load_from_checkpoint": (0,),
    "rename": (-1,),
    "replace": (-1,),
}
"""Method → places of the paths it reads, -1 being the receiver."""

PATH_WRITER_METHODS: dict[str, tuple[int, ...]] = {
    **dict.fromkeys(
        """
        to_csv to_parquet to_json to_pickle to_excel to_feather to_hdf to_stata to_orc to_xml to_html to_latex
        to_markdown
        to_string to_file to_netcdf to_zarr write_csv write_parquet write_json write_ndjson write_ipc write_excel
        savefig save save_model save_weights save_pretrained save_to_disk save_pretrained_model tofile dump
        write_html write_image write_file write_png write_pdf extractall export_graphviz dump_stats
        """.split(),
        (0,),
    ),
    **dict.fromkeys("write_text write_bytes mkdir unlink rmdir touch chmod symlink_to hardlink_to".split(), (-1,)),
    "rename": (-1, 0),
    "replace": (-1, 0),
}
"""Method → places of the paths it writes, makes or removes, -1 being the receiver. A method here called without that
argument (`df.to_csv()`, `model.save()`) writes nothing by this rule."""

AMBIGUOUS_PATH_METHODS: frozenset[str] = frozenset(
    "rename replace exists stat resolve walk glob rglob touch open dump save load_model extractall mkdir unlink".split()
)
"""Path methods whose names other common types have too: they count only where the path (the receiver for -1) is known
to be one."""

PATH_KEYWORDS: frozenset[str] = frozenset(
    """
    path filename fname file filepath filepath_or_buffer path_or_buf path_or_buffer io excel_writer buf fp f dst src
    pathname database root_dir base_dir out_file to_file base_name name path_name file_name target old new extract_dir
    top location source f1 s
    """.split()
)
"""Keyword names under which the path of the calls above may be given instead of by place."""
