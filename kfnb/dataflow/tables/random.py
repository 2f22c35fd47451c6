"""Who seeds and who draws global random state; `dataflow.effects` reads it for the hidden names that hold that state.

Providers are `random`, `numpy.random` and `torch.random`. The parts that follow from the libraries' signatures are in
`signatures`; what is written here comes from their documentation.
"""

from __future__ import annotations

from kfnb.dataflow.tables.signatures import (
    DRAWING_ESTIMATORS,
    DRAWING_FUNCTIONS,
    NUMPY_RANDOM_FUNCTIONS,
    PYTHON_RANDOM_FUNCTIONS,
)

SEEDERS: dict[str, str] = {
    "random.seed": "random",
    "random.setstate": "random",
    "numpy.random.seed": "numpy.random",
    "numpy.random.set_state": "numpy.random",
    "numpy.random.set_bit_generator": "numpy.random",
    "torch.manual_seed": "torch.random",
    "torch.seed": "torch.random",
    "torch.random.manual_seed": "torch.random",
    "torch.random.seed": "torch.random",
    "torch.set_rng_state": "torch.random",
    "torch.random.set_rng_state": "torch.random",
    "torch.cuda.manual_seed": "torch.random",
    "torch.cuda.manual_seed_all": "torch.random",
    "torch.cuda.set_rng_state": "torch.random",
    "torch.mps.manual_seed": "torch.random",
}
"""Dotted call → the provider whose state it sets."""

SEEDS_ALL: dict[str, tuple[str, ...]] = dict.fromkeys(
    """
    transformers.set_seed transformers.enable_full_determinism lightning.seed_everything
    lightning.pytorch.seed_everything
    pytorch_lightning.seed_everything pytorch_lightning.utilities.seed.seed_everything accelerate.utils.set_seed
    keras.utils.set_random_seed tensorflow.keras.utils.set_random_seed fastai.torch_core.set_seed
    fastai.vision.all.set_seed
    fastai.basics.set_seed monai.utils.set_determinism transformers.Trainer transformers.Seq2SeqTrainer
    """.split(),
    ("random", "numpy.random", "torch.random"),
)
"""Dotted call → the providers it seeds all at once."""

_TORCH_DRAWERS = """
    rand randn randint randperm rand_like randn_like randint_like bernoulli multinomial normal poisson
    nn.Linear nn.Conv1d nn.Conv2d nn.Conv3d nn.ConvTranspose1d nn.ConvTranspose2d nn.ConvTranspose3d nn.Embedding
    nn.EmbeddingBag
    nn.LSTM nn.GRU nn.RNN nn.LSTMCell nn.GRUCell nn.RNNCell nn.Bilinear nn.MultiheadAttention nn.Transformer
    nn.TransformerEncoder nn.TransformerEncoderLayer nn.TransformerDecoder nn.TransformerDecoderLayer
    nn.LazyLinear nn.LazyConv1d nn.LazyConv2d
    nn.functional.dropout nn.functional.dropout1d nn.functional.dropout2d nn.functional.dropout3d
    nn.functional.alpha_dropout nn.functional.feature_alpha_dropout nn.functional.gumbel_softmax nn.functional.rrelu
    nn.init.normal_ nn.init.uniform_ nn.init.trunc_normal_ nn.init.xavier_uniform_ nn.init.xavier_normal_
    nn.init.kaiming_uniform_ nn.init.kaiming_normal_ nn.init.orthogonal_ nn.init.sparse_
    dropout
""".split()

DRAWERS: dict[str, str] = {
    **{f"random.{name}": "random" for name in PYTHON_RANDOM_FUNCTIONS},
    **{f"numpy.random.{name}": "numpy.random" for name in NUMPY_RANDOM_FUNCTIONS},
    **{f"torch.{name}": "torch.random" for name in _TORCH_DRAWERS},
    "pandas.plotting.bootstrap_plot": "random",
    "seaborn.stripplot": "numpy.random",
    "seaborn.catplot": "numpy.random",
    "timm.create_model": "torch.random",
}
"""Dotted call → the provider it draws from whenever it is called."""

DRAWER_PREFIXES: dict[str, str] = {"torchvision.models.": "torch.random", "torch_geometric.nn.": "torch.random"}
"""Beginnings of dotted calls that make a module, whose first weights are drawn → the provider."""

_DROPOUTS = (
    "Dropout Dropout1d Dropout2d Dropout3d AlphaDropout FeatureAlphaDropout RReLU Transformer TransformerEncoder"
)
_DROPOUTS += " TransformerEncoderLayer TransformerDecoder TransformerDecoderLayer"

