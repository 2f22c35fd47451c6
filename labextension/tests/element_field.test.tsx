/** Any element of a fan-out can be shown, also one that the graph does not draw. */

import * as React from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { expect, test } from 'vitest';
import type { TranslationBundle } from '@jupyterlab/translation';

import { ENGLISH } from '../src/model/words';
import { ElementField, elementNumber } from '../src/panel/element_field';

test.each([
  ['0', 0],
  [' 999 ', 999],
  ['1000', null],
  ['-1', null],
  ['1.5', null],
  ['1e2', null],
  ['', null]
])('Of a thousand elements %j names %j.', (text, number) => {
  expect(elementNumber(text, 1000)).toBe(number);
});

test('The field has the number of the element that is shown, and says how many there are.', () => {
  const page = document.createElement('div');
  const shown = (task: string): void => {
    page.innerHTML = renderToStaticMarkup(
      <ElementField
        owner="fit[v2]"
        total={1000}
        task={task}
        trans={ENGLISH as unknown as TranslationBundle}
        onOpen={() => undefined}
      />
    );
  };
  shown('fit[v2][900]');
  expect(page.querySelector('input')!.value).toBe('900');
  expect(page.querySelector('label')!.textContent).toBe('Element (one of 1000)');
  expect(page.querySelector('button')!.getAttribute('aria-disabled')).toBe('false');
  shown('fit[v2]');
  expect(page.querySelector('input')!.value).toBe('');
  expect(page.querySelector('button')!.getAttribute('aria-disabled')).toBe('true');
});
