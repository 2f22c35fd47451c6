"""What follows from the libraries' signatures; written by tests/dataflow/generate_tables.py."""

from __future__ import annotations

AXES_CHANGERS: frozenset[str] = frozenset(
    """
    acorr add_artist add_axes add_axobserver add_callback add_child_axes add_collection add_container add_gridspec
    add_image add_line add_patch add_subfigure add_subplot add_table align_labels align_titles align_xlabels
    align_ylabels angle_spectrum annotate apply_aspect arrow autofmt_xdate autoscale autoscale_view axhline axhspan
    axis axis_date axline axvline axvspan bar_label barbs broken_barh bxp cla clabel clear clf cohere colorbar contour
    contourf convert_units convert_xunits convert_yunits csd delaxes draw_frame ecdf errorbar eventplot figimage fill
    fill_between fill_betweenx gca grid grouped_bar have_units hist2d hlines imshow indicate_inset indicate_inset_zoom
    inset_axes invert_xaxis invert_yaxis label_outer legend limit_range_for_scale locally_modified_subplot_params
    locator_params loglog magnitude_spectrum majorTicks margins matshow minorTicks minorticks_off minorticks_on
    new_subplotspec pchanged pcolor pcolorfast pcolormesh phase_spectrum pie_label psd quiver quiverkey recache
    recache_always redraw_in_frame relim remove remove_callback reset_position reset_ticks sca secondary_xaxis
    secondary_yaxis semilogx semilogy set set_aa set_adjustable set_agg_filter set_alignment set_alpha set_anchor
    set_animated set_antialiased set_aspect set_autoscale_on set_autoscalex_on set_autoscaley_on set_axes_locator
    set_axis_off set_axis_on set_axisbelow set_bbox_to_anchor set_box_aspect set_c set_canvas set_capstyle
    set_clip_box set_clip_on set_clip_path set_color set_constrained_layout set_constrained_layout_pads set_converter
    set_dash_capstyle set_dash_joinstyle set_dashes set_data set_data_interval set_default_handler_map
    set_default_intervals set_dpi set_draggable set_drawstyle set_ds set_ec set_edgecolor set_edgegapcolor
    set_facecolor set_fc set_figheight set_figure set_figwidth set_fill set_fillstyle set_forward_navigation_events
    set_frame_on set_frameon set_gapcolor set_gid set_hatch set_hatch_linewidth set_hatchcolor set_height_ratios
    set_in_layout set_inverted set_joinstyle set_label set_label_coords set_label_position set_label_text
    set_layout_engine set_linestyle set_linewidth set_loc set_ls set_lw set_major_formatter set_major_locator
    set_marker set_markeredgecolor set_markeredgewidth set_markerfacecolor set_markerfacecoloralt set_markersize
    set_markevery set_mec set_mew set_mfc set_mfcalt set_minor_formatter set_minor_locator set_mouseover set_ms
    set_navigate set_navigate_mode set_ncols set_path_effects set_picker set_pickradius set_position set_prop_cycle
    set_rasterization_zorder set_rasterized set_remove_overlapping_locs set_size_inches set_sketch_params set_snap
    set_solid_capstyle set_solid_joinstyle set_subplotspec set_tick_params set_ticklabels set_ticks set_ticks_position
    set_tight_layout set_title set_transform set_units set_url set_view_interval set_visible set_width_ratios
    set_xbound set_xdata set_xinverted set_xlabel set_xlim set_xmargin set_xscale set_xticklabels set_xticks
    set_ybound set_ydata set_yinverted set_ylabel set_ylim set_ymargin set_yscale set_yticklabels set_yticks
    set_zorder sharex sharey specgram spy stackplot stairs stem step streamplot subfigures subplot_mosaic subplots
    subplots_adjust suptitle supxlabel supylabel table text tick_bottom tick_params tick_top ticklabel_format
    tight_layout tricontour tricontourf tripcolor triplot twinx twiny update_datalim update_default_handler_map
    update_from update_units violin violinplot vlines xaxis_date xaxis_inverted xcorr yaxis_date yaxis_inverted
    """.split()
)
"""Methods of matplotlib figures, axes and artists that change them, but for names that pandas has too."""

