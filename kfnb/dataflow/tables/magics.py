"""What IPython's magics do; `dataflow.magics` reads it. A magic that stands in neither table is unknown and needs
tags.

Rules: `python` (holds Python that binds in the notebook), `timeit` (holds Python that binds nothing), `capture`,
`shell` (the rest is a shell line), `script` (the body is a program), `alias` (a shell command of that name),
`install`, `chdir`, `environ`, `setter`, `harmless`, `holds` (displays its body), `help`, `reads` (the argument is a
path), `writefile`, `run`, `delete`, `beyond` (looks at or keeps other cells, the history or all names), `refused`
(binds or deletes what cannot be known).
"""

from __future__ import annotations

LINE_MAGICS: dict[str, str] = {
    **dict.fromkeys("time prun lprun memit mprun snakeviz scalene pyinstrument".split(), "python"),
    **dict.fromkeys("timeit".split(), "timeit"),
    **dict.fromkeys("sx system sc".split(), "shell"),
    **dict.fromkeys("cat cp ldir lf lk ll ls lx mkdir mv rm rmdir".split(), "alias"),
    **dict.fromkeys("pip conda mamba micromamba uv".split(), "install"),
    **dict.fromkeys("cd pushd popd".split(), "chdir"),
    **dict.fromkeys("env set_env".split(), "environ"),
    **dict.fromkeys(
        """
        matplotlib config load_ext reload_ext unload_ext autoreload aimport precision pprint xmode colors autocall
        automagic
        autoawait pdb gui doctest_mode alias alias_magic unalias rehashx code_wrap dotenv reload_dotenv
        """.split(),
        "setter",
    ),
    **dict.fromkeys(
        """
        autosave lsmagic magic quickref dhist dirs pwd clear cls connect_info subshell profile killbgscripts man
        watermark
        tensorboard qtconsole
        """.split(),
        "harmless",
    ),
    **dict.fromkeys("pinfo pinfo2 pdoc psource pdef pfile psearch".split(), "help"),
    **dict.fromkeys("load loadpy pycat page less more".split(), "reads"),
    "run": "run",
    "xdel": "delete",
    **dict.fromkeys(
        """
        who who_ls whos history hist recall rep rerun macro store save notebook pastebin edit ed logstart logstop logon
        logoff
        logstate bookmark tb debug
        """.split(),
        "beyond",
    ),
    **dict.fromkeys("reset reset_selective pylab".split(), "refused"),
}
"""Line magic → rule."""

CELL_MAGICS: dict[str, str] = {
    **dict.fromkeys("time prun memit snakeviz scalene pyinstrument".split(), "python"),
    **dict.fromkeys("timeit".split(), "timeit"),
    "capture": "capture",
    **dict.fromkeys("bash sh script perl ruby python python2 python3 pypy cmd".split(), "script"),
    **dict.fromkeys("sx system !".split(), "shell"),
    **dict.fromkeys("html HTML javascript js latex markdown svg SVG mermaid".split(), "holds"),
    **dict.fromkeys("writefile file".split(), "writefile"),
    "debug": "beyond",
    "code_wrap": "setter",
}
"""Cell magic → rule."""

NOT_EXPANDED: frozenset[str] = frozenset("time timeit prun lprun memit mprun debug".split())
"""Magics whose line IPython takes as it is, without putting in `{name}` and `$name`."""

SETTER_LIBRARIES: dict[str, tuple[str, ...]] = {
    "matplotlib": ("matplotlib",),
    "precision": ("IPython", "numpy"),
    "gui": ("IPython",),
}
"""Setting magic → the libraries whose first import replays it; IPython (there from the start) for all others."""

CONFIG_LIBRARIES: dict[str, str] = {"InlineBackend": "matplotlib", "SqlMagic": "sql"}
"""Class named by `%config CLASS.trait = value` → library; IPython for all others."""

VALUE_OPTIONS: dict[str, str] = {
    "timeit": "nrp",
    "prun": "lsTD",
    "lprun": "fmTDsur",
    "memit": "rtic",
    "mprun": "fT",
}
"""Magic that holds Python → its one-letter options that take a value."""
