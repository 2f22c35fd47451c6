/** The artifacts of a run as they are shown: each is that of the attempt, and of the run, that it stands for. */

import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';
import { act } from 'react';
import { createRoot, type Root } from 'react-dom/client';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import type { Api } from '../src/api';
import type { Artifact } from '../src/model/documents';
import { ENGLISH } from '../src/model/words';
import { ArtifactsView } from '../src/panel/results';

vi.mock('@lumino/widgets', () => ({ Widget: {} })); // no page is shown here

const api = { address: (path: string) => `/base/${path}` } as unknown as Api;
let root: Root;
let page: HTMLElement;

/** Show one artifact, opened. */
async function show(run: string, artifact: Partial<Artifact>): Promise<void> {
  const all = { name: 'x', task: 'a', type: 'y', size: 1, digest: null, media_type: null, preview: null };
  const artifacts = [{ kind: 'value', content: null, ...all, ...artifact } as Artifact];
  const load = (): Promise<string> => Promise.resolve('model');
  const shown = { run, artifacts, api, load, rendermime: null, trans: ENGLISH as TranslationBundle };
  await act(async () => root.render(<ArtifactsView {...shown} />));
  await act(async () => {
    const details = page.querySelector<HTMLDetailsElement>('.kfnb-artifact')!;
    details.open = true;
    details.dispatchEvent(new Event('toggle'));
  });
}

beforeEach(() => {
  vi.stubGlobal('IS_REACT_ACT_ENVIRONMENT', true);
  page = document.createElement('div');
  document.body.append(page);
  root = createRoot(page);
});

afterEach(async () => {
  await act(async () => root.unmount());
  page.remove();
  vi.unstubAllGlobals();
});

test('The picture of another attempt is asked for though it has the address of the one before.', async () => {
  const picture = { kind: 'logged', media_type: 'image/png', content: 'runs/1/plot' } as const;
  const address = (): string | null => page.querySelector('img')!.getAttribute('src');
  await show('1', { ...picture, digest: 'sha256:old' });
  expect(address()).toBe('/base/runs/1/plot?digest=sha256%3Aold');
  await show('1', { ...picture, digest: 'sha256:new' });
  expect(address()).toBe('/base/runs/1/plot?digest=sha256%3Anew');
});

test('What was loaded is said beside the artifact that it was loaded from, of no other run or attempt.', async () => {
  const load = async (): Promise<void> =>
    act(async () => page.querySelector<HTMLElement>('[data-action=load]')!.click());
  await show('1', { digest: 'old' });
  await load();
  await show('1', { digest: 'old' });
  expect(page.textContent).toContain('In the kernel now: model');
  await show('1', { digest: 'new' });
  expect(page.textContent).not.toContain('In the kernel now');
  await load();
  expect(page.textContent).toContain('In the kernel now: model');
  await show('2', { digest: 'new' });
  expect(page.textContent).not.toContain('In the kernel now');
});