DRAWING_ESTIMATORS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(
        """
        sklearn.cluster.AffinityPropagation sklearn.cluster.BisectingKMeans sklearn.cluster.KMeans
        sklearn.cluster.MiniBatchKMeans sklearn.cluster.SpectralBiclustering sklearn.cluster.SpectralClustering
        sklearn.cluster.SpectralCoclustering sklearn.covariance.EllipticEnvelope sklearn.covariance.MinCovDet
        sklearn.decomposition.DictionaryLearning sklearn.decomposition.FastICA sklearn.decomposition.KernelPCA
        sklearn.decomposition.LatentDirichletAllocation sklearn.decomposition.MiniBatchDictionaryLearning
        sklearn.decomposition.MiniBatchNMF sklearn.decomposition.MiniBatchSparsePCA sklearn.decomposition.NMF
        sklearn.decomposition.PCA sklearn.decomposition.SparsePCA sklearn.decomposition.TruncatedSVD
        sklearn.dummy.DummyClassifier sklearn.ensemble.AdaBoostClassifier sklearn.ensemble.AdaBoostRegressor
        sklearn.ensemble.BaggingClassifier sklearn.ensemble.BaggingRegressor sklearn.ensemble.ExtraTreesClassifier
        sklearn.ensemble.ExtraTreesRegressor sklearn.ensemble.GradientBoostingClassifier
        sklearn.ensemble.GradientBoostingRegressor sklearn.ensemble.HistGradientBoostingClassifier
        sklearn.ensemble.HistGradientBoostingRegressor sklearn.ensemble.IsolationForest
        sklearn.ensemble.RandomForestClassifier sklearn.ensemble.RandomForestRegressor
        sklearn.ensemble.RandomTreesEmbedding sklearn.feature_extraction.image.PatchExtractor
        sklearn.gaussian_process.GaussianProcessClassifier sklearn.gaussian_process.GaussianProcessRegressor
        sklearn.impute.IterativeImputer sklearn.kernel_approximation.Nystroem
        sklearn.kernel_approximation.PolynomialCountSketch sklearn.kernel_approximation.RBFSampler
        sklearn.kernel_approximation.SkewedChi2Sampler sklearn.linear_model.ElasticNet
        sklearn.linear_model.ElasticNetCV sklearn.linear_model.Lars sklearn.linear_model.Lasso
        sklearn.linear_model.LassoCV sklearn.linear_model.LassoLars sklearn.linear_model.LogisticRegression
        sklearn.linear_model.LogisticRegressionCV sklearn.linear_model.MultiTaskElasticNet
        sklearn.linear_model.MultiTaskElasticNetCV sklearn.linear_model.MultiTaskLasso
        sklearn.linear_model.MultiTaskLassoCV sklearn.linear_model.PassiveAggressiveClassifier
        sklearn.linear_model.PassiveAggressiveRegressor sklearn.linear_model.RANSACRegressor
        sklearn.linear_model.Ridge sklearn.linear_model.RidgeClassifier sklearn.linear_model.SGDClassifier
        sklearn.linear_model.SGDOneClassSVM sklearn.linear_model.SGDRegressor sklearn.linear_model.TheilSenRegressor
        sklearn.manifold.LocallyLinearEmbedding sklearn.manifold.MDS sklearn.manifold.SpectralEmbedding
        sklearn.manifold.TSNE sklearn.mixture.BayesianGaussianMixture sklearn.mixture.GaussianMixture
        sklearn.model_selection.GroupKFold sklearn.model_selection.GroupShuffleSplit
        sklearn.model_selection.HalvingGridSearchCV sklearn.model_selection.HalvingRandomSearchCV
        sklearn.model_selection.KFold sklearn.model_selection.ParameterSampler
        sklearn.model_selection.RandomizedSearchCV sklearn.model_selection.RepeatedKFold
        sklearn.model_selection.RepeatedStratifiedKFold sklearn.model_selection.ShuffleSplit
        sklearn.model_selection.StratifiedGroupKFold sklearn.model_selection.StratifiedKFold
        sklearn.model_selection.StratifiedShuffleSplit sklearn.model_selection.TunedThresholdClassifierCV
        sklearn.multiclass.OutputCodeClassifier sklearn.multioutput.ClassifierChain sklearn.multioutput.RegressorChain
        sklearn.neighbors.NeighborhoodComponentsAnalysis sklearn.neural_network.BernoulliRBM
        sklearn.neural_network.MLPClassifier sklearn.neural_network.MLPRegressor
        sklearn.preprocessing.KBinsDiscretizer sklearn.preprocessing.QuantileTransformer
        sklearn.preprocessing.TargetEncoder sklearn.random_projection.GaussianRandomProjection
        sklearn.random_projection.SparseRandomProjection sklearn.svm.LinearSVC sklearn.svm.LinearSVR sklearn.svm.NuSVC
        sklearn.svm.SVC sklearn.tree.DecisionTreeClassifier sklearn.tree.DecisionTreeRegressor
        sklearn.tree.ExtraTreeClassifier sklearn.tree.ExtraTreeRegressor
        """.split(),
        ("random_state",),
    ),
}
"""Class → parameters that give it a generator of its own."""

