"""Diagnostics that need the whole notebook: what is skipped, not built yet, or cannot be moved together."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from kfnb.dataflow.graph import analyse
from kfnb.dataflow.magics import parse_cell
from kfnb.dataflow.program import CodeCell, CodeStep
from kfnb.errors import Diagnostic, Fix

if TYPE_CHECKING:
    from kfnb.dataflow.flows import Dataflow
    from kfnb.dataflow.record import Finding
    from kfnb.notebook.steps import Step, Steps


def diagnostic_of(finding: Finding) -> Diagnostic:
    assert finding.severity in ("error", "warning", "hint")
    return Diagnostic(
        code=finding.code,
        severity=finding.severity,  # type: ignore[arg-type]
        message=finding.message,
        cell=finding.place.cell or None,
        line=finding.place.line or None,
        column=finding.place.column,
        fix=Fix(text=finding.fix) if finding.fix else None,
    )


def skipped_names(steps: Steps, flow: Dataflow) -> list[Diagnostic]:
    """Warn where a skipped cell binds a name that the pipeline reads and nothing else binds."""
    found = []
    missing = {f.message.split("`")[1]: f for f in flow.findings if f.code in ("KF201", "KF208")}
    for cell in steps.skipped:
        names = {
            n.id
            for n in ast.walk(parse_cell(cell.source).tree)
            if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
        }
        for name in sorted(names & missing.keys()):
            found.append(
                Diagnostic(
                    code="KF207",
                    severity="warning",
                    message=f"This cell is tagged `skip` but binds `{name}`, "
                    f"which is read in cell {missing[name].place.cell}.",
                    cell=cell.id,
                    line=1,
                    fix=Fix(text="Take the tag `skip` away.", remove_tags=("skip",)),
                )
            )
    return found


_LATER = {
    "pipeline": ("pipeline:", "A sub-pipeline (`pipeline:`)"),
}
_REPORTED = {
    "accelerator": "accelerator:",
    "image": "image:",
    "node_selector": "node:",
    "tolerations": "toleration:",
    "queue": "queue:",
    "priority": "priority:",
    "secrets": "secret:",
    "config_maps": "configmap:",
    "secret_files": "secret:",
    "config_map_files": "configmap:",
    "affinity": "affinity",
    "pod_patches": "pod_patch",
    "volumes": "pvc:",
    "shared_memory": "shm:",
    "labels": "label:",
    "annotations": "annotation:",
    "packages": "packages:",
    "includes": "include:",
    "env": "env:",
}


def not_built(steps: Steps) -> list[Diagnostic]:
    """Refuse what would be ignored otherwise, and say which settings have no meaning on this machine."""
    found = []
    for step in steps.steps:
        cell = step.cells[0].id
        for field, (tag, what) in _LATER.items():
            value = getattr(step.settings, field)
            if value is not None and value is not False and value != 0:
                found.append(
                    Diagnostic(
                        code="KF502",
                        severity="error",
                        message=f"{what} in step `{step.name}` is not built yet; "
                        "without it the step would do something else.",
                        cell=_tagged(step, tag) or cell,
                        line=1,
                        fix=Fix(text=f"Take the tag `{tag}` away."),
                    )
                )
        asked = {**step.settings.limits, **step.settings.requests}
        ignored = [f"limit:{name}" for name in asked if name not in ("cpu", "memory") and "/" not in name]
        ignored += [tag for field, tag in _REPORTED.items() if getattr(step.settings, field)]
        ignored = [f"`{tag}`" for tag in dict.fromkeys(ignored)]
        if ignored:
            found.append(
                Diagnostic(
                    code="KF503",
                    severity="hint",
                    message=f"Step `{step.name}` asks for {', '.join(ignored)}; on this machine that changes nothing.",
                    cell=cell,
                    line=1,
                )
            )
    return found


def misplaced_exits(steps: Steps, flow: Dataflow) -> list[Diagnostic]:
    """Refuse an exit handler that other steps stand below, or need something of: it runs when they are over."""
    found = []
    exits = {number for number, step in enumerate(steps.steps) if step.settings.on_exit}
    for number, step in enumerate(steps.steps):
        above = [other for other in sorted(exits) if other < number]
        if number in exits or not above:
            continue
        handler = steps.steps[above[-1]]
        taken = sorted(t.name for t in flow.steps[number].inputs.values() if t.producer in exits)
        needs = f" and reads `{taken[0]}` from it" if taken else ""
        found.append(
            Diagnostic(
                code="KF505",
                severity="error",
                message=f"Step `{step.name}` stands below the `on-exit` step `{handler.name}`{needs}; "
                "an `on-exit` step runs when all others are over.",
                cell=_tagged(handler, "on-exit") or handler.cells[0].id,
                line=1,
                fix=Fix(text="Move the `on-exit` step to the end of the notebook."),
            )
        )
    return found


def _tagged(step: Step, prefix: str) -> str | None:
    return next((cell.id for cell in step.cells if any(tag.startswith(prefix) for tag in cell.tags)), None)


def scattered_steps(steps: Steps) -> list[Diagnostic]:
    """Refuse a step in several places where running its earlier cells later would change something."""
    found = []
    for position, step in enumerate(steps.steps):
        if not step.scattered:
            continue
        early = {cell.id for cell in step.early}
        between = [other for other in steps.steps[:position] if any(c.index > step.early[0].index for c in other.cells)]
        for other in between:
            names = _conflict(step, early, other)
            shown = ", ".join(f"`{name}`" for name in sorted(names)[:3])
            if names:
                found.append(
                    Diagnostic(
                        code="KF210",
                        severity="error",
                        message=f"Step `{step.name}` stands in several places, and its cells above cannot run "
                        f"after step `{other.name}`: both have to do with {shown}.",
                        cell=step.early[0].id,
                        line=1,
                        fix=Fix(text=f"Give the cells above another step name, or move step `{other.name}`."),
                    )
                )
    return found


def _conflict(step: Step, early: set[str], other: Step) -> set[str]:
    first, second = _touched([c.source for c in step.cells if c.id in early]), _touched([c.source for c in other.cells])
    (reads, writes), (other_reads, other_writes) = first, second
    return (writes & (other_reads | other_writes)) | (reads & other_writes)


def _touched(sources: list[str]) -> tuple[set[str], set[str]]:
    """Return the names that code reads, and those that it binds or may change in place (imports aside)."""
    flow = analyse((CodeStep("part", tuple(CodeCell(str(n), source) for n, source in enumerate(sources))),))
    reads: set[str] = set()
    writes: set[str] = set()
    for source in sources:
        tree = parse_cell(source).tree
        for node in ast.walk(tree):
            if isinstance(node, ast.Name):
                (reads if isinstance(node.ctx, ast.Load) else writes).add(node.id)
            if isinstance(node, (ast.Attribute, ast.Subscript)) and isinstance(node.ctx, (ast.Store, ast.Del)):
                writes |= {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
                writes |= {
                    n.id for n in ast.walk(node.value) if isinstance(n, ast.Name) and n.id not in ("print", "display")
                }
    return reads, writes | {name for step in flow.steps for name in step.outputs}
