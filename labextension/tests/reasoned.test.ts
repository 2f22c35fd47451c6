/** Commands that say why they cannot be given. */

import { CommandRegistry } from '@lumino/commands';
import { readFileSync } from 'node:fs';
import { expect, test, vi } from 'vitest';

import { addReasoned } from '../src/plugins/reasoned';

interface Item {
  readonly command: string;
  readonly args?: Record<string, boolean>;
}

interface Schema {
  readonly 'jupyter.lab.menus': { main: { items: (Item | { type: string })[] }[]; context: Item[] };
  readonly 'jupyter.lab.shortcuts': Item[];
}

const schema = JSON.parse(readFileSync('schema/plugin.json', 'utf-8')) as Schema;
const { main, context } = schema['jupyter.lab.menus'];
const items = [...main.flatMap(menu => menu.items), ...context].filter(item => 'command' in item);

/** The commands of all items of JupyterLab's menus. */
function commandsOf(why: () => string | null, execute = vi.fn()): CommandRegistry {
  const commands = new CommandRegistry();
  for (const command of new Set(items.map(item => item.command))) {
    addReasoned(commands, command, { label: `Do ${command}`, caption: 'What it does', why, execute });
  }
  return commands;
}

test('Each item of a menu that cannot be chosen says why.', () => {
  const commands = commandsOf(() => 'No notebook is open.');
  for (const { command, args } of items) {
    expect(commands.isEnabled(command, args)).toBe(false);
    expect(commands.label(command, args)).toBe(`Do ${command} (No notebook is open)`);
  }
});

test('One that can be chosen has its label alone.', () => {
  const commands = commandsOf(() => null);
  for (const { command, args } of items) {
    expect(commands.label(command, args)).toBe(`Do ${command}`);
  }
});

test('An item has the arguments of its keys: a menu shows no others.', () => {
  const keyed = new Map(schema['jupyter.lab.shortcuts'].map(({ command, args }) => [command, args]));
  const found = items.filter(({ command }) => keyed.has(command));
  expect(found.length).toBeGreaterThan(1);
  expect(found.map(({ args }) => args)).toEqual(found.map(({ command }) => keyed.get(command)));
});

test('A command that cannot be given does nothing, however it is given.', async () => {
  const execute = vi.fn();
  await commandsOf(() => 'No notebook is open.', execute).execute(items[0]!.command);
  expect(execute).not.toHaveBeenCalled();
});
