/** Commands about the clusters that runs can go to: they ask which, and the tab *Clusters* does it and says what became of it. */

import type { JupyterFrontEnd } from '@jupyterlab/application';
import { InputDialog, showErrorMessage } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';

import type { Api } from '../api';
import type { Cluster } from '../model/documents';
import type { ClusterForm } from '../panel/cluster_editor';
import type { ClusterWish, KfnbPanel } from '../panel/panel';
import { CommandIds } from './command_ids';
import { addReasoned } from './reasoned';

export interface ClusterCommandParts {
  readonly app: JupyterFrontEnd;
  readonly api: Api;
  readonly panel: KfnbPanel;
  readonly trans: TranslationBundle;
}

/** Add the commands to JupyterLab. */
export function addClusterCommands(parts: ClusterCommandParts): void {
  const { app, trans } = parts;
  addReasoned(app.commands, CommandIds.addCluster, {
    label: trans.__('Add a Pipeline Cluster…'),
    caption: trans.__('Write down a further cluster that runs can go to'),
    why: () => null,
    execute: () => wish(parts, { what: 'add' })
  });
  addAsking(parts, CommandIds.editCluster, 'edit', {
    label: trans.__('Edit a Pipeline Cluster…'),
    caption: trans.__('Change what is written down of a cluster'),
    okLabel: trans.__('Edit')
  });
  addAsking(parts, CommandIds.makeDefaultCluster, 'make-default', {
    label: trans.__('Make a Pipeline Cluster the Default One…'),
    caption: trans.__('kfnb run --on kubernetes then means this one'),
    okLabel: trans.__('Make it the default one')
  });
  addAsking(parts, CommandIds.forgetCluster, 'forget', {
    label: trans.__('Forget a Pipeline Cluster…'),
    caption: trans.__('Take a cluster out of the file of profiles; what is in it stays'),
    okLabel: trans.__('Forget…')
  });
  addOfForm(parts, CommandIds.saveCluster, {
    label: trans.__('Save the Cluster'),
    caption: trans.__('Write down what the form of the cluster says'),
    why: form => form.whyNoSave,
    act: form => form.save()
  });
  addOfForm(parts, CommandIds.leaveCluster, {
    label: trans.__('Leave the Form of the Cluster'),
    caption: trans.__('Go back to the list of clusters; what was typed is not kept'),
    why: () => null,
    act: form => form.leave()
  });
}

interface OfForm extends Pick<Words, 'label' | 'caption'> {
  readonly why: (form: ClusterForm) => string | null;
  readonly act: (form: ClusterForm) => void;
}

/** Add a command about the form of a cluster, which cannot be given where none is open. */
function addOfForm({ app, panel, trans }: ClusterCommandParts, id: string, words: OfForm): void {
  const { label, caption, why, act } = words;
  addReasoned(app.commands, id, {
    label,
    caption,
    why: () =>
      panel.clusterForm === null
        ? trans.__('No form of a cluster is open: Add a Pipeline Cluster opens one.')
        : why(panel.clusterForm),
    execute: () => {
      show({ app, panel });
      act(panel.clusterForm!);
    }
  });
}

interface Words {
  readonly label: string;
  readonly caption: string;
  readonly okLabel: string;
}

/** Which clusters there are is known when it is asked: the file is anybody's, who can write to it meanwhile. */
function addAsking(
  parts: ClusterCommandParts,
  id: string,
  what: 'edit' | 'make-default' | 'forget',
  words: Words
): void {
  const { app, api, trans } = parts;
  const { label, caption, okLabel } = words;
  addReasoned(app.commands, id, {
    label,
    caption,
    why: () => null,
    execute: async () => {
      try {
        const { clusters } = await api.clusterFile();
        const fitting = what === 'make-default' ? clusters.filter(cluster => !cluster.default) : clusters;
        const cluster = await ask(fitting, clusters.length, { title: label, okLabel }, trans);
        if (cluster !== null) {
          wish(parts, { what, cluster });
        }
      } catch (error) {
        await showErrorMessage(label, (error as Error).message);
      }
    }
  });
}

/** Ask which cluster is meant; null: none. */
async function ask(
  fitting: readonly Cluster[],
  known: number,
  words: { readonly title: string; readonly okLabel: string },
  trans: TranslationBundle
): Promise<Cluster | null> {
  if (fitting.length === 0) {
    throw new Error(
      known === 0
        ? trans.__('No cluster is known yet; Add a Pipeline Cluster writes one down.')
        : trans.__('The only cluster is the default one already.')
    );
  }
  const answer = await InputDialog.getItem({
    ...words,
    label: trans.__('The cluster'),
    items: fitting.map(({ name }) => name)
  });
  return answer.button.accept ? (fitting.find(({ name }) => name === answer.value) ?? null) : null;
}

function wish(parts: ClusterCommandParts, what: ClusterWish): void {
  parts.panel.wishOfClusters(what);
  show(parts);
}

function show({ app, panel }: Pick<ClusterCommandParts, 'app' | 'panel'>): void {
  app.shell.activateById(panel.id);
  void panel.takeFocus();
}
