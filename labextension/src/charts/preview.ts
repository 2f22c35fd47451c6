/** What an artifact looks like, from the preview that was made when it was saved; nothing is ever loaded to look at it. */

import { html } from '../graph/svg';
import { dataTable, matrixTable, rocChart } from './drawn';
import { matrixFrom, pictureFrom, rocFrom, summaryFrom, tableFrom } from './values';

/** Return the preview of an artifact: a curve, a matrix, a picture, a table's first rows, or words. */
export function previewOf(name: string, preview: unknown): HTMLElement {
  const curve = rocFrom(name, preview);
  if (curve !== null) {
    return rocChart([curve]);
  }
  const matrix = matrixFrom(preview);
  if (matrix !== null) {
    return matrixTable(matrix);
  }
  const picture = pictureFrom(preview);
  if (picture !== null) {
    return html('img', { src: picture, alt: name });
  }
  const table = tableFrom(preview);
  if (table !== null) {
    return dataTable(table, summaryFrom(preview));
  }
  return html('pre', { class: 'kfnb-preview-text' }, [summaryFrom(preview)]);
}
