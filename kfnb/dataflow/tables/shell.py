"""What common shell commands do to files and to the world; `dataflow.shell_lines` reads it for `!cmd` and `%%bash`."""

from __future__ import annotations

HARMLESS_COMMANDS: frozenset[str] = frozenset(
    """
    echo printf pwd whoami hostname date uname nvidia-smi rocm-smi nproc free uptime df lscpu lsblk lspci lsmod
    lsb_release
    which whereis type id groups ps sleep true false : seq expr basename dirname tput clear env printenv export set
    unset cal arch getconf ulimit tty stty sw_vers system_profiler cd exit return yes jobs wait
    """.split()
)
"""Commands that only print, or change nothing but the shell that is gone at the end of the line."""

TESTING_COMMANDS: frozenset[str] = frozenset("test [ [[".split())
"""Commands that ask whether paths exist."""

READING_COMMANDS: frozenset[str] = frozenset(
    """
    cat head tail wc stat file md5sum sha1sum sha256sum sha512sum cksum uniq grep egrep fgrep rg awk gawk cut tr nl tac
    rev less more diff cmp comm paste join column od xxd hexdump strings zcat zless bzcat xzcat jq realpath readlink
    sort
    sed fold fmt expand iconv base64 csvlook csvstat csvcut xmllint
    """.split()
)
"""Commands that print something of the files they are given (for `sort -o` and `sed -i`, see `shell_lines`)."""

LISTING_COMMANDS: frozenset[str] = frozenset("ls ll dir vdir tree du find exa eza".split())
"""Commands that list folders, the current one where none is given."""

PATTERN_FIRST: frozenset[str] = frozenset("grep egrep fgrep rg awk gawk sed jq tr".split())
"""Commands whose first argument is a pattern or program, not a path."""

WRITING_COMMANDS: frozenset[str] = frozenset(
    "mkdir touch rm rmdir unlink chmod chown truncate tee mkfifo shred".split()
)
"""Commands that make, change or remove the paths they are given."""

PACKING_COMMANDS: frozenset[str] = frozenset(
    "gzip gunzip bzip2 bunzip2 xz unxz zstd unzip tar zip 7z split csplit".split()
)
"""Commands that read archives or files and write others beside them."""

COPYING_COMMANDS: frozenset[str] = frozenset("cp mv ln install rsync".split())
"""Commands that read all paths but the last and write the last."""

DOWNLOADING_COMMANDS: frozenset[str] = frozenset("wget curl aria2c gdown kaggle".split())
"""Commands that fetch something and may write it; with `SENDING_OPTIONS` they send something."""

SENDING_OPTIONS: frozenset[str] = frozenset(
    "-X --request -d --data --data-binary --data-raw --data-urlencode -F --form -T --upload-file --post-data "
    "--post-file --method".split()
)
"""Options with which a downloading command sends instead."""

HARMLESS_SUBCOMMANDS: dict[str, frozenset[str]] = {
    "pip": frozenset("list show freeze check help config cache debug inspect index".split()),
    "conda": frozenset("list info search config env help".split()),
    "git": frozenset(
        "status log branch diff show rev-parse remote config describe ls-files blame tag shortlog version".split()
    ),
    "jupyter": frozenset("kernelspec labextension --version --paths troubleshoot".split()),
    "docker": frozenset("ps images version info".split()),
    "kubectl": frozenset("get describe version config logs top".split()),
    "nvcc": frozenset(),
}
"""Command → first arguments with which it only prints."""

INSTALLERS: dict[str, frozenset[str]] = {
    "pip": frozenset({"install"}),
    "pip3": frozenset({"install"}),
    "conda": frozenset({"install"}),
    "mamba": frozenset({"install"}),
    "micromamba": frozenset({"install"}),
    "uv": frozenset({"pip", "add"}),
    "poetry": frozenset({"add"}),
}
"""Command → first arguments with which it installs Python packages."""

PREFIX_COMMANDS: frozenset[str] = frozenset("sudo time nohup exec command nice env stdbuf timeout builtin".split())
"""Commands that run the command after them."""

KEYWORDS: frozenset[str] = frozenset(
    "if then else elif fi for while until do done case esac function select { } !".split()
)
"""Words that begin or end something more than a simple command."""

INSTALL_OPTIONS: frozenset[str] = frozenset(
    """
    -c --constraint -i --index-url --extra-index-url -f --find-links -t --target --prefix --root --python -n --name -p
    --channel --platform --only-binary --no-binary --trusted-host --proxy --timeout --retries --cache-dir
    --upgrade-strategy
    """.split()
)
"""Options of installers that take a value, which is no requirement."""
