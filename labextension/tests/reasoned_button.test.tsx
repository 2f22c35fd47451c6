/** Buttons that cannot be pressed: also keys and screen readers come to them, and to the reason. */

import * as React from 'react';
import { createRoot, type Root } from 'react-dom/client';
import { flushSync } from 'react-dom';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { ReasonedButton } from '../src/panel/reasoned_button';

const press = vi.fn();
const send = vi.fn((event: React.FormEvent) => event.preventDefault());
let page: HTMLElement;
let root: Root;

/** Draw the button of a form; return it. */
function draw(why: string | null): HTMLButtonElement {
  flushSync(() =>
    root.render(
      <form onSubmit={send}>
        <ReasonedButton type="submit" why={why} title="Give the tag" onClick={press}>
          Tag
        </ReasonedButton>
      </form>
    )
  );
  return page.querySelector('button')!;
}

beforeEach(() => {
  page = document.body.appendChild(document.createElement('div'));
  root = createRoot(page);
});

afterEach(() => {
  root.unmount();
  page.remove();
  vi.clearAllMocks();
});

test('A button that cannot be pressed takes the focus, is described by its reason, and does nothing.', () => {
  const button = draw('Type a tag first.');
  button.focus();
  expect(document.activeElement).toBe(button);
  expect(button.getAttribute('aria-disabled')).toBe('true');
  expect(document.getElementById(button.getAttribute('aria-describedby')!)!.textContent).toBe(
    'Type a tag first.'
  );
  expect(button.title).toBe('Type a tag first.');
  button.click();
  expect(press).not.toHaveBeenCalled();
  expect(send).not.toHaveBeenCalled();
});

test('It keeps the focus when it can be pressed, and then says what it does and does it.', () => {
  draw('Type a tag first.').focus();
  const button = draw(null);
  expect(document.activeElement).toBe(button);
  expect(button.getAttribute('aria-disabled')).toBe('false');
  expect(button.hasAttribute('aria-describedby')).toBe(false);
  expect(button.title).toBe('Give the tag');
  button.click();
  expect(press).toHaveBeenCalledOnce();
  expect(send).toHaveBeenCalledOnce();
});
