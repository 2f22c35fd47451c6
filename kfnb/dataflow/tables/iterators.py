"""Which calls make an iterator (used up by whoever goes over it) and which use one up; `dataflow` reads it for
in-place changes."""

from __future__ import annotations

ITERATOR_MAKERS: frozenset[str] = frozenset(
    """
    iter map filter zip enumerate reversed open aiter
    csv.reader csv.DictReader
    itertools.accumulate itertools.batched itertools.chain itertools.chain.from_iterable itertools.combinations
    itertools.combinations_with_replacement itertools.compress itertools.count itertools.cycle itertools.dropwhile
    itertools.filterfalse itertools.groupby itertools.islice itertools.pairwise itertools.permutations itertools.product
    itertools.repeat itertools.starmap itertools.takewhile itertools.tee itertools.zip_longest
    os.scandir os.walk os.fwalk re.finditer glob.iglob io.open gzip.open bz2.open lzma.open codecs.open
    heapq.merge string.Formatter.parse tokenize.generate_tokens ast.walk ast.iter_child_nodes
    numpy.nditer numpy.ndenumerate numpy.ndindex concurrent.futures.as_completed
    json.JSONEncoder.iterencode xml.etree.ElementTree.iterparse fileinput.input
    pandas.io.parsers.TextFileReader tqdm.tqdm tqdm.auto.tqdm tqdm.notebook.tqdm tqdm.trange tqdm.auto.trange
    """.split()
)
"""Dotted calls (builtins bare) whose result can be gone over once only."""

ITERATOR_METHODS: frozenset[str] = frozenset(
    "iterrows itertuples finditer iterdir glob rglob scandir walk elements parameters named_parameters modules "
    "named_modules children named_children buffers split staged_predict staged_predict_proba iter_rows imap "
    "imap_unordered as_completed __iter__ __reversed__".split()
) - {"split"}
"""Methods whose result can be gone over once only."""

CONSUMERS: frozenset[str] = frozenset(
    """
    next list tuple set dict frozenset sorted sum min max any all zip enumerate map filter reversed iter bytes bytearray
    functools.reduce collections.deque collections.Counter collections.OrderedDict
    itertools.accumulate itertools.batched itertools.chain itertools.chain.from_iterable itertools.combinations
    itertools.combinations_with_replacement itertools.compress itertools.cycle itertools.dropwhile itertools.filterfalse
    itertools.groupby itertools.islice itertools.pairwise itertools.permutations itertools.product itertools.starmap
    itertools.takewhile itertools.tee itertools.zip_longest
    heapq.nlargest heapq.nsmallest heapq.merge statistics.mean statistics.median statistics.stdev statistics.fmean
    math.fsum math.prod numpy.fromiter pandas.DataFrame pandas.Series pandas.concat random.choices random.sample
    json.load pickle.load csv.reader csv.DictReader tqdm.tqdm tqdm.auto.tqdm
    str.join joblib.Parallel
    """.split()
)
"""Dotted calls (builtins bare) that go over an iterator given to them, now or when their own result is gone over."""

CONSUMER_METHODS: frozenset[str] = frozenset(
    "join extend extendleft update writelines writerows executemany send".split()
)
"""Methods that go over an iterator given to them."""
