/** Charts say in numbers and words what they draw, whatever they are given. */

import { describe, expect, test } from 'vitest';
import {
  areaUnder,
  dataTable,
  matrixFrom,
  numberFrom,
  pictureFrom,
  previewOf,
  rocFrom,
  showValue
} from '../src/charts';
import { matrixTable, rocChart, sparkline, summaryFrom, tableFrom } from '../src/charts';

const ROC = {
  confidenceMetrics: [
    { confidenceThreshold: 'Infinity', recall: 0, falsePositiveRate: 0 },
    { confidenceThreshold: 0.5, recall: 1, falsePositiveRate: 0.5 },
    { confidenceThreshold: 0.1, recall: 1, falsePositiveRate: 1 }
  ]
};
const MATRIX = {
  confusionMatrix: {
    annotationSpecs: [{ displayName: 'no' }, { displayName: '<b>yes</b>' }],
    rows: [{ row: [8, 2] }, { row: [1, 'NaN'] }]
  }
};
const FRAME = {
  class: 'DataFrame',
  shape: [9, 2],
  schema: [
    ['a', 'int64'],
    ['b', 'object']
  ],
  index: ['0', '1'],
  head: [
    [1, 'x'],
    [2, null]
  ]
};

describe('values', () => {
  test('that JSON lacks are numbers again', () => {
    expect(['NaN', '-Infinity', 3, 'x', null].map(numberFrom)).toEqual([NaN, -Infinity, 3, null, null]);
  });

  test('are shown in four digits where they are fractions', () => {
    expect([0.123456, 12345678, 1e-9, NaN, 'text', true, null].map(showValue)).toEqual([
      '0.1235',
      '12345678',
      '1e-9',
      'NaN',
      'text',
      'true',
      ''
    ]);
  });

  test.each([
    null,
    'text',
    [],
    { head: 3 },
    { confidenceMetrics: [{}] },
    { confusionMatrix: { rows: [] } },
    { picture: 'javascript:x' }
  ])('of a preview that is %j are none', preview => {
    const found = [rocFrom('x', preview), matrixFrom(preview), tableFrom(preview), pictureFrom(preview)];
    expect(found).toEqual([null, null, null, null]);
    expect(previewOf('x', preview).tagName).toBe('PRE');
  });
});

describe('a sparkline', () => {
  test('says its values', () => {
    expect(sparkline([1, 0.5, NaN, 0.25], 'loss')?.getAttribute('aria-label')).toBe(
      'loss: 1, 0.5, NaN, 0.25'
    );
  });

  test('of one point, or none that is finite, is none', () => {
    expect([sparkline([1], 'a'), sparkline([], 'a'), sparkline([NaN, Infinity], 'a')]).toEqual([
      null,
      null,
      null
    ]);
  });

  test('of equal values is a level line', () => {
    expect(sparkline([2, 2], 'a')?.querySelector('polyline')?.getAttribute('points')).toBe('2,11 88,11');
  });
});

describe('a ROC curve', () => {
  test('has its area', () => {
    expect(areaUnder(rocFrom('roc', ROC)!)).toBe(0.75);
  });

  test('lies over another one, each with its own colour and area', () => {
    const chart = rocChart([rocFrom('first', ROC)!, rocFrom('second', ROC)!]);
    const colours = [...chart.querySelectorAll('polyline')].map(line => line.getAttribute('stroke'));
    expect(new Set(colours).size).toBe(2);
    expect(chart.textContent).toContain('second: area 0.7500');
  });
});

describe('a table', () => {
  test('of a confusion matrix has its labels and numbers', () => {
    const table = matrixTable(matrixFrom(MATRIX)!);
    const rows = [...table.querySelectorAll('tr')].map(row =>
      [...row.children].map(cell => cell.textContent)
    );
    expect(rows).toEqual([
      ['true ↓ predicted →', 'no', '<b>yes</b>'],
      ['no', '8', '2'],
      ['<b>yes</b>', '1', 'NaN']
    ]);
    expect(table.querySelector('b')).toBe(null);
  });

  test('of a frame has its index, columns and first rows', () => {
    const table = dataTable(tableFrom(FRAME)!, summaryFrom(FRAME));
    const rows = [...table.querySelectorAll('tr')].map(row =>
      [...row.children].map(cell => cell.textContent)
    );
    expect(rows).toEqual([
      ['', 'a', 'b'],
      ['0', '1', 'x'],
      ['1', '2', '']
    ]);
    expect(table.caption?.textContent).toBe('DataFrame, 9 × 2');
  });
});

test('a preview is drawn as what it is', () => {
  const png = 'data:image/png;base64,iVBORw0KGgo=';
  expect(previewOf('x', ROC).querySelector('polyline')).not.toBe(null);
  expect(previewOf('x', MATRIX).classList).toContain('kfnb-matrix');
  expect(previewOf('x', { picture: png }).getAttribute('src')).toBe(png);
  expect(previewOf('x', FRAME).tagName).toBe('TABLE');
  expect(previewOf('x', { class: 'int', text: '3' }).textContent).toBe('int: 3');
});