DRAWING_FUNCTIONS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(
        """
        scipy.stats.multiscale_graphcorr scipy.stats.stats.multiscale_graphcorr sklearn.cluster.affinity_propagation
        sklearn.cluster.k_means sklearn.cluster.kmeans_plusplus sklearn.cluster.spectral_clustering
        sklearn.covariance.fast_mcd sklearn.datasets.fetch_covtype sklearn.datasets.fetch_kddcup99
        sklearn.datasets.fetch_rcv1 sklearn.datasets.make_biclusters sklearn.datasets.make_blobs
        sklearn.datasets.make_checkerboard sklearn.datasets.make_circles sklearn.datasets.make_classification
        sklearn.datasets.make_friedman1 sklearn.datasets.make_friedman2 sklearn.datasets.make_friedman3
        sklearn.datasets.make_gaussian_quantiles sklearn.datasets.make_hastie_10_2
        sklearn.datasets.make_low_rank_matrix sklearn.datasets.make_moons
        sklearn.datasets.make_multilabel_classification sklearn.datasets.make_regression sklearn.datasets.make_s_curve
        sklearn.datasets.make_sparse_coded_signal sklearn.datasets.make_sparse_spd_matrix
        sklearn.datasets.make_sparse_uncorrelated sklearn.datasets.make_spd_matrix sklearn.datasets.make_swiss_roll
        sklearn.decomposition.dict_learning sklearn.decomposition.dict_learning_online sklearn.decomposition.fastica
        sklearn.decomposition.non_negative_factorization sklearn.decomposition.randomized_svd
        sklearn.feature_extraction.image.extract_patches_2d sklearn.feature_selection.mutual_info_classif
        sklearn.feature_selection.mutual_info_regression sklearn.inspection.permutation_importance
        sklearn.linear_model.ridge_regression sklearn.manifold.locally_linear_embedding sklearn.manifold.smacof
        sklearn.manifold.spectral_embedding sklearn.metrics.cluster.silhouette_score sklearn.metrics.silhouette_score
        sklearn.model_selection.learning_curve sklearn.model_selection.train_test_split
        sklearn.preprocessing.quantile_transform sklearn.utils.extmath.randomized_range_finder
        sklearn.utils.extmath.randomized_svd sklearn.utils.resample sklearn.utils.shuffle
        """.split(),
        ("random_state",),
    ),
    **dict.fromkeys(
        """
        scipy.sparse.construct.rand scipy.sparse.construct.random scipy.sparse.rand scipy.sparse.random
        scipy.sparse.random_array scipy.stats.bootstrap scipy.stats.dunnett scipy.stats.goodness_of_fit
        scipy.stats.permutation_test scipy.stats.sobol_indices
        """.split(),
        ("random_state", "rng"),
    ),
    **dict.fromkeys(
        """
        scipy.cluster.vq.kmeans scipy.cluster.vq.kmeans2 scipy.linalg.clarkson_woodruff_transform
        scipy.optimize.basinhopping scipy.optimize.check_grad scipy.optimize.differential_evolution
        scipy.optimize.dual_annealing scipy.optimize.optimize.check_grad
        """.split(),
        ("rng", "seed"),
    ),
}
"""Function → parameters that give it a generator of its own."""

NUMPY_RANDOM_FUNCTIONS: frozenset[str] = frozenset(
    """
    beta binomial bytes chisquare choice dirichlet exponential f gamma geometric gumbel hypergeometric laplace
    logistic lognormal logseries multinomial multivariate_normal negative_binomial noncentral_chisquare noncentral_f
    normal pareto permutation poisson power rand randint randn random random_integers random_sample ranf rayleigh
    sample shuffle standard_cauchy standard_exponential standard_gamma standard_normal standard_t triangular uniform
    vonmises wald weibull zipf
    """.split()
)
"""Functions of `numpy.random` that draw from its global state."""

NUMPY_RANDOM_METHODS: frozenset[str] = frozenset(
    """
    beta binomial bytes chisquare choice dirichlet exponential f gamma geometric gumbel hypergeometric integers
    laplace logistic lognormal logseries multinomial multivariate_hypergeometric multivariate_normal negative_binomial
    noncentral_chisquare noncentral_f normal pareto permutation permuted poisson power rand randint randn random
    random_integers random_sample rayleigh shuffle standard_cauchy standard_exponential standard_gamma standard_normal
    standard_t tomaxint triangular uniform vonmises wald weibull zipf
    """.split()
)
"""Methods of `numpy.random.Generator` and `RandomState` that advance them."""

PYTHON_RANDOM_FUNCTIONS: frozenset[str] = frozenset(
    """
    betavariate binomialvariate choice choices expovariate gammavariate gauss getrandbits lognormvariate normalvariate
    paretovariate randbytes randint random randrange sample shuffle triangular uniform vonmisesvariate weibullvariate
    """.split()
)
"""Functions of `random` that draw from its global state."""

PYTHON_RANDOM_METHODS: frozenset[str] = frozenset(
    """
    betavariate binomialvariate choice choices expovariate gammavariate gauss getrandbits lognormvariate normalvariate
    paretovariate randbytes randint random randrange sample shuffle triangular uniform vonmisesvariate weibullvariate
    """.split()
)
"""Methods of `random.Random` that advance it."""
