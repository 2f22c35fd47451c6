/** The tab *Clusters*: what is edited is what the file says when it is edited, and is written over nothing else. */

import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';
import { act } from 'react';
import { createRoot, type Root } from 'react-dom/client';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { ApiError, type Api } from '../src/api';
import type { Cluster, ClusterFile } from '../src/model/documents';
import { ENGLISH } from '../src/model/words';
import type { ClusterForm } from '../src/panel/cluster_editor';
import { ClustersTab } from '../src/panel/clusters_tab';

vi.mock('@jupyterlab/apputils', () => ({ Dialog: {}, showDialog: vi.fn() })); // nothing is asked here

const SETTINGS = { namespace: 'ml', root: 's3://runs', image: 'x:1' };
const writeCluster = vi.fn();
let clusters: readonly Cluster[];
let root: Root;
let page: HTMLElement;
let form: ClusterForm | null;

const file = (): ClusterFile => ({ clusters, default: null, file: 'clusters.toml', diagnostics: [] });
const cluster = (image: string): Cluster => ({
  name: 'near',
  default: false,
  settings: { ...SETTINGS, image },
  accelerators: []
});
const press = (action: string): Promise<void> =>
  act(async () => page.querySelector<HTMLElement>(`[data-action=${action}]`)!.click());
const image = (): HTMLInputElement | null => page.querySelector('[data-setting=image]');

beforeEach(async () => {
  vi.stubGlobal('IS_REACT_ACT_ENVIRONMENT', true);
  clusters = [cluster('x:1')];
  form = null;
  writeCluster.mockReset().mockImplementation(async () => file());
  const api = { clusterFile: async () => file(), writeCluster } as unknown as Api;
  page = document.body.appendChild(document.createElement('div'));
  root = createRoot(page);
  const trans = ENGLISH as TranslationBundle;
  const onForm = (heard: ClusterForm | null): void => {
    form = heard;
  };
  await act(async () => root.render(<ClustersTab {...{ api, trans, onForm }} takeWish={() => null} />));
});

afterEach(async () => {
  await act(async () => root.unmount());
  page.remove();
  vi.unstubAllGlobals();
});

test('The form begins with what the file says now, and says with what it began.', async () => {
  clusters = [cluster('x:2')];
  await press('edit');
  expect(image()!.value).toBe('x:2');
  await press('save-cluster');
  const now = { ...SETTINGS, image: 'x:2' };
  expect(writeCluster).toHaveBeenCalledWith('near', now, now);
  expect(image()).toBeNull();
});

test('Where somebody else was faster, that is said, and what was written stays in the form.', async () => {
  await press('edit');
  writeCluster.mockRejectedValue(new ApiError('It was changed meanwhile.', 409));
  await press('save-cluster');
  expect(page.textContent).toContain('It was changed meanwhile.');
  expect(image()!.value).toBe('x:1');
});

test('A cluster that is gone by now is not edited.', async () => {
  clusters = [];
  await press('edit');
  expect(image()).toBeNull();
  expect(page.textContent).toContain('The cluster near cannot be edited any more.');
});

test('A new cluster takes the place of none.', async () => {
  clusters = [];
  await press('add');
  const fill = (setting: string, value: string): void => {
    const input = page.querySelector<HTMLInputElement>(`[data-setting=${setting}]`)!;
    Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value')!.set!.call(input, value);
    input.dispatchEvent(new Event('input', { bubbles: true }));
  };
  for (const [setting, value] of Object.entries({ name: 'far', ...SETTINGS })) {
    await act(async () => fill(setting, value));
  }
  await press('save-cluster');
  expect(writeCluster).toHaveBeenCalledWith('far', SETTINGS, null);
});

test('Commands save the form as it is filled in, and leave it.', async () => {
  expect(form).toBeNull();
  await press('edit');
  clusters = [cluster('x:2')];
  const input = image()!;
  await act(async () => {
    Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value')!.set!.call(input, 'x:2');
    input.dispatchEvent(new Event('input', { bubbles: true }));
  });
  expect(form!.whyNoSave).toBeNull();
  await act(async () => form!.save());
  expect(writeCluster).toHaveBeenCalledWith('near', { ...SETTINGS, image: 'x:2' }, SETTINGS);
  expect([form, image()]).toEqual([null, null]);
  await press('edit');
  await act(async () => form!.leave());
  expect([form, image()]).toEqual([null, null]);
});
