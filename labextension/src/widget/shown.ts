/** Components of the page of runs in a notebook's output, also where JupyterLab's colours and the extension are missing. */

import { createRoot } from 'react-dom/client';

import CONTROLS from '../../style/controls.css';
import RUNS from '../../style/runs_page.css';
import { CHART_STYLE } from '../charts';
import { html } from '../graph/svg';
import { leaveKeys } from './keys';

/** What stands in for colours and fonts that the page has not. */
const FALLBACKS: Readonly<Record<string, string>> = {
  '--jp-ui-font-family': 'system-ui,sans-serif',
  '--jp-ui-font-size0': '11px',
  '--jp-ui-font-size1': '13px',
  '--jp-code-font-family': 'monospace',
  '--jp-code-font-size': '12px',
  '--jp-ui-font-color1': '#1f2933',
  '--jp-ui-font-color2': '#5c6b7a',
  '--jp-content-link-color': '#0b62b5',
  '--jp-layout-color1': '#fff',
  '--jp-layout-color2': '#f4f4f4',
  '--jp-layout-color3': '#e0e0e0',
  '--jp-border-color1': '#bdbdbd',
  '--jp-border-color2': '#e0e0e0',
  '--jp-brand-color1': '#1976d2',
  '--jp-success-color1': '#2f8a4a',
  '--jp-warn-color1': '#d1651a',
  '--jp-error-color1': '#c23b32'
};

const OWN = `
.kfnb-shown{padding:4px;color:var(--jp-ui-font-color1);background:var(--jp-layout-color1);
  font-family:var(--jp-ui-font-family);font-size:var(--jp-ui-font-size1)}
`;

/** Draw an element of React's into the output `el`; what is returned takes it away. */
export function show(el: HTMLElement, element: JSX.Element): () => void {
  const content = html('div');
  const host = html('div', { class: 'kfnb-shown' }, [html('style', {}, [style()]), content]);
  leaveKeys(host);
  el.append(host);
  const root = createRoot(content);
  root.render(element);
  return () => {
    root.unmount();
    host.remove();
  };
}

function style(): string {
  return (
    (OWN + CONTROLS + RUNS).replace(/var\((--jp-[a-z0-9-]+)\)/g, (whole, name: string) =>
      name in FALLBACKS ? `var(${name},${FALLBACKS[name]})` : whole
    ) + CHART_STYLE
  );
}
