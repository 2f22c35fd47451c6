/** What the rest of the extension uses of the charts. */

export { CHART_STYLE, dataTable, matrixTable, rocChart, sparkline } from './drawn';
export { scatterChart, seriesChart, type Dot, type Line } from './plotted';
export { previewOf } from './preview';
export {
  areaUnder,
  matrixFrom,
  numberFrom,
  pictureFrom,
  rocFrom,
  showValue,
  showWritten,
  summaryFrom,
  tableFrom,
  type ConfusionMatrix,
  type RocCurve,
  type TableData
} from './values';
