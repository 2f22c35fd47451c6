/** An artifact that is a page: HTML in a frame in which nothing runs, Markdown as JupyterLab shows what it does not trust. */

import type { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import type { TranslationBundle } from '@jupyterlab/translation';
import { Widget } from '@lumino/widgets';
import * as React from 'react';

import type { Api } from '../api';
import type { Artifact } from '../model/documents';

const HTML = 'text/html';
const MARKDOWN = 'text/markdown';
/** Longer pages are downloaded only: a browser would stand still over them. */
const MOST_BYTES = 5_000_000;

/** Whether an artifact is a page that can be shown. */
export function isPage({ media_type, content, size }: Artifact): boolean {
  return content !== null && size <= MOST_BYTES && (media_type === HTML || media_type === MARKDOWN);
}

interface PageProps {
  readonly artifact: Artifact;
  readonly api: Api;
  /** What Markdown is shown with; null: as it was written. */
  readonly rendermime: IRenderMimeRegistry | null;
  readonly trans: TranslationBundle;
}

export function PageView({ artifact, api, rendermime, trans }: PageProps): JSX.Element {
  const { name, content, digest, media_type } = artifact;
  const [text, setText] = React.useState<string | Error | null>(null);
  React.useEffect(() => {
    let isCurrent = true;
    api.content(content!).then(
      found => isCurrent && setText(found),
      (error: Error) => isCurrent && setText(error)
    );
    return () => {
      isCurrent = false;
    };
  }, [api, content, digest]);
  if (text === null || text instanceof Error) {
    return <p className="kfnb-hint">{text?.message ?? trans.__('Asking …')}</p>;
  }
  if (media_type === HTML) {
    // No scripts, no forms, and an origin of its own: it may come from anywhere.
    return <iframe className="kfnb-page" sandbox="" srcDoc={text} title={name} />;
  }
  return rendermime === null ? (
    <pre className="kfnb-preview-text">{text}</pre>
  ) : (
    <Markdown {...{ text, rendermime }} />
  );
}

function Markdown({ text, rendermime }: { text: string; rendermime: IRenderMimeRegistry }): JSX.Element {
  const host = React.useRef<HTMLDivElement>(null);
  React.useLayoutEffect(() => {
    const shown = rendermime.createRenderer(MARKDOWN);
    Widget.attach(shown, host.current!);
    void shown.renderModel(rendermime.createModel({ data: { [MARKDOWN]: text } }));
    return () => shown.dispose();
  }, [text, rendermime]);
  return <div className="kfnb-markdown" ref={host} />;
}
