"""In a real browser: clusters are added, edited, made the default one and forgotten on the panel's page of them."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jupyter_lab import TOKEN, Lab
from playwright.sync_api import Page, expect
from working import choose_cluster, command, open_notebook, show_panel

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]


@pytest.fixture
def profiles(lab: Lab) -> Iterator[Lab]:
    """JupyterLab with one cluster in the file of profiles, with a comment and a setting that no field shows."""
    lab.profiles.write_text(
        '# mine\n[clusters.near]\nnamespace = "ml"\nroot = "s3://runs/kfnb"\nimage = "x:1"\nlabels = {team = "a"}\n',
        "utf-8",
    )
    yield lab
    lab.profiles.unlink()


def table(lab: Lab) -> dict[str, Any]:
    """What the file of profiles says."""
    return tomllib.loads(lab.profiles.read_text("utf-8"))


def test_clusters_are_added_edited_and_forgotten(page: Page, profiles: Lab) -> None:
    """Fields are checked, what the server refuses is said in its words, and the command line's file has the rest."""
    page.goto(f"{profiles.url}lab?token={TOKEN}&reset")
    show_panel(page)
    page.locator("#kfnb-tab-clusters").click()
    near = page.locator("[data-cluster=near]")
    near.locator("[data-action=edit]").click()
    page.locator("[data-setting='limits.memory']").fill("4gb")
    expect(page.locator(".kfnb-problem")).to_contain_text("Is 4G meant?")
    page.locator("[data-setting='limits.memory']").fill("4Gi")
    page.locator("[data-action=save-cluster]").click()
    expect(near).to_be_visible()
    edited = {"namespace": "ml", "root": "s3://runs/kfnb", "image": "x:1", "labels": {"team": "a"}}
    assert {"near": edited | {"limits": {"memory": "4Gi"}}} == table(profiles)["clusters"]
    assert profiles.profiles.read_text("utf-8").startswith("# mine")

    page.locator("[data-action=add]").click()
    page.locator("[data-action=save-cluster]").click()
    expect(page.locator(".kfnb-problem")).to_have_count(4)
    far = {"name": "far", "namespace": "Team <b>", "root": "gs://bucket/runs", "image": "y:1", "queue": "gpus"}
    for setting, text in far.items():
        page.locator(f"[data-setting={setting}]").fill(text)
    page.locator("[data-action=save-cluster]").click()
    expect(page.locator(".kfnb-warning")).to_contain_text("`Team <b>` cannot be the name of a namespace")
    page.locator("[data-setting=namespace]").fill("team")
    page.locator("[data-action=save-cluster]").click()
    added = page.locator("[data-cluster=far]")
    added.locator("[data-action=make-default]").click()
    expect(added.locator("h2")).to_contain_text("the default one")
    assert ("far", "gpus") == (table(profiles)["default"], table(profiles)["clusters"]["far"]["queue"])

    near.locator("[data-action=remove]").click()
    page.locator(".jp-Dialog .jp-mod-accept").click()
    expect(near).to_have_count(0)
    assert ["far"] == list(table(profiles)["clusters"])


def test_clusters_are_edited_and_forgotten_by_commands(page: Page, profiles: Lab) -> None:
    """Each command asks which is meant; the tab does it, and asks once more before one is forgotten."""
    second = '\n[clusters.far]\nnamespace = "team"\nroot = "gs://bucket/runs"\nimage = "y:1"\n'
    profiles.profiles.write_text('default = "near"\n' + profiles.profiles.read_text("utf-8") + second, "utf-8")
    page.goto(f"{profiles.url}lab?token={TOKEN}&reset")
    expect(page.locator(".jp-LauncherCard", has_text="Pipeline Example")).to_be_visible()
    which, accept = page.locator(".jp-Dialog select"), page.locator(".jp-Dialog .jp-mod-accept")

    command(page, "Make a Pipeline Cluster the Default One")
    expect(which.locator("option")).to_have_text(["far"])
    accept.click()
    expect(page.locator("[data-cluster=far] h2")).to_contain_text("the default one")
    assert "far" == table(profiles)["default"]

    command(page, "Edit a Pipeline Cluster")
    which.select_option("near")
    accept.click()
    form = page.get_by_role("form", name="Cluster near")
    expect(form.locator("[data-setting=namespace]")).to_have_value("ml")

    command(page, "Forget a Pipeline Cluster")
    which.select_option("far")
    accept.click()
    expect(page.locator(".jp-Dialog")).to_contain_text("Forget the cluster far?")
    page.locator(".jp-Dialog .jp-mod-accept.jp-mod-warn").click()
    expect(page.locator(".jp-Dialog")).to_have_count(0)
    form.locator("[data-action=leave-cluster]").click()  # what was being edited stayed
    expect(page.locator("[data-cluster]")).to_have_count(1)
    assert ["near"] == list(table(profiles)["clusters"])


def test_a_cluster_with_a_mistake_stays_chosen_and_no_run_goes_elsewhere(
    page: Page, profiles: Lab, quickstart: Path
) -> None:
    """The form says what is wrong with the profile, and begins no run until another place is chosen."""
    open_notebook(page, profiles, quickstart)
    choose_cluster(page, "near")
    profiles.profiles.write_text(profiles.profiles.read_text("utf-8") + "sped = 3\n", "utf-8")
    page.locator("#kfnb-tab-step").click()
    page.locator("#kfnb-tab-run").click()
    button = page.locator("[data-action=run]")
    expect(button).to_have_text("▶ Run on near")
    expect(button).to_be_disabled()
    expect(button).to_have_attribute("title", re.compile("near is not usable: .*sped"))
    expect(page.locator("[data-group=profiles] [data-code=KF903]")).to_contain_text("sped")
    page.locator("[data-field=cluster]").select_option("")
    expect(button).to_be_enabled()
    expect(button).to_have_text("▶ Run on this machine")
