import { expect, test } from 'vitest';

import { livingRun, redrawnData, WIDGET_VIEW } from '../src/model/living_picture';

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
