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

/** What is about one run: not kept, and as in a new form once that run has begun. */
export const OF_ONE_RUN = { name: '', force: false, part: 'all', step: '' } as const;

export const EMPTY_FORM: FilledForm = {
  ...OF_ONE_RUN,
  parameters: {},
  experiment: '',
  allowCpu: false,
  cluster: ''
};

/** Servers at one address, as a hub's are, share a browser's storage. */
const key = (server: string, path: string): string => `kfnb:form:${server}:${path}`;

/** Return what was last filled in for the notebook at `path` of the server at this address. */
export function lastForm(server: string, path: string): FilledForm {
  try {
    const found = window.localStorage.getItem(key(server, path)) ?? '{}';
    return { ...EMPTY_FORM, ...(JSON.parse(found) as Partial<FilledForm>) };
  } catch {
    return EMPTY_FORM;
  }
}

/** Keep what is filled in, but for what is about one run. */
export function keepForm(server: string, path: string, form: FilledForm): void {
  try {
    window.localStorage.setItem(key(server, path), JSON.stringify({ ...form, ...OF_ONE_RUN }));
  } catch {
    // a browser that stores nothing: the form begins empty next time
  }
}

/** What is filled in for notebooks that were saved as other files, by these, until they are opened. */
const handedOn = new Map<string, FilledForm>();

/** Keep for the file at `path`, which a notebook was saved as, what is filled in for that; all of it for its opening now. */
export function handOnForm(server: string, path: string, form: FilledForm): void {
  keepForm(server, path, form);
  handedOn.set(key(server, path), form);
}

/** Return what the form of a notebook that is opened begins with: what was handed on to it, else as `lastForm`. */
export function firstForm(server: string, path: string): FilledForm {
  const found = handedOn.get(key(server, path));
  handedOn.delete(key(server, path));
  return found ?? lastForm(server, path);
}

/** Keep under its new name what was filled in for a notebook that is renamed. */
export function moveForm(server: string, from: string, to: string): void {
  try {
    const found = window.localStorage.getItem(key(server, from));
    if (found !== null && from !== to) {
      window.localStorage.setItem(key(server, to), found);
      window.localStorage.removeItem(key(server, from));
    }
  } catch {
    // a browser that stores nothing has nothing to move
  }
}
