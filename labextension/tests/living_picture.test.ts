import { expect, test } from 'vitest';

import { hasStillWidget, livingRun, redrawnData, WIDGET_VIEW } from '../src/model/living_picture';

test('A picture says whose it is if its run had not ended.', () => {
  const html = ['<div class="kfnb-run" data-living="20260101-abc">', '<p>churn</p></div>'];
  expect(livingRun({ 'text/html': html.join('') })).toBe('20260101-abc');
  expect(livingRun({ 'text/html': html })).toBe('20260101-abc');
  expect(livingRun({ 'text/html': '<div class="kfnb-run"><p>churn</p></div>' })).toBeNull();
  expect(livingRun({ 'text/html': `<p>about</p>${html.join('')}` })).toBeNull();
  expect(livingRun({ 'text/plain': 'churn' })).toBeNull();
});

test('A new picture stands where the widget was, and what else is shown stays.', () => {
  const data = { 'text/html': 'old', 'image/png': 'stays', [WIDGET_VIEW]: { model_id: 'm' } };
  expect(redrawnData(data, { 'text/html': 'new', 'text/plain': 'too' })).toEqual({
    'text/html': 'new',
    'text/plain': 'too',
    'image/png': 'stays'
  });
  expect(data['text/html']).toBe('old');
});

test('A widget of runs side by side or of their list has a plain form beside it; those of others are not touched.', () => {
  const view = { [WIDGET_VIEW]: { model_id: 'm' } };
  const shown = (html: string | string[]): boolean => hasStillWidget({ ...view, 'text/html': html });
  expect(shown('<div class="kfnb-comparison"><table>')).toBe(true);
  expect(shown(['<div class="kfnb-runs">', '<div>'])).toBe(true);
  expect(shown('<div class="kfnb-run" data-living="a">')).toBe(false);
  expect(shown('<p>a</p><div class="kfnb-runs">')).toBe(false);
  expect(hasStillWidget({ 'text/html': '<div class="kfnb-runs">' })).toBe(false);
  expect(hasStillWidget(view)).toBe(false);
});