DRAWS_LATER: dict[str, tuple[str, tuple[str, ...]]] = {
    **dict.fromkeys((f"torch.nn.{name}" for name in _DROPOUTS.split()), ("torch.random", ())),
    **dict.fromkeys(
        (f"torch.nn.Lazy{name}" for name in "Linear Conv1d Conv2d Conv3d ConvTranspose1d ConvTranspose2d".split()),
        ("torch.random", ()),
    ),
    **dict.fromkeys(
        (f"torch.utils.data.{name}" for name in ("DataLoader", "RandomSampler", "WeightedRandomSampler")),
        ("torch.random", ("generator",)),
    ),
    "torch.utils.data.SubsetRandomSampler": ("torch.random", ("generator",)),
    "lightning.Trainer": ("torch.random", ()),
    "lightning.pytorch.Trainer": ("torch.random", ()),
    "pytorch_lightning.Trainer": ("torch.random", ()),
    "transformers.Trainer": ("torch.random", ()),
    "transformers.Seq2SeqTrainer": ("torch.random", ()),
}
"""Class → (provider, parameters): what it makes draws whenever it is used, unless one of these parameters was given to
the constructor and is not None. A `DataLoader` draws the seed of its workers even where it does not shuffle
(torch.utils.data.dataloader._BaseDataLoaderIter)."""

DRAWS_LATER_WITH: dict[str, tuple[str, tuple[str, ...]]] = {
    f"torch.nn.{name}": ("torch.random", ("dropout",)) for name in ("LSTM", "GRU", "RNN", "MultiheadAttention")
}
"""Class → (provider, parameters): the same, but only where one of these parameters was given."""

DRAWS_LATER_PREFIXES: dict[str, str] = {
    **{f"torchvision.transforms.{name}": "torch.random" for name in ("Random", "ColorJitter", "AutoAugment")},
    **{f"torchvision.transforms.v2.{name}": "torch.random" for name in ("Random", "ColorJitter", "AutoAugment")},
    "torchvision.models.": "torch.random",
}
"""Beginnings of the dotted names of such classes, and of what makes modules with a dropout."""

DRAWERS_UNLESS: dict[str, tuple[str, tuple[str, ...]]] = {
    **{name: ("numpy.random", parameters) for name, parameters in DRAWING_FUNCTIONS.items()},
    "scipy.stats.monte_carlo_test": ("numpy.random", ()),
    "scipy.stats.power": ("numpy.random", ()),
    "scipy.stats.multivariate_normal.cdf": ("numpy.random", ("rng",)),
    "scipy.spatial.transform.Rotation.random": ("numpy.random", ("rng", "random_state")),
    "scipy.interpolate.BarycentricInterpolator": ("numpy.random", ("rng", "random_state")),
    "scipy.sparse.linalg.onenormest": ("numpy.random", ()),
    "torch.utils.data.random_split": ("torch.random", ("generator",)),
    **{
        f"networkx.{name}": ("random", ("seed",))
        for name in (
            "erdos_renyi_graph gnp_random_graph gnm_random_graph fast_gnp_random_graph binomial_graph "
            "watts_strogatz_graph newman_watts_strogatz_graph connected_watts_strogatz_graph barabasi_albert_graph "
            "random_regular_graph powerlaw_cluster_graph stochastic_block_model random_geometric_graph "
            "random_partition_graph planted_partition_graph"
        ).split()
    },
    "networkx.spring_layout": ("numpy.random", ("seed", "pos")),
    "networkx.random_layout": ("numpy.random", ("seed",)),
}
"""Dotted function → (provider, parameters): it draws when called unless one of these parameters is given and not
None."""

DRAWING_METHODS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "sample": (("numpy.random", "torch.random"), ("random_state",)),
    "rvs": (("numpy.random",), ("random_state",)),
    "rsample": (("torch.random",), ()),
    "reset_parameters": (("torch.random",), ()),
    **dict.fromkeys(
        "normal_ uniform_ random_ bernoulli_ exponential_ cauchy_ geometric_ log_normal_ bernoulli multinomial".split(),
        (("torch.random",), ("generator",)),
    ),
}
"""Method name → (providers, parameters): it draws from one of these unless one of the parameters is given and not None.
`sample` is a frame's or that of one of Torch's distributions; that of a `random.Random` or of a fitted mixture is
another thing: the caller decides by what it knows of the receiver."""

_OTHER_ESTIMATORS: dict[str, tuple[str, ...]] = {
    f"imblearn.{name}": ("random_state",)
    for name in (
        "over_sampling.SMOTE over_sampling.ADASYN over_sampling.BorderlineSMOTE over_sampling.RandomOverSampler "
        "over_sampling.SVMSMOTE over_sampling.SMOTENC over_sampling.KMeansSMOTE under_sampling.RandomUnderSampler "
        "combine.SMOTEENN combine.SMOTETomek ensemble.BalancedRandomForestClassifier ensemble.EasyEnsembleClassifier "
        "ensemble.RUSBoostClassifier ensemble.BalancedBaggingClassifier"
    ).split()
}
_OTHER_ESTIMATORS |= {"umap.UMAP": ("random_state",)}

