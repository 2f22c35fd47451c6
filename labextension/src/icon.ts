/** The extension's icon: three steps of a pipeline. */

import { LabIcon } from '@jupyterlab/ui-components';

const SVG = `<svg xmlns="http://www.w3.org/2000/svg" width="16" viewBox="0 0 16 16">
<g class="jp-icon3" fill="#616161"><path d="M4.5 7.2h2.2L9.4 4h1.4v1.3h-.8L7.8 8l2.2 2.7h.8V12H9.4L6.7 8.8H4.5z"/>
<circle cx="3" cy="8" r="2.4"/><circle cx="13" cy="4.6" r="2.4"/><circle cx="13" cy="11.4" r="2.4"/></g></svg>`;

export const kfnbIcon = new LabIcon({ name: 'kfnb:pipeline', svgstr: SVG });
