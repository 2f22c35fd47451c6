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
"""Methods of matplotlib's figures, axes and artists that change them; not those pandas has too."""

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

FRESH_FUNCTIONS: frozenset[str] = frozenset(
    """
    numpy.linalg.cholesky numpy.linalg.cond numpy.linalg.cross numpy.linalg.det numpy.linalg.eig numpy.linalg.eigh
    numpy.linalg.eigvals numpy.linalg.eigvalsh numpy.linalg.inv numpy.linalg.lstsq numpy.linalg.matmul
    numpy.linalg.matrix_norm numpy.linalg.matrix_power numpy.linalg.matrix_rank numpy.linalg.multi_dot
    numpy.linalg.norm numpy.linalg.outer numpy.linalg.pinv numpy.linalg.qr numpy.linalg.slogdet numpy.linalg.solve
    numpy.linalg.svd numpy.linalg.svdvals numpy.linalg.tensordot numpy.linalg.tensorinv numpy.linalg.tensorsolve
    numpy.linalg.trace numpy.linalg.vecdot numpy.linalg.vector_norm scipy.stats.alexandergovern scipy.stats.anderson
    scipy.stats.anderson_ksamp scipy.stats.ansari scipy.stats.barnard_exact scipy.stats.bartlett scipy.stats.bayes_mvs
    scipy.stats.binned_statistic scipy.stats.binned_statistic_2d scipy.stats.binned_statistic_dd scipy.stats.binomtest
    scipy.stats.bootstrap scipy.stats.boschloo_exact scipy.stats.boxcox scipy.stats.boxcox_llf
    scipy.stats.boxcox_normmax scipy.stats.boxcox_normplot scipy.stats.brunnermunzel scipy.stats.bws_test
    scipy.stats.chatterjeexi scipy.stats.chi2_contingency scipy.stats.chisquare scipy.stats.circmean
    scipy.stats.circstd scipy.stats.circvar scipy.stats.combine_pvalues scipy.stats.cramervonmises
    scipy.stats.cramervonmises_2samp scipy.stats.cumfreq scipy.stats.describe scipy.stats.differential_entropy
    scipy.stats.directional_stats scipy.stats.dunnett scipy.stats.energy_distance scipy.stats.entropy
    scipy.stats.epps_singleton_2samp scipy.stats.expectile scipy.stats.f_oneway scipy.stats.false_discovery_control
    scipy.stats.fisher_exact scipy.stats.fligner scipy.stats.friedmanchisquare scipy.stats.gmean
    scipy.stats.goodness_of_fit scipy.stats.gstd scipy.stats.gzscore scipy.stats.hmean scipy.stats.iqr
    scipy.stats.jarque_bera scipy.stats.kendalltau scipy.stats.kruskal scipy.stats.ks_1samp scipy.stats.ks_2samp
    scipy.stats.kstat scipy.stats.kstatvar scipy.stats.kstest scipy.stats.kurtosis scipy.stats.kurtosistest
    scipy.stats.levene scipy.stats.linregress scipy.stats.lmoment scipy.stats.logrank scipy.stats.mannwhitneyu
    scipy.stats.median_abs_deviation scipy.stats.median_test scipy.stats.mode scipy.stats.moment
    scipy.stats.monte_carlo_test scipy.stats.mood scipy.stats.multiscale_graphcorr scipy.stats.mvsdist
    scipy.stats.normaltest scipy.stats.obrientransform scipy.stats.page_trend_test scipy.stats.pearsonr
    scipy.stats.percentileofscore scipy.stats.permutation_test scipy.stats.pmean scipy.stats.pointbiserialr
    scipy.stats.poisson_means_test scipy.stats.power scipy.stats.power_divergence scipy.stats.ppcc_max
    scipy.stats.ppcc_plot scipy.stats.probplot scipy.stats.quantile scipy.stats.rankdata scipy.stats.ranksums
    scipy.stats.relfreq scipy.stats.scoreatpercentile scipy.stats.sem scipy.stats.shapiro scipy.stats.siegelslopes
    scipy.stats.sigmaclip scipy.stats.skew scipy.stats.skewtest scipy.stats.sobol_indices scipy.stats.somersd
    scipy.stats.spearmanr scipy.stats.spearmanrho scipy.stats.theilslopes scipy.stats.tiecorrect scipy.stats.tmax
    scipy.stats.tmean scipy.stats.tmin scipy.stats.trim1 scipy.stats.trim_mean scipy.stats.trimboth scipy.stats.tsem
    scipy.stats.tstd scipy.stats.ttest_1samp scipy.stats.ttest_ind scipy.stats.ttest_ind_from_stats
    scipy.stats.ttest_rel scipy.stats.tukey_hsd scipy.stats.tvar scipy.stats.variation
    scipy.stats.wasserstein_distance scipy.stats.wasserstein_distance_nd scipy.stats.weightedtau scipy.stats.wilcoxon
    scipy.stats.yeojohnson scipy.stats.yeojohnson_llf scipy.stats.yeojohnson_normmax scipy.stats.yeojohnson_normplot
    scipy.stats.zmap scipy.stats.zscore sklearn.datasets.fetch_20newsgroups
    sklearn.datasets.fetch_20newsgroups_vectorized sklearn.datasets.fetch_california_housing
    sklearn.datasets.fetch_covtype sklearn.datasets.fetch_kddcup99 sklearn.datasets.fetch_lfw_pairs
    sklearn.datasets.fetch_lfw_people sklearn.datasets.fetch_olivetti_faces sklearn.datasets.fetch_openml
    sklearn.datasets.fetch_rcv1 sklearn.datasets.fetch_species_distributions sklearn.datasets.load_breast_cancer
    sklearn.datasets.load_diabetes sklearn.datasets.load_digits sklearn.datasets.load_files sklearn.datasets.load_iris
    sklearn.datasets.load_linnerud sklearn.datasets.load_sample_image sklearn.datasets.load_sample_images
    sklearn.datasets.load_svmlight_file sklearn.datasets.load_svmlight_files sklearn.datasets.load_wine
    sklearn.datasets.make_biclusters sklearn.datasets.make_blobs sklearn.datasets.make_checkerboard
    sklearn.datasets.make_circles sklearn.datasets.make_classification sklearn.datasets.make_friedman1
    sklearn.datasets.make_friedman2 sklearn.datasets.make_friedman3 sklearn.datasets.make_gaussian_quantiles
    sklearn.datasets.make_hastie_10_2 sklearn.datasets.make_low_rank_matrix sklearn.datasets.make_moons
    sklearn.datasets.make_multilabel_classification sklearn.datasets.make_regression sklearn.datasets.make_s_curve
    sklearn.datasets.make_sparse_coded_signal sklearn.datasets.make_sparse_spd_matrix
    sklearn.datasets.make_sparse_uncorrelated sklearn.datasets.make_spd_matrix sklearn.datasets.make_swiss_roll
    sklearn.metrics.accuracy_score sklearn.metrics.adjusted_mutual_info_score sklearn.metrics.adjusted_rand_score
    sklearn.metrics.auc sklearn.metrics.average_precision_score sklearn.metrics.balanced_accuracy_score
    sklearn.metrics.brier_score_loss sklearn.metrics.calinski_harabasz_score sklearn.metrics.class_likelihood_ratios
    sklearn.metrics.classification_report sklearn.metrics.cohen_kappa_score sklearn.metrics.completeness_score
    sklearn.metrics.confusion_matrix sklearn.metrics.confusion_matrix_at_thresholds sklearn.metrics.consensus_score
    sklearn.metrics.coverage_error sklearn.metrics.d2_absolute_error_score sklearn.metrics.d2_brier_score
    sklearn.metrics.d2_log_loss_score sklearn.metrics.d2_pinball_score sklearn.metrics.d2_tweedie_score
    sklearn.metrics.davies_bouldin_score sklearn.metrics.dcg_score sklearn.metrics.det_curve
    sklearn.metrics.euclidean_distances sklearn.metrics.explained_variance_score sklearn.metrics.f1_score
    sklearn.metrics.fbeta_score sklearn.metrics.fowlkes_mallows_score sklearn.metrics.get_scorer_names
    sklearn.metrics.hamming_loss sklearn.metrics.hinge_loss sklearn.metrics.homogeneity_completeness_v_measure
    sklearn.metrics.homogeneity_score sklearn.metrics.jaccard_score
    sklearn.metrics.label_ranking_average_precision_score sklearn.metrics.label_ranking_loss sklearn.metrics.log_loss
    sklearn.metrics.matthews_corrcoef sklearn.metrics.max_error sklearn.metrics.mean_absolute_error
    sklearn.metrics.mean_absolute_percentage_error sklearn.metrics.mean_gamma_deviance
    sklearn.metrics.mean_pinball_loss sklearn.metrics.mean_poisson_deviance sklearn.metrics.mean_squared_error
    sklearn.metrics.mean_squared_log_error sklearn.metrics.mean_tweedie_deviance sklearn.metrics.median_absolute_error
    sklearn.metrics.metric_at_thresholds sklearn.metrics.multilabel_confusion_matrix sklearn.metrics.mutual_info_score
    sklearn.metrics.nan_euclidean_distances sklearn.metrics.ndcg_score sklearn.metrics.normalized_mutual_info_score
    sklearn.metrics.pair_confusion_matrix sklearn.metrics.pairwise_distances sklearn.metrics.pairwise_distances_argmin
    sklearn.metrics.pairwise_distances_argmin_min sklearn.metrics.pairwise_kernels
    sklearn.metrics.precision_recall_curve sklearn.metrics.precision_recall_fscore_support
    sklearn.metrics.precision_score sklearn.metrics.r2_score sklearn.metrics.rand_score sklearn.metrics.recall_score
    sklearn.metrics.roc_auc_score sklearn.metrics.roc_curve sklearn.metrics.root_mean_squared_error
    sklearn.metrics.root_mean_squared_log_error sklearn.metrics.silhouette_samples sklearn.metrics.silhouette_score
    sklearn.metrics.top_k_accuracy_score sklearn.metrics.v_measure_score sklearn.metrics.zero_one_loss
    """.split()
)
"""Functions whose result shares nothing with their arguments."""

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
