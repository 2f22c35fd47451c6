"""Which calls change their receiver or an argument, whatever is done with the result; `dataflow` reads it for
in-place changes.

A call whose result is thrown away counts as a change anyway (unless `lookers` has it), so this table matters where
the result is used: `x = d.pop("a")`, `y = model.fit_transform(X)`, `seen.add(x) or x`.
"""

from __future__ import annotations

from kfnb.dataflow.tables.signatures import AXES_CHANGERS, NUMPY_RANDOM_METHODS, PYTHON_RANDOM_METHODS

_CONTAINERS = frozenset(
    """
    append appendleft extend extendleft insert remove pop popleft popitem clear sort reverse rotate
    add discard update setdefault move_to_end
    difference_update intersection_update symmetric_difference_update
    __setitem__ __delitem__ __setattr__ __delattr__ __iadd__ __isub__ __imul__ __ior__ __iand__ __ixor__
    new_child put put_nowait get_nowait task_done
    """.split()
)
_STREAMS = frozenset(
    """
    read read1 readinto readline readlines readall write writelines seek truncate close
    __next__ __anext__ send throw asend athrow aclose
    writerow writerows writeheader
    execute executemany executescript commit rollback fetchone fetchmany fetchall
    acquire release cancel set_result set_exception
    """.split()
)
_MODELS = frozenset(
    """
    fit fit_transform fit_predict partial_fit fit_resample fit_sample fit_generator fit_on_texts fit_one_cycle fine_tune
    set_params set_output set_fit_request set_score_request
    train_on_batch add_module register_buffer register_parameter register_forward_hook
    register_forward_pre_hook register_full_backward_hook register_module load_state_dict load_weights load_model
    backward zero_grad step add_param_group
    boost refit
    """.split()
)
_ARRAYS = frozenset("fill itemset setflags setfield".split())
_GENERATORS = frozenset("seed set_state setstate spawn manual_seed".split())
_OTHERS = frozenset(
    """
    register unregister subscribe set_default set_value add_argument add_subparsers
    add_argument_group
    add_node add_edge add_nodes_from add_edges_from add_weighted_edges_from remove_node remove_edge
    add_layer add_trace add_annotation add_handler addHandler removeHandler setLevel
    update_layout update_traces update_xaxes update_yaxes
    __enter__ enter_context push callback
    """.split()
)

CHANGER_METHODS: frozenset[str] = _CONTAINERS | _STREAMS | _MODELS | _ARRAYS | _GENERATORS | _OTHERS | AXES_CHANGERS
"""Methods that change their receiver whether the result is used or not (a name ending in one `_` is PyTorch's own
sign of it)."""

AMBIGUOUS_GENERATOR_METHODS: frozenset[str] = frozenset({"sample"})
"""Names of `GENERATOR_METHODS` that other common types have too (`df.sample`, a mixture's `sample`)."""

GENERATOR_METHODS: frozenset[str] = NUMPY_RANDOM_METHODS | PYTHON_RANDOM_METHODS
"""Methods of `numpy.random.Generator`, `RandomState` and `random.Random` that advance the generator they are called
on."""

ARGUMENT_CHANGERS: dict[str, tuple[int, ...]] = {
    "setattr": (0,),
    "delattr": (0,),
    "next": (0,),
    "anext": (0,),
    "random.shuffle": (0,),
    "heapq.heappush": (0,),
    "heapq.heappop": (0,),
    "heapq.heapify": (0,),
    "heapq.heapreplace": (0,),
    "heapq.heappushpop": (0,),
    "bisect.insort": (0,),
    "bisect.insort_left": (0,),
    "bisect.insort_right": (0,),
    "functools.update_wrapper": (0,),
    "shutil.copyfileobj": (0, 1),
    "json.dump": (1,),
    "json.load": (0,),
    "pickle.dump": (1,),
    "pickle.load": (0,),
    "cloudpickle.dump": (1,),
    "cloudpickle.load": (0,),
    "dill.dump": (1,),
    "dill.load": (0,),
    "marshal.dump": (1,),
    "marshal.load": (0,),
    "tomllib.load": (0,),
    "yaml.dump": (1,),
    "yaml.safe_dump": (1,),
    "yaml.load": (0,),
    "yaml.safe_load": (0,),
    "operator.setitem": (0,),
    "operator.delitem": (0,),
    **{
        f"operator.{name}": (0,)
        for name in (
            "iadd iand iconcat ifloordiv ilshift imatmul imod imul ior ipow irshift isub itruediv ixor".split()
        )
    },
    "collections.deque.append": (0,),
    "list.append": (0,),
    "list.extend": (0,),
    "list.insert": (0,),
    "list.pop": (0,),
    "list.remove": (0,),
    "list.sort": (0,),
    "list.reverse": (0,),
    "list.clear": (0,),
    "dict.update": (0,),
    "dict.pop": (0,),
    "dict.popitem": (0,),
    "dict.setdefault": (0,),
    "dict.clear": (0,),
    "set.add": (0,),
    "set.update": (0,),
    "set.discard": (0,),
    "set.remove": (0,),
    "set.pop": (0,),
    "set.clear": (0,),
    "object.__setattr__": (0,),
    "object.__delattr__": (0,),
    "numpy.random.shuffle": (0,),
    "numpy.put": (0,),
    "numpy.put_along_axis": (0,),
    "numpy.copyto": (0,),
    "numpy.place": (0,),
    "numpy.putmask": (0,),
    "numpy.fill_diagonal": (0,),
    **{
        f"numpy.{name}.at": (0,)
        for name in (
            "add subtract multiply divide true_divide floor_divide power maximum minimum logical_and logical_or "
            "bitwise_and bitwise_or bitwise_xor negative".split()
        )
    },
    "matplotlib.pyplot.setp": (0,),
    "matplotlib.artist.setp": (0,),
    "torch.nn.utils.clip_grad_norm_": (0,),
    "torch.nn.utils.clip_grad_value_": (0,),
    "torch.nn.utils.vector_to_parameters": (1,),
    "torch.nn.utils.parametrizations.weight_norm": (0,),
    "torch.nn.utils.weight_norm": (0,),
    "torch.nn.utils.spectral_norm": (0,),
    "torch.nn.utils.prune.l1_unstructured": (0,),
    "torch.nn.utils.prune.random_unstructured": (0,),
    "torch.nn.utils.prune.remove": (0,),
    "torch.quantization.prepare": (0,),
    "importlib.reload": (0,),
}
"""Dotted calls that change the positional arguments at these places even where the result is used."""

ARGUMENT_CHANGER_PREFIXES: dict[str, tuple[int, ...]] = {
    "torch.nn.init.": (0,),
    "torch.optim.lr_scheduler.": (0,),
}
"""The same for everything under a module."""

CHANGED_KEYWORDS: frozenset[str] = frozenset(
    "out ax axs axes cax fig buf file stream generator rng random_state memo".split()
)
"""Keyword parameters into which a callee writes, in whatever call they stand: `sns.histplot(df, ax=ax)`, `np.add(a,
b, out=a)`, `print(x, file=log)`, `df.sample(3, random_state=rng)`. An integer or string given there is of course not
changed."""
