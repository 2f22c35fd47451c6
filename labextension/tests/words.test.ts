/** Every word that a person reads can be said in another language: it is marked where it stands, and looked up there. */

import ts from 'typescript';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { lookOf, statusLine } from '../src/graph';
import { badgesOf } from '../src/model/badges';
import { CLUSTER_FIELDS, clusterNameProblem, clusterProblem } from '../src/model/cluster_form';
import type { Step } from '../src/model/documents';
import { FIELDS, METRICS, problemOf } from '../src/model/fields';
import { problemOf as parameterProblem } from '../src/model/parameters';
import { nameProblem } from '../src/model/tags';
import { ENGLISH, speak, type Words } from '../src/model/words';
import { plainColumns } from '../src/runs_page/columns';

const SOURCES = import.meta.glob<string>(['../src/**/*.{ts,tsx}', '!../src/model/words.ts'], {
  eager: true,
  query: '?raw',
  import: 'default'
});
const PSEUDO: Words = {
  _n: (one, many, count) => `[${count === 1 ? one : many}|${count}]`,
  __: (text: string, ...values: readonly unknown[]) => `[${text}|${values.join(',')}]`
};

beforeEach(() => speak(PSEUDO));
afterEach(() => speak(ENGLISH));

/** Every call of `….__` or `…._n` in the sources, with the text that it marks; null where it looks a text up. */
function marked(): { readonly file: string; readonly text: string | null; readonly by: string }[] {
  return Object.entries(SOURCES).flatMap(([file, code]) => {
    const source = ts.createSourceFile(file, code, ts.ScriptTarget.ES2022, true);
    const found: { file: string; text: string | null; by: string }[] = [];
    const visit = (node: ts.Node): void => {
      if (ts.isCallExpression(node) && /\.(__|_n)$/.test(node.expression.getText())) {
        const [first] = node.arguments;
        const isText = first !== undefined && ts.isStringLiteralLike(first);
        found.push({ file, text: isText ? first.text : null, by: node.getText() });
      }
      ts.forEachChild(node, visit);
    };
    visit(source);
    return found;
  });
}

test('A text that is looked up stands in a table in which it is marked.', () => {
  const looked = marked().filter(({ text }) => text === null);
  const rest = looked.filter(({ by }) => !/\(((field|group|look)\.)?(label|hint|title|word)\)$/.test(by));
  expect(rest).toEqual([]);
  const texts = new Set(marked().map(({ text }) => text));
  const tables = [...FIELDS, METRICS, ...CLUSTER_FIELDS].flatMap(({ label, hint }) => [label, hint]);
  expect(tables.filter(text => !texts.has(text))).toEqual([]);
});

test('Whoever makes a language pack with jupyterlab-translate finds every text: it looks for these names alone.', () => {
  const known = /^(trans|this\.trans|this\._trans|props\.trans|this\.props\.trans)\.(__|_n)\(/;
  expect(marked().filter(({ by }) => !known.test(by))).toEqual([]);
});

test('What is drawn by the widget, which is a program of its own, is said in the same words.', async () => {
  vi.resetModules();
  const { RunView } = await import('../src/widget/run_view');
  const host = document.createElement('div');
  new RunView(host, () => undefined);
  expect(host.querySelector('.kfnb-live-log')!.getAttribute('aria-label')).toBe('[Log|]');
});

test('States, badges and columns are said in the words of the language.', () => {
  expect(lookOf({ state: 'FAILED' }).word).toBe('[failed|]');
  expect(statusLine({ state: 'RUNNING', started: 0 }, 5)).toBe('▶ [running|] · 5 s');
  const settings = { foreach: 2, retries: 3, cache: 'off', on_exit: true };
  const badges = badgesOf({ settings, when: 'x > 1' } as unknown as Step);
  expect(badges.filter(text => !text.startsWith('['))).toEqual([]);
  expect(badges).toContain('[when %1|x > 1]');
  expect(plainColumns(0).filter(({ label }) => !label.startsWith('['))).toEqual([]);
});

test('What is wrong with a value is said in the words of the language.', () => {
  const parameter = (type: 'int' | 'float' | 'list' | 'dict'): string | null =>
    parameterProblem({ name: 'x', type, default: null, written: 'null' }, '"no"');
  const said = [
    ...FIELDS.filter(({ problem }) => problem).map(field => problemOf(field, '!')?.text),
    clusterProblem(
      CLUSTER_FIELDS.find(({ key }) => key === 'root')!,
      'x'
    )?.text,
    clusterProblem(
      CLUSTER_FIELDS.find(({ key }) => key === 'root')!,
      ''
    )?.text,
    clusterNameProblem('ü', []),
    clusterNameProblem('local', []),
    clusterNameProblem('a', ['a']),
    nameProblem(''),
    parameter('int'),
    parameter('float'),
    parameter('list'),
    parameter('dict')
  ];
  expect(said.filter(text => !text?.startsWith('['))).toEqual([]);
});
