/** What was last written into the form of a notebook's run; kept in the browser, as it is the person's, not the notebook's. */

export interface FilledForm {
  readonly parameters: Readonly<Record<string, string>>;
  readonly name: string;
  readonly experiment: string;
  readonly force: boolean;
  readonly allowCpu: boolean;
  readonly part: Part;
  readonly step: string;
  /** The cluster that it runs on; empty: this machine. */
  readonly cluster: string;
}

/** Which part of the pipeline a run is of. */
export type Part = 'all' | 'from_step' | 'only' | 'until';

export const EMPTY_FORM: FilledForm = {
  parameters: {},
  name: '',
  experiment: '',
  force: false,
  allowCpu: false,
  part: 'all',
  step: '',
  cluster: ''
};

const key = (path: string): string => `kfnb:form:${path}`;

/** Return what was last filled in for the notebook at `path`. */
export function lastForm(path: string): FilledForm {
  try {
    const found = JSON.parse(window.localStorage.getItem(key(path)) ?? '{}') as Partial<FilledForm>;
    return { ...EMPTY_FORM, ...found };
  } catch {
    return EMPTY_FORM;
  }
}

/** Keep what is filled in. The part of the pipeline is not kept: it is about one run. */
export function keepForm(path: string, form: FilledForm): void {
  try {
    window.localStorage.setItem(key(path), JSON.stringify({ ...form, part: 'all', step: '' }));
  } catch {
    // a browser that stores nothing: the form begins empty next time
  }
}