UNSEEDED_ESTIMATORS: dict[str, tuple[str, ...]] = {**DRAWING_ESTIMATORS, **_OTHER_ESTIMATORS}
"""Class → parameters: constructing draws nothing, but `fit` (of a splitter: `split`; of a distribution: any use)
draws from `numpy.random` unless one of these parameters was given to the constructor and is not None."""

_NO_SHUFFLE: dict[str, tuple[object, ...]] = {"shuffle": (False,)}
_PLAIN_SOLVER: dict[str, tuple[object, ...]] = {
    "solver": ("auto", "lbfgs", "newton-cg", "newton-cholesky", "cholesky", "svd")
}

UNSEEDED_ONLY_WITH: dict[str, dict[str, tuple[object, ...]]] = {
    "sklearn.linear_model.LogisticRegression": _PLAIN_SOLVER,
    "sklearn.linear_model.LogisticRegressionCV": _PLAIN_SOLVER,
    "sklearn.linear_model.Ridge": _PLAIN_SOLVER,
    "sklearn.linear_model.RidgeClassifier": _PLAIN_SOLVER,
    "sklearn.linear_model.ridge_regression": _PLAIN_SOLVER,
    "sklearn.linear_model.Lars": {"jitter": ()},
    "sklearn.linear_model.LassoLars": {"jitter": ()},
    "sklearn.dummy.DummyClassifier": {"strategy": ("prior", "most_frequent", "constant")},
    "sklearn.gaussian_process.GaussianProcessClassifier": {"n_restarts_optimizer": (0,)},
    "sklearn.gaussian_process.GaussianProcessRegressor": {"n_restarts_optimizer": (0,)},
    "sklearn.feature_extraction.image.PatchExtractor": {"max_patches": ()},
    "sklearn.feature_extraction.image.extract_patches_2d": {"max_patches": ()},
    "sklearn.neighbors.NeighborhoodComponentsAnalysis": {"init": ("lda", "identity")},
    "sklearn.model_selection.KFold": _NO_SHUFFLE,
    "sklearn.model_selection.GroupKFold": _NO_SHUFFLE,
    "sklearn.model_selection.StratifiedKFold": _NO_SHUFFLE,
    "sklearn.model_selection.StratifiedGroupKFold": _NO_SHUFFLE,
    "sklearn.model_selection.TunedThresholdClassifierCV": {"cv": (2, 3, 4, 5, 10, "prefit")},
    "sklearn.model_selection.learning_curve": _NO_SHUFFLE,
    "sklearn.metrics.silhouette_score": {"sample_size": ()},
    "sklearn.metrics.cluster.silhouette_score": {"sample_size": ()},
    "sklearn.multioutput.ClassifierChain": {"order": ()},
    "sklearn.multioutput.RegressorChain": {"order": ()},
}
"""Class or function of the tables above → the parameters that can make it draw, each with literals at which it still
does not: with each of them left out, None or one of these literals, it draws nothing (`LogisticRegression()`,
`KFold(5)`)."""

GENERATOR_MAKERS: frozenset[str] = frozenset(
    """
    numpy.random.default_rng numpy.random.Generator numpy.random.RandomState numpy.random.PCG64 numpy.random.MT19937
    numpy.random.Philox numpy.random.SFC64 numpy.random.PCG64DXSM numpy.random.SeedSequence
    random.Random torch.Generator sklearn.utils.check_random_state
    """.split()
)
"""Dotted calls that make a generator of its own: a value, changed by `changers.GENERATOR_METHODS`."""

GENERATOR_PARAMETERS: frozenset[str] = frozenset({"random_state", "rng", "generator"})
"""Keyword parameters under which a generator is handed to a call, which advances it."""

DRAWS_ON_IMPORT: frozenset[str] = frozenset(
    f"sklearn.{name}"
    for name in """
    calibration callback cluster compose covariance datasets decomposition discriminant_analysis ensemble
    feature_extraction feature_selection gaussian_process impute inspection kernel_approximation kernel_ridge
    linear_model manifold metrics mixture model_selection multiclass multioutput naive_bayes neighbors neural_network
    pipeline preprocessing semi_supervised svm tree
    """.split()
) | frozenset(f"rich.{name}" for name in "console live logging markdown pretty progress style syntax table".split())
"""Modules that load `rich.style`, which draws from Python's `random` when it is first imported."""
