/** The *Clusters* tab: the profiles of the command line's file, looked at and changed through the server. */

import { Dialog, showDialog } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import type { Api } from '../api';
import { CLUSTER_FIELDS } from '../model/cluster_form';
import type { Cluster, ClusterFile } from '../model/documents';
import { isPageSeen, untilReached } from '../until_reached';
import { ClusterEditor, type ClusterForm } from './cluster_editor';
import type { ClusterWish } from './panel';
import { Trouble } from './trouble';

/** The settings that are shown of each cluster. */
const FACTS = ['context', 'namespace', 'root', 'image', 'queue'];

export interface ClustersTabProps {
  readonly api: Api;
  readonly trans: TranslationBundle;
}

interface WishProps {
  /** What a command asked for since this was last called. */
  readonly takeWish: () => ClusterWish | null;
  /** Hear of the form of a cluster that is open; null: none is. */
  readonly onForm: (form: ClusterForm | null) => void;
}

export function ClustersTab({ api, trans, takeWish, onForm }: ClustersTabProps & WishProps): JSX.Element {
  const [file, setFile] = React.useState<ClusterFile | null>(null);
  const [trouble, setTrouble] = React.useState<string | null>(null);
  const [unread, setUnread] = React.useState<string | null>(null);
  const [edited, setEdited] = React.useState<Cluster | 'new' | null>(null);
  const attempt = async (act: Promise<ClusterFile>, then?: (found: ClusterFile) => void): Promise<void> => {
    try {
      const found = await act;
      setFile(found);
      setTrouble(null);
      then?.(found);
    } catch (error) {
      setTrouble((error as Error).message);
    }
  };
  React.useEffect(
    () =>
      untilReached(() => api.clusterFile(), {
        found: found => setFile(before => before ?? found), // a command may have changed it meanwhile
        refused: error => setUnread(error.message),
        isSeen: isPageSeen
      }),
    [api]
  );
  const edit = async (cluster: Cluster | 'new'): Promise<void> => {
    if (cluster === 'new') {
      setEdited(cluster);
      return;
    }
    await attempt(api.clusterFile(), ({ clusters }) => {
      const now = clusters.find(({ name }) => name === cluster.name); // anybody may have written to the file
      setEdited(before => before ?? now ?? null);
      if (now === undefined) {
        setTrouble(trans.__('The cluster %1 cannot be edited any more.', cluster.name));
      }
    });
  };
  const makeDefault = ({ name }: Cluster): Promise<void> => attempt(api.makeDefault(name));
  const forget = async ({ name }: Cluster): Promise<void> => {
    if (await mayBeForgotten(name, trans)) {
      await attempt(api.removeCluster(name));
    }
  };
  React.useEffect(() => {
    const wish = takeWish();
    if (wish?.what === 'make-default') {
      void makeDefault(wish.cluster);
    } else if (wish?.what === 'forget') {
      void forget(wish.cluster);
    } else if (wish !== null) {
      setEdited(before => before ?? (wish.what === 'add' ? 'new' : wish.cluster)); // what is being written stays
    }
  });
  if (file === null) {
    const why = trouble ?? unread;
    return why === null ? (
      <p className="kfnb-quiet">{trans.__('The file is being read …')}</p>
    ) : (
      <Trouble text={why} />
    );
  }
  return (
    <div className="kfnb-clusters">
      {edited === null ? (
        <>
          <ClusterList {...{ file, trans }} onDefault={makeDefault} onForget={forget} onEdit={edit} />
          <FileNotes {...{ file, trans }} />
        </>
      ) : (
        <ClusterEditor
          cluster={edited === 'new' ? null : edited}
          taken={file.clusters.map(({ name }) => name)}
          {...{ trans, onForm }}
          onSave={(name, settings) =>
            attempt(api.writeCluster(name, settings, edited === 'new' ? null : edited.settings), () =>
              setEdited(null)
            )
          }
          onLeave={() => {
            setTrouble(null);
            setEdited(null);
          }}
        />
      )}
      <Trouble text={trouble} />
    </div>
  );
}

/** Ask whether a cluster is to be forgotten. */
async function mayBeForgotten(name: string, trans: TranslationBundle): Promise<boolean> {
  const answer = await showDialog({
    title: trans.__('Forget the cluster %1?', name),
    body: trans.__('Its profile is taken out of the file. What is in the cluster stays, its runs too.'),
    buttons: [
      Dialog.cancelButton({ label: trans.__('Cancel') }),
      Dialog.warnButton({ label: trans.__('Forget') })
    ]
  });
  return answer.button.accept;
}

interface ClusterListProps {
  readonly file: ClusterFile;
  readonly trans: TranslationBundle;
  readonly onDefault: (cluster: Cluster) => Promise<void>;
  readonly onForget: (cluster: Cluster) => Promise<void>;
  readonly onEdit: (cluster: Cluster | 'new') => Promise<void>;
}

function ClusterList({ file, trans, onDefault, onForget, onEdit }: ClusterListProps): JSX.Element {
  return (
    <>
      {file.clusters.length === 0 && (
        <p>{trans.__('No cluster is known yet; runs stay on the machine of the Jupyter server.')}</p>
      )}
      {file.clusters.map(cluster => (
        <section
          key={cluster.name}
          className="kfnb-cluster"
          data-cluster={cluster.name}
          aria-label={cluster.name}
        >
          <h2>
            {cluster.name}
            {cluster.default && <span className="kfnb-quiet">{trans.__('the default one')}</span>}
          </h2>
          <dl className="kfnb-facts">
            {CLUSTER_FIELDS.filter(({ key }) => FACTS.includes(key))
              .filter(({ key }) => typeof cluster.settings[key] === 'string')
              .map(({ key, label }) => (
                <React.Fragment key={key}>
                  <dt>{trans.__(label)}</dt>
                  <dd>{String(cluster.settings[key])}</dd>
                </React.Fragment>
              ))}
          </dl>
          <div className="kfnb-buttons">
            <button
              type="button"
              className="kfnb-button"
              data-action="edit"
              onClick={() => void onEdit(cluster)}
            >
              {trans.__('Edit')}
            </button>
            {!cluster.default && (
              <button
                type="button"
                className="kfnb-button"
                data-action="make-default"
                title={trans.__('kfnb run --on kubernetes then means this one')}
                onClick={() => void onDefault(cluster)}
              >
                {trans.__('Make it the default one')}
              </button>
            )}
            <button
              type="button"
              className="kfnb-button"
              data-action="remove"
              onClick={() => void onForget(cluster)}
            >
              {trans.__('Forget…')}
            </button>
          </div>
        </section>
      ))}
      <div className="kfnb-buttons">
        <button
          type="button"
          className="kfnb-button kfnb-mod-main"
          data-action="add"
          onClick={() => void onEdit('new')}
        >
          {trans.__('Add a cluster')}
        </button>
      </div>
    </>
  );
}

/** Where the profiles are, and what is wrong with those that cannot be used. */
function FileNotes({ file, trans }: { file: ClusterFile; trans: TranslationBundle }): JSX.Element {
  return (
    <>
      {file.diagnostics.map(({ code, message, fix }, index) => (
        <div key={index} className="kfnb-warning" data-code={code}>
          <p>{message}</p>
          {fix !== null && <p>{fix}</p>}
        </div>
      ))}
      <p className="kfnb-hint">{trans.__('They are in %1, which kfnb cluster writes too.', file.file)}</p>
    </>
  );
}
