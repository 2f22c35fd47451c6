/** What charts draw, read from what kfnb keeps of metrics and artifacts: safe JSON that may be anything. Pure. */

import { trans } from '../model/words';

/** A ROC curve: false and true positive rates, equally long. */
export interface RocCurve {
  readonly name: string;
  readonly falsePositive: readonly number[];
  readonly truePositive: readonly number[];
}

/** A confusion matrix: rows are true classes, columns predicted ones, in the order of `labels`. */
export interface ConfusionMatrix {
  readonly labels: readonly string[];
  readonly rows: readonly (readonly number[])[];
}

/** A table as it is shown: column names, and cells by row. */
export interface TableData {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly unknown[])[];
}

type Fields = Readonly<Record<string, unknown>>;

/** Return a number as kfnb writes it into JSON, where NaN and infinities are words; null if it is none. */
export function numberFrom(value: unknown): number | null {
  if (typeof value === 'number') {
    return value;
  }
  return value === 'NaN' || value === 'Infinity' || value === '-Infinity' ? Number(value) : null;
}

/** Return a value as people read it: four significant digits for fractions, the rest as it is. */
export function showValue(value: unknown): string {
  if (typeof value !== 'number') {
    return value === null || value === undefined
      ? ''
      : typeof value === 'string'
        ? value
        : JSON.stringify(value);
  }
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(4)));
}

/**
 * Return a parameter as people read it, from its JSON: as other values, but a number without more digits as it is written.
 * There 1.0 is not 1, and a large whole number is no rounded one.
 */
export function showWritten(json: string): string {
  if (json === 'null' || json.startsWith('"')) {
    return showValue(JSON.parse(json));
  }
  const value = Number(json); // NaN of lists and the like
  const shown = showValue(value);
  return Number.isFinite(value) && Number(shown) !== value ? shown : json;
}

/** Return the ROC curve of a ClassificationMetrics preview; null if it has none. */
export function rocFrom(name: string, preview: unknown): RocCurve | null {
  const points = fields(preview)?.confidenceMetrics;
  if (!Array.isArray(points)) {
    return null;
  }
  const x = points.map(point => numberFrom(fields(point)?.falsePositiveRate));
  const y = points.map(point => numberFrom(fields(point)?.recall));
  const isWhole = [...x, ...y].every(value => value !== null && Number.isFinite(value));
  return isWhole ? { name, falsePositive: x as number[], truePositive: y as number[] } : null;
}

/** Return the area under a ROC curve. */
export function areaUnder({ falsePositive: x, truePositive: y }: RocCurve): number {
  let area = 0;
  for (let i = 1; i < x.length; i++) {
    area += ((x[i]! - x[i - 1]!) * (y[i]! + y[i - 1]!)) / 2;
  }
  return Math.abs(area);
}

/** Return the confusion matrix of a ClassificationMetrics preview; null if it has none. */
export function matrixFrom(preview: unknown): ConfusionMatrix | null {
  const matrix = fields(fields(preview)?.confusionMatrix);
  if (!Array.isArray(matrix?.annotationSpecs) || !Array.isArray(matrix?.rows)) {
    return null;
  }
  const labels = matrix.annotationSpecs.map(spec => String(fields(spec)?.displayName ?? ''));
  const rows = matrix.rows.map(row => {
    const cells: unknown = fields(row)?.row;
    return Array.isArray(cells) ? cells.map(cell => numberFrom(cell) ?? NaN) : [];
  });
  return rows.length === labels.length && rows.every(row => row.length === labels.length)
    ? { labels, rows }
    : null;
}

/** Return the first rows of a frame, series or array from its preview; null if it has none. */
export function tableFrom(preview: unknown): TableData | null {
  const seen = fields(preview);
  if (!Array.isArray(seen?.head)) {
    return null;
  }
  const head: unknown[][] = seen.head.map((row: unknown) => (Array.isArray(row) ? row : [row]));
  const width = head.reduce((most, row) => Math.max(most, row.length), 0);
  const names = Array.isArray(seen.schema)
    ? seen.schema.map(column => String((column as unknown[])?.[0] ?? ''))
    : [];
  const single = typeof seen.name === 'string' ? [seen.name] : [];
  const columns = Array.from({ length: width }, (_, index) => names[index] ?? single[index] ?? String(index));
  if (!Array.isArray(seen.index)) {
    return { columns, rows: head };
  }
  const index: unknown[] = seen.index;
  return { columns: ['', ...columns], rows: head.map((row, number) => [index[number], ...row]) };
}

/** Return the picture of a preview as a data URI; null if it has none, or one that is no picture. */
export function pictureFrom(preview: unknown): string | null {
  const picture = fields(preview)?.picture;
  return typeof picture === 'string' && /^data:image\/(png|jpeg);base64,[A-Za-z0-9+/=]+$/.test(picture)
    ? picture
    : null;
}

/** Return what a preview says in a line or a few: shape, type, text. */
export function summaryFrom(preview: unknown): string {
  const seen = fields(preview) ?? {};
  const shape = Array.isArray(seen.shape) ? seen.shape.join(' × ') : '';
  const length = typeof seen.length === 'number' && shape === '' ? trans.__('%1 long', seen.length) : '';
  const words = [seen.class, shape, length, seen.dtype].filter(
    word => typeof word === 'string' && word !== ''
  );
  const text = typeof seen.text === 'string' ? seen.text : '';
  return [words.join(', '), text].filter(part => part !== '').join(': ');
}

function fields(value: unknown): Fields | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : null;
}
