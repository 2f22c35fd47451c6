/** The example that a person can begin with: three steps, nothing to install. */

import type { JupyterFrontEnd } from '@jupyterlab/application';
import { PathExt } from '@jupyterlab/coreutils';

interface ExampleCell {
  readonly id: string;
  readonly type: 'code' | 'markdown';
  readonly tags?: readonly string[];
  readonly source: string;
}

const CELLS: readonly ExampleCell[] = [
  {
    id: 'title',
    type: 'markdown',
    source:
      '# A first pipeline\n\nThe coloured chips name the steps. Choose *Run* in the panel on the right, then bring the outputs home.'
  },
  { id: 'parameters', type: 'code', tags: ['parameters'], source: 'word = "notebook"' },
  {
    id: 'read',
    type: 'code',
    tags: ['step:read'],
    source:
      'text = f"a {word} is a list of cells and a cell of a {word} is a few lines"\nwords = text.split()\nprint(len(words), "words")'
  },
  {
    id: 'count',
    type: 'code',
    source: 'from collections import Counter\n\ncounts = Counter(words)\ncounts.most_common(3)'
  },
  {
    id: 'longest',
    type: 'code',
    tags: ['step:longest'],
    source: 'longest = max(counts, key=len)\nprint("the longest word is", longest)'
  },
  {
    id: 'repeated',
    type: 'code',
    tags: ['step:repeated'],
    source:
      'repeated = sorted(name for name, times in counts.items() if times > 1)\nprint("more than once:", ", ".join(repeated))'
  }
];

/** Write the example into a folder, under a name that is free, and open it. */
export async function openExample(app: JupyterFrontEnd, folder: string): Promise<void> {
  const { contents } = app.serviceManager;
  const made = await contents.newUntitled({ type: 'notebook', path: folder });
  const path = await freeName(app, made.path, PathExt.join(PathExt.dirname(made.path), 'pipeline_example'));
  await contents.save(path, { type: 'notebook', format: 'json', content: exampleNotebook() });
  await app.commands.execute('docmanager:open', { path, factory: 'Notebook' });
}

/** Rename what was made to `wanted`, with a number where that is taken; as it is where no number helps. */
async function freeName(app: JupyterFrontEnd, made: string, wanted: string): Promise<string> {
  for (const ending of ['', '_2', '_3', '_4', '_5', '_6', '_7', '_8', '_9']) {
    try {
      return (await app.serviceManager.contents.rename(made, `${wanted}${ending}.ipynb`)).path;
    } catch {
      continue; // there is one of this name already
    }
  }
  return made;
}

function exampleNotebook(): unknown {
  return {
    nbformat: 4,
    nbformat_minor: 5,
    metadata: {
      kernelspec: { display_name: 'Python 3 (ipykernel)', language: 'python', name: 'python3' },
      language_info: { name: 'python' }
    },
    cells: CELLS.map(({ id, type, tags, source }) => ({
      id,
      cell_type: type,
      metadata: tags === undefined ? {} : { tags },
      source,
      ...(type === 'code' ? { outputs: [], execution_count: null } : {})
    }))
  };
}
